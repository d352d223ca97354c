using System.Globalization;
using System.Text;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>
/// Makes HTML for mail programs out of MJML (mjml.io): nested tables, because Outlook renders with Word; styles at the elements, because several
/// programs drop style sheets; columns one below the other unless a media query that the program understands puts them side by side.
/// </summary>
public static class MjmlCompiler
{
    private const int DefaultBreakpoint = 480;

    /// <param name="field">Of the request, for the refusal; its message names line and element.</param>
    public static Result<string> Compile(string source, string language, string field)
    {
        try
        {
            return Compile(MjmlParser.Parse(source), language);
        }
        catch (MjmlException exception)
        {
            return Error.Unprocessable("campaign.mjml_invalid", exception.Message, field);
        }
    }

    private static string Compile(MjmlElement root, string language)
    {
        if (root.Children.Count(child => child.Name == "mj-body") != 1) throw new MjmlException(root.Line, "mjml", "It needs one <mj-body>.");
        var head = root.Children.Where(child => child.Name == "mj-head").SelectMany(child => child.Children).ToArray();
        var body = root.Children.Single(child => child.Name == "mj-body");
        var breakpoint = head.Where(element => element.Name == "mj-breakpoint").Select(element => element.Attributes.GetValueOrDefault("width")).OfType<string>().LastOrDefault();

        var defaults = new MjmlDefaults(head.Where(element => element.Name == "mj-attributes").SelectMany(element => element.Children));
        var writer = new MjmlWriter(defaults);
        writer.WriteBody(body);
        return Document(head, defaults.Get(body, "background-color"), writer, language, breakpoint is null ? DefaultBreakpoint : Box.Pixels(breakpoint));
    }

    private static string Document(IReadOnlyList<MjmlElement> head, string? background, MjmlWriter writer, string language, int breakpoint)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="{{language}}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="x-apple-disable-message-reformatting">
            <title>{{TextOf(head, "mj-title")}}</title>
            <!--[if mso]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->
            <style>
            body { margin: 0; padding: 0; -webkit-text-size-adjust: 100%; -ms-text-size-adjust: 100%; }
            table, td { border-collapse: collapse; mso-table-lspace: 0pt; mso-table-rspace: 0pt; }
            img { border: 0; line-height: 100%; outline: none; text-decoration: none; max-width: 100%; -ms-interpolation-mode: bicubic; }
            @media only screen and (min-width: {{breakpoint}}px) {

            """);
        foreach (var (name, percent) in writer.ColumnClasses) html.Append(CultureInfo.InvariantCulture, $".{name} {{ width: {percent}% !important; max-width: {percent}%; }}\n");
        html.Append("}\n@media only screen and (max-width: ").Append(breakpoint - 1).Append("px) {\n.mobile-full { width: 100% !important; }\n}\n");
        foreach (var font in head.Where(element => element.Name == "mj-font"))
        {
            var (name, file) = (font.Attributes.GetValueOrDefault("name"), font.Attributes.GetValueOrDefault("href"));
            if (name is null || file is null) throw new MjmlException(font.Line, "mj-font", "It needs name and href.");
            html.Append(CultureInfo.InvariantCulture, $"@font-face {{ font-family: '{name}'; src: url('{file}'); }}\n");
        }

        html.Append("</style>\n");
        foreach (var style in head.Where(element => element.Name == "mj-style" && !IsInline(element))) html.Append("<style>\n").Append(style.Content).Append("\n</style>\n");
        html.Append("</head>\n<body").Append(MjmlWriter.Style(("word-spacing", "normal"), ("background-color", background))).Append(">\n");
        if (TextOf(head, "mj-preview") is { Length: > 0 } preview)
        {
            html.Append("<div style=\"display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden\">").Append(preview).Append("</div>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<div lang=\"{language}\"").Append(MjmlWriter.Style(("background-color", background))).Append(">\n");
        return html.Append(StyleInliner.Apply(writer.ToString(), head.Where(element => element.Name == "mj-style" && IsInline(element)))).Append("</div>\n</body>\n</html>\n").ToString();
    }

    private static bool IsInline(MjmlElement style) => style.Attributes.ContainsKey("inline");

    private static string TextOf(IReadOnlyList<MjmlElement> head, string name) => head.LastOrDefault(element => element.Name == name)?.Content ?? "";
}

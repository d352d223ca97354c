using System.Globalization;
using System.Net;
using System.Text;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>Writes the HTML of the body: this part its layout, the other what stands in columns.</summary>
/// <remarks>
/// What stands between <c>&lt;!--[if mso]&gt;</c> and <c>&lt;![endif]--&gt;</c> is read by Outlook on Windows only: it knows no max-width and no inline-block,
/// so that it gets tables of fixed width.
/// </remarks>
internal sealed partial class MjmlWriter(MjmlDefaults defaults)
{
    private const string Table = "<table role=\"presentation\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\"";
    private readonly StringBuilder _html = new();
    private readonly SortedDictionary<string, string> _columnClasses = new(StringComparer.Ordinal);

    /// <summary>Class and width in percent of the columns, for the media query.</summary>
    public IReadOnlyDictionary<string, string> ColumnClasses => _columnClasses;

    public override string ToString() => _html.ToString();

    public void WriteBody(MjmlElement body)
    {
        var width = defaults.Pixels(body, "width")!.Value;
        if (width is < 200 or > 1_200) throw new MjmlException(body.Line, body.Name, "A message is 200 to 1200 pixels wide.");
        foreach (var child in body.Children) WriteBand(child, width);
    }

    /// <summary>A style attribute with a space before it, or nothing; styles without a value are left out.</summary>
    public static string Style(params (string Name, string? Value)[] styles)
    {
        var text = string.Join(';', styles.Where(style => style.Value is not null).Select(style => $"{style.Name}:{style.Value}"));
        return text.Length == 0 ? "" : $" style=\"{WebUtility.HtmlEncode(text)}\"";
    }

    private static string Attribute(string name, string? value) => value is null ? "" : $" {name}=\"{WebUtility.HtmlEncode(value)}\"";

    private string? Get(MjmlElement element, string name) => defaults.Get(element, name);

    /// <summary>Lengths may be written without a unit.</summary>
    private string? Pixels(MjmlElement element, string name) => defaults.Pixels(element, name) is { } pixels ? $"{pixels}px" : null;

    private void WriteBand(MjmlElement element, int width)
    {
        switch (element.Name)
        {
            case "": _html.Append(element.Content).Append('\n'); break;
            case "mj-hero": WriteHero(element, width); break;
            case "mj-wrapper": WriteBand(element, width, inner => { foreach (var child in element.Children) WriteBand(child, inner); }); break;
            default: WriteBand(element, width, inner => WriteColumns(element, inner, stacked: true)); break;
        }
    }

    private void WriteBand(MjmlElement element, int width, Action<int> writeContent)
    {
        var (padding, background, full) = (defaults.Padding(element), Background(element), Get(element, "full-width") == "full-width");
        var image = Get(element, "background-url");
        if (full) _html.Append(CultureInfo.InvariantCulture, $"{Table} align=\"center\" width=\"100%\"{Attribute("background", image)}{Style([("width", "100%"), .. background])}><tbody><tr><td>\n");
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]>{Table} align=\"center\" width=\"{width}\"{Attribute("bgcolor", Get(element, "background-color"))}><tr><td style=\"line-height:0;font-size:0\"><![endif]-->\n");
        OpenVmlBackground(element, full ? null : width);
        _html.Append(CultureInfo.InvariantCulture, $"<div{Attribute("class", Get(element, "css-class"))}{Style([("margin", "0 auto"), ("max-width", $"{width}px"), ("border-radius", Radius(element)), .. full ? [] : background])}>\n");
        _html.Append(CultureInfo.InvariantCulture, $"{Table} align=\"center\" width=\"100%\"{(full ? "" : Attribute("background", image))}{Style([("width", "100%"), ("border-radius", Radius(element)), .. full ? [] : background])}><tbody><tr>\n");
        _html.Append(CultureInfo.InvariantCulture, $"<td{Style([("direction", Get(element, "direction") ?? "ltr"), ("font-size", "0"), ("padding", padding.ToString()), ("text-align", Get(element, "text-align") ?? "center"), .. Borders(element)])}>\n");
        writeContent(width - padding.Sides - defaults.BorderSides(element));
        _html.Append("</td></tr></tbody></table>\n</div>\n");
        CloseVmlBackground(element);
        _html.Append("<!--[if mso]></td></tr></table><![endif]-->\n");
        if (full) _html.Append("</td></tr></tbody></table>\n");
    }

    /// <param name="stacked">On narrow screens one below the other; the columns of a group stay side by side.</param>
    private void WriteColumns(MjmlElement parent, int width, bool stacked)
    {
        if (width < 20) throw new MjmlException(parent.Line, parent.Name, "Its paddings leave no room for content.");
        var shares = Shares(parent, width);
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]>{Table}><tr><![endif]-->\n");
        for (var i = 0; i < parent.Children.Count; i++)
        {
            var child = parent.Children[i];
            if (child.IsBlockTag)
            {
                _html.Append(child.Content).Append('\n');
                continue;
            }

            var pixels = (int)(shares[i] * width / 100);
            _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]><td{Style(("vertical-align", Get(child, "vertical-align")), ("width", $"{pixels}px"))}><![endif]-->\n");
            if (child.Name == "mj-group") WriteGroup(child, shares[i], pixels);
            else WriteColumn(child, shares[i], pixels, stacked);
            _html.Append("<!--[if mso]></td><![endif]-->\n");
        }

        _html.Append("<!--[if mso]></tr></table><![endif]-->\n");
    }

    /// <summary>Percent of each child; who names no width shares what the others leave.</summary>
    private decimal[] Shares(MjmlElement parent, int width)
    {
        var named = parent.Children.Select(child => child.IsBlockTag ? 0 : Get(child, "width") is { } text ? Share(text, width) : (decimal?)null).ToArray();
        var left = 100 - named.Sum(share => share ?? 0);
        if (left < 0) throw new MjmlException(parent.Line, parent.Name, $"Its columns are {100 - left:0.##} % wide altogether.");
        var open = named.Count(share => share is null);
        if (open > 0 && left / open < 1) throw new MjmlException(parent.Line, parent.Name, "Its columns leave no room for those without a width.");
        return [.. named.Select(share => decimal.Truncate((share ?? (left / open)) * 100) / 100)];
    }

    private static decimal Share(string text, int width) => text.EndsWith('%')
        ? decimal.Parse(text[..^1], CultureInfo.InvariantCulture)
        : decimal.Parse(text.EndsWith("px", StringComparison.Ordinal) ? text[..^2] : text, CultureInfo.InvariantCulture) * 100 / width;

    private void WriteGroup(MjmlElement group, decimal share, int pixels)
    {
        _html.Append(CultureInfo.InvariantCulture, $"<div{Attribute("class", Classes(ColumnClass(share), group))}{Style(("font-size", "0"), ("line-height", "0"), ("text-align", "left"), ("display", "inline-block"), ("vertical-align", Get(group, "vertical-align")), ("width", "100%"), ("direction", Get(group, "direction")), ("background-color", Get(group, "background-color")))}>\n");
        WriteColumns(group, pixels, stacked: false);
        _html.Append("</div>\n");
    }

    private void WriteColumn(MjmlElement column, decimal share, int pixels, bool stacked)
    {
        var padding = defaults.Padding(column);
        var percent = share.ToString("0.##", CultureInfo.InvariantCulture);
        _html.Append(CultureInfo.InvariantCulture, $"<div{Attribute("class", Classes(stacked ? ColumnClass(share) : null, column))}{Style(("font-size", "0"), ("text-align", "left"), ("direction", "ltr"), ("display", "inline-block"), ("vertical-align", Get(column, "vertical-align")), ("width", stacked ? "100%" : percent + "%"))}>\n");
        _html.Append(CultureInfo.InvariantCulture, $"{Table} width=\"100%\"{Style([("background-color", Get(column, "background-color")), ("border-radius", Radius(column)), ("vertical-align", Get(column, "vertical-align")), .. Borders(column)])}><tbody><tr><td{Style(("padding", padding == default ? null : padding.ToString()), ("background-color", Get(column, "inner-background-color")))}>\n");
        WriteBlocks(column, pixels - padding.Sides - defaults.BorderSides(column));
        _html.Append("</td></tr></tbody></table>\n</div>\n");
    }

    private void WriteHero(MjmlElement hero, int width)
    {
        var padding = defaults.Padding(hero);
        var height = defaults.Pixels(hero, "height");
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]>{Table} align=\"center\" width=\"{width}\"><tr><td style=\"line-height:0;font-size:0\"><![endif]-->\n");
        OpenVmlBackground(hero, width);
        _html.Append(CultureInfo.InvariantCulture, $"<div{Attribute("class", Get(hero, "css-class"))}{Style(("margin", "0 auto"), ("max-width", $"{width}px"))}>\n{Table} width=\"100%\" style=\"width:100%\"><tbody><tr>\n");
        _html.Append(CultureInfo.InvariantCulture, $"<td{Attribute("height", height?.ToString(CultureInfo.InvariantCulture))}{Attribute("background", Get(hero, "background-url"))}{Style([("padding", padding.ToString()), ("height", height is null ? null : $"{height}px"), ("vertical-align", Get(hero, "vertical-align")), ("border-radius", Radius(hero)), .. Background(hero)])}>\n");
        WriteBlocks(hero, width - padding.Sides);
        _html.Append("</td></tr></tbody></table>\n</div>\n");
        CloseVmlBackground(hero);
        _html.Append("<!--[if mso]></td></tr></table><![endif]-->\n");
    }

    private static string? Classes(string? own, MjmlElement element)
    {
        var classes = string.Join(' ', new[] { own, element.Attributes.GetValueOrDefault("css-class") }.Where(name => name is not null));
        return classes.Length == 0 ? null : classes;
    }

    private string ColumnClass(decimal share)
    {
        var percent = share.ToString("0.##", CultureInfo.InvariantCulture);
        var name = "column-" + percent.Replace('.', '-');
        _columnClasses[name] = percent;
        return name;
    }

    private (string, string?)[] Background(MjmlElement element)
    {
        var color = Get(element, "background-color");
        return Get(element, "background-url") is not { } url
            ? [("background-color", color)]
            :
            [
                ("background-color", color), ("background-image", $"url('{url}')"), ("background-position", Get(element, "background-position") ?? "center top"),
                ("background-size", Get(element, "background-size") ?? "auto"), ("background-repeat", Get(element, "background-repeat") ?? "no-repeat"),
            ];
    }

    private (string, string?)[] Borders(MjmlElement element) =>
        [.. new[] { "border", "border-top", "border-right", "border-bottom", "border-left" }.Select(name => (name, Get(element, name)))];

    private string? Radius(MjmlElement element) => Get(element, "border-radius") is { } radius ? string.Join(' ', radius.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => $"{Box.Pixels(part)}px")) : null;
}

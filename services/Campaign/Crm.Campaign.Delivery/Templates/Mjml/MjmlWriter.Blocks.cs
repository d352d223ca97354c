using System.Globalization;
using System.Net;

namespace Crm.Campaign.Delivery.Templates.Mjml;

internal sealed partial class MjmlWriter
{
    /// <summary>What stands in a column or hero, a row each.</summary>
    private void WriteBlocks(MjmlElement parent, int width)
    {
        if (width < 10) throw new MjmlException(parent.Line, parent.Name, "Its paddings leave no room for content.");
        _html.Append(CultureInfo.InvariantCulture, $"{Table} width=\"100%\"><tbody>\n");
        foreach (var block in parent.Children)
        {
            if (block.IsBlockTag)
            {
                _html.Append(block.Content).Append('\n');
                continue;
            }

            var padding = defaults.Padding(block);
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td{Attribute("align", Get(block, "align"))}{Attribute("class", Get(block, "css-class"))}{Style(("font-size", "0"), ("padding", padding.ToString()), ("word-break", "break-word"), ("background-color", Get(block, "container-background-color")))}>");
            WriteBlock(block, width - padding.Sides);
            _html.Append("</td></tr>\n");
        }

        _html.Append("</tbody></table>\n");
    }

    private void WriteBlock(MjmlElement block, int width)
    {
        switch (block.Name)
        {
            case "mj-text": WriteText(block); break;
            case "mj-button": WriteButton(block); break;
            case "mj-image": WriteImage(block, width); break;
            case "mj-divider": WriteDivider(block, width); break;
            case "mj-spacer": _html.Append(CultureInfo.InvariantCulture, $"<div{Style(("height", Pixels(block, "height")), ("line-height", Pixels(block, "height")))}>&#8202;</div>"); break;
            case "mj-table": WriteTable(block); break;
            case "mj-social": WriteSocial(block); break;
            default: throw new MjmlException(block.Line, block.Name, "It cannot stand here.");
        }
    }

    private void WriteText(MjmlElement text) => _html.Append(CultureInfo.InvariantCulture, $"<div{Style([.. Font(text), ("text-align", Get(text, "align")), ("height", Pixels(text, "height"))])}>{text.Content}</div>");

    private void WriteButton(MjmlElement button)
    {
        var (color, radius, padding) = (Get(button, "background-color"), Radius(button), Get(button, "inner-padding") is { } inner ? Box.Parse(inner).ToString() : "0");
        var link = Get(button, "href");
        var tag = link is null ? "span" : "a";
        var drawn = WriteVmlButton(button);
        _html.Append(CultureInfo.InvariantCulture, $"{Table}{Style(("border-collapse", "separate"), ("line-height", "100%"), ("width", Length(button, "width")))}><tbody><tr>");
        _html.Append(CultureInfo.InvariantCulture, $"<td align=\"center\" valign=\"middle\"{Attribute("bgcolor", color)}{Style([("border-radius", radius), ("cursor", "auto"), ("mso-padding-alt", padding), ("background-color", color), .. Borders(button)])}>");
        _html.Append(CultureInfo.InvariantCulture, $"<{tag}{Attribute("href", link)}{(link is null ? "" : " target=\"_blank\"")}{Attribute("title", Get(button, "title"))}{Style([("display", "inline-block"), ("background-color", color), .. Font(button), ("margin", "0"), ("padding", padding), ("mso-padding-alt", "0px"), ("border-radius", radius)])}>{button.Content}</{tag}>");
        _html.Append(drawn ? "</td></tr></tbody></table>\n<!--<![endif]-->" : "</td></tr></tbody></table>");
    }

    private void WriteImage(MjmlElement image, int width)
    {
        if (Get(image, "src") is not { } source) throw new MjmlException(image.Line, image.Name, "It needs src.");
        var pixels = Math.Min(defaults.Pixels(image, "width") ?? width, width - defaults.BorderSides(image));
        var mobile = Get(image, "fluid-on-mobile") == "true" ? "mobile-full" : null;
        _html.Append(CultureInfo.InvariantCulture, $"{Table}{Attribute("class", mobile)}{Style(("border-collapse", "collapse"), ("border-spacing", "0"))}><tbody><tr><td{Attribute("class", mobile)}{Style(("width", $"{pixels}px"))}>");
        WriteLinked(
            Get(image, "href"),
            $"<img src=\"{WebUtility.HtmlEncode(source)}\" alt=\"{WebUtility.HtmlEncode(Get(image, "alt") ?? "")}\"{Attribute("title", Get(image, "title"))} width=\"{pixels}\"{Attribute("height", defaults.Pixels(image, "height")?.ToString(CultureInfo.InvariantCulture))}"
            + $"{Style([("display", "block"), ("width", "100%"), ("max-width", "100%"), ("height", Pixels(image, "height") ?? "auto"), ("font-size", "13px"), ("border-radius", Radius(image)), .. Borders(image)])}>");
        _html.Append("</td></tr></tbody></table>");
    }

    private void WriteDivider(MjmlElement divider, int width)
    {
        var line = $"{Get(divider, "border-style")} {Pixels(divider, "border-width")} {Get(divider, "border-color")}";
        var wide = Length(divider, "width")!;
        var pixels = wide.EndsWith('%') ? (int)(Share(wide, width) * width / 100) : Math.Min(Box.Pixels(wide), width);
        var margin = Get(divider, "align") switch { "left" => "0", "right" => "0 0 0 auto", _ => "0 auto" };
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]>{Table} width=\"{pixels}\"{Style(("border-top", line), ("width", $"{pixels}px"))}><tr><td style=\"height:0;line-height:0\">&nbsp;</td></tr></table><![endif]-->");
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if !mso]><!--><div{Style(("border-top", line), ("font-size", "1px"), ("margin", margin), ("width", wide), ("max-width", "100%"))}></div><!--<![endif]-->");
    }

    private void WriteTable(MjmlElement table) => _html.Append(
        CultureInfo.InvariantCulture,
        $"<table cellpadding=\"{defaults.Pixels(table, "cellpadding")}\" cellspacing=\"{defaults.Pixels(table, "cellspacing")}\"{Style([("width", Length(table, "width")), ("border", Get(table, "border") ?? "none"), .. Font(table)])}>{table.Content}</table>");

    private void WriteSocial(MjmlElement social)
    {
        var vertical = Get(social, "mode") == "vertical";
        foreach (var element in social.Children)
        {
            if (element.IsBlockTag)
            {
                _html.Append(element.Content);
                continue;
            }

            var (link, size) = (Get(element, "href"), defaults.Pixels(element, "icon-size") ?? defaults.Pixels(social, "icon-size")!.Value);
            var label = element.Content.Length > 0 ? element.Content : Get(element, "src") is null ? WebUtility.HtmlEncode(Get(element, "name") ?? "") : "";
            if (label.Length == 0 && Get(element, "src") is null) throw new MjmlException(element.Line, element.Name, "It needs a text, a name, or src; icons are not supplied.");
            _html.Append(CultureInfo.InvariantCulture, $"{Table}{Attribute("align", vertical ? null : Get(social, "align"))}{Style(("display", vertical ? "table" : "inline-table"), ("float", "none"))}><tbody><tr>");
            if (Get(element, "src") is { } source)
            {
                _html.Append(CultureInfo.InvariantCulture, $"<td{Style(("padding", Box.Parse(Get(element, "padding")!).ToString()), ("vertical-align", "middle"))}>");
                WriteLinked(link, $"<img src=\"{WebUtility.HtmlEncode(source)}\" alt=\"{WebUtility.HtmlEncode(Get(element, "alt") ?? Get(element, "name") ?? "")}\"{Attribute("title", Get(element, "title"))} width=\"{size}\" height=\"{size}\"{Style(("display", "block"), ("border-radius", Radius(element) ?? Radius(social)), ("background-color", Get(element, "background-color")))}>");
                _html.Append("</td>");
            }

            if (label.Length > 0)
            {
                var font = Style([.. Font(element).Zip(Font(social), (own, all) => (own.Name, own.Value ?? all.Value))]);
                _html.Append(CultureInfo.InvariantCulture, $"<td{Style(("padding", Box.Parse(Get(element, "padding")!).ToString()), ("vertical-align", "middle"))}>");
                _html.Append(link is null ? $"<span{font}>{label}</span>" : $"<a href=\"{WebUtility.HtmlEncode(link)}\" target=\"_blank\"{font}>{label}</a>");
                _html.Append("</td>");
            }

            _html.Append("</tr></tbody></table>");
        }
    }

    private void WriteLinked(string? link, string content) => _html.Append(link is null ? content : $"<a href=\"{WebUtility.HtmlEncode(link)}\" target=\"_blank\">{content}</a>");

    private string? Length(MjmlElement element, string name) => Get(element, name) is not { } value ? null : value.EndsWith('%') ? value : $"{Box.Pixels(value)}px";

    private (string Name, string? Value)[] Font(MjmlElement element) =>
    [
        ("color", Get(element, "color")), ("font-family", Get(element, "font-family")), ("font-size", Pixels(element, "font-size")), ("font-style", Get(element, "font-style")),
        ("font-weight", Get(element, "font-weight")), ("letter-spacing", Pixels(element, "letter-spacing")), ("line-height", Get(element, "line-height")),
        ("text-decoration", Get(element, "text-decoration")), ("text-transform", Get(element, "text-transform")),
    ];
}

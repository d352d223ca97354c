using System.Globalization;
using System.Net;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>
/// What Outlook on Windows draws with VML, because Word shows neither background images nor round corners: rectangles filled with the image behind the
/// content, and buttons.
/// </summary>
internal sealed partial class MjmlWriter
{
    private const string Vml = "xmlns:v=\"urn:schemas-microsoft-com:vml\"";

    /// <param name="width">Pixels; null: as wide as the window.</param>
    private void OpenVmlBackground(MjmlElement element, int? width)
    {
        if (Get(element, "background-url") is not { } image) return;
        var size = Get(element, "background-size") ?? "auto";
        var tiled = size == "auto" && (Get(element, "background-repeat") ?? "no-repeat") != "no-repeat";
        var (x, y) = Position(Get(element, "background-position") ?? "center top");
        var place = string.Create(CultureInfo.InvariantCulture, $"{x},{y}");

        // Frame stretches one image, tile repeats it; cover and contain are what Word calls atleast and atmost.
        var fill = size switch
        {
            "cover" => " type=\"frame\" size=\"1,1\" aspect=\"atleast\"",
            "contain" => " type=\"frame\" size=\"1,1\" aspect=\"atmost\"",
            _ when tiled => " type=\"tile\"",
            _ => " type=\"frame\" aspect=\"ignore\"",
        };
        var style = width is { } pixels ? $"width:{pixels}px" : "mso-width-percent:1000";
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]><v:rect {Vml} fill=\"true\" stroke=\"false\" style=\"{style}\"><v:fill origin=\"{place}\" position=\"{place}\" src=\"{WebUtility.HtmlEncode(image)}\"{Attribute("color", Get(element, "background-color"))}{fill} /><v:textbox style=\"mso-fit-shape-to-text:true\" inset=\"0,0,0,0\"><![endif]-->\n");
    }

    private void CloseVmlBackground(MjmlElement element)
    {
        if (Get(element, "background-url") is not null) _html.Append("<!--[if mso]></v:textbox></v:rect><![endif]-->\n");
    }

    /// <summary>
    /// Word needs a button's size: it is drawn where the author gave the width in pixels; others stay a coloured cell of a table there, which Word
    /// shows with square corners. True: Outlook has its own, and the one that follows is for all others.
    /// </summary>
    private bool WriteVmlButton(MjmlElement button)
    {
        if (Get(button, "href") is not { } link || Get(button, "width") is not { } width || width.EndsWith('%')) return false;
        var (padding, size) = (Get(button, "inner-padding") is { } inner ? Box.Parse(inner) : default, defaults.Pixels(button, "font-size") ?? 15);
        var height = padding.Top + padding.Bottom + LineHeight(Get(button, "line-height"), size);
        var radius = Get(button, "border-radius") is { } text ? Box.Parse(text).Top : 0;
        var arc = Math.Min(50, 100 * radius / Math.Max(1, Math.Min(height, Box.Pixels(width))));
        var color = Get(button, "background-color");
        var border = Get(button, "border") is { } line && line.Split(' ') is [var thick, _, var stroke] ? $" strokecolor=\"{stroke}\" strokeweight=\"{thick}\"" : " stroke=\"false\"";
        _html.Append(CultureInfo.InvariantCulture, $"<!--[if mso]><v:roundrect {Vml} xmlns:w=\"urn:schemas-microsoft-com:office:word\" href=\"{WebUtility.HtmlEncode(link)}\"{Style(("height", $"{height}px"), ("width", $"{Box.Pixels(width)}px"), ("v-text-anchor", "middle"))} arcsize=\"{arc}%\"{border}{Attribute("fillcolor", color)}><w:anchorlock/>");
        _html.Append(CultureInfo.InvariantCulture, $"<center{Style(Font(button))}>{button.Content}</center></v:roundrect><![endif]-->\n<!--[if !mso]><!-->\n");
        return true;
    }

    private static int LineHeight(string? height, int fontSize) => height switch
    {
        null => fontSize * 6 / 5,
        _ when height.EndsWith("px", StringComparison.Ordinal) => (int)decimal.Parse(height[..^2], CultureInfo.InvariantCulture),
        _ when height.EndsWith('%') => (int)(decimal.Parse(height[..^1], CultureInfo.InvariantCulture) * fontSize / 100),
        _ => (int)(decimal.Parse(height.EndsWith("em", StringComparison.Ordinal) ? height[..^2] : height, CultureInfo.InvariantCulture) * fontSize),
    };

    /// <summary>From the left and from the top, 0 to 1.</summary>
    private static (decimal X, decimal Y) Position(string position)
    {
        var (x, y) = (0.5m, 0.5m);
        var parts = position.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            switch (parts[i])
            {
                case "left": x = 0; break;
                case "right": x = 1; break;
                case "top": y = 0; break;
                case "bottom": y = 1; break;
                case "center": break;
                default:
                    var share = decimal.Parse(parts[i].TrimEnd('%'), CultureInfo.InvariantCulture) / 100;
                    if (i == 0) x = share;
                    else y = share;
                    break;
            }
        }

        return (x, y);
    }
}

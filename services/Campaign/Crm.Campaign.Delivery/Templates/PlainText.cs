using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>The plain-text twin of an HTML text: what is said, in lines, each link's target behind its words.</summary>
internal static partial class PlainText
{
    private static readonly HashSet<string> Blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "blockquote", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "section", "table", "tr", "ul",
    };

    public static string From(string html)
    {
        var document = new HtmlParser().ParseDocument(html);
        var text = new StringBuilder();
        if (document.Body is { } body) Write(body, text);
        return BlankLines().Replace(SpacesAtEnds().Replace(text.ToString(), "\n"), "\n\n").Trim() + "\n";
    }

    private static void Write(INode node, StringBuilder text)
    {
        foreach (var child in node.ChildNodes)
        {
            switch (child)
            {
                case IText words:
                    text.Append(Spaces().Replace(words.Data, " "));
                    break;
                case IElement { LocalName: "br" }:
                    text.Append('\n');
                    break;
                case IElement { LocalName: "style" or "script" or "head" or "title" or "img" }:
                    break;
                case IElement element:
                    WriteElement(element, text);
                    break;
            }
        }
    }

    private static void WriteElement(IElement element, StringBuilder text)
    {
        var block = Blocks.Contains(element.LocalName);
        if (block) text.Append("\n\n"[..(element.LocalName is "li" or "tr" ? 1 : 2)]);
        if (element.LocalName == "li") text.Append("- ");
        Write(element, text);
        if (element.LocalName is "td" or "th") text.Append(' ');
        if (element.LocalName == "a" && element.GetAttribute("href") is { Length: > 0 } target && target[0] != '#') text.Append(" (").Append(target).Append(')');
        if (block) text.Append('\n');
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[ \t]*\n[ \t]*")]
    private static partial Regex SpacesAtEnds();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex BlankLines();
}

using System.Globalization;
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

    /// <remarks>
    /// Expressions travel through the parser as marks: block tags as comments, which may stand between the rows of a table. Braces that were
    /// written as character references are no expressions, and do not become any.
    /// </remarks>
    public static string From(string html)
    {
        var expressions = new List<string>();
        var marked = Expression().Replace(ForOutlook().Replace(html, "").Replace("\uE000", "", StringComparison.Ordinal), match =>
        {
            expressions.Add(match.Value);
            var mark = $"\uE000{expressions.Count - 1}\uE001";
            return match.Value[2] is '#' or '/' || match.Value == "{{else}}" ? $"<!--{mark}-->" : mark;
        });
        var document = new HtmlParser().ParseDocument(marked);
        var text = new StringBuilder();
        if (document.Body is { } body) Write(body, text);
        var plain = BlankLines().Replace(SpacesAtEnds().Replace(text.ToString(), "\n"), "\n\n").Trim() + "\n";
        return Mark().Replace(plain.Replace("{{", "{ {", StringComparison.Ordinal), match => expressions[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)]);
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
                case IComment comment when Mark().Match(comment.Data).Length == comment.Data.Length:
                    text.Append(comment.Data);
                    break;
                case IElement { LocalName: "img", ParentElement.LocalName: "a" } image:
                    text.Append(image.GetAttribute("alt"));
                    break;
                case IElement { LocalName: "style" or "script" or "head" or "title" or "img" }:
                case IElement hidden when hidden.GetAttribute("style")?.StartsWith("display:none", StringComparison.OrdinalIgnoreCase) == true:
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

    /// <summary>What only Outlook reads says again what stands beside it.</summary>
    [GeneratedRegex(@"<!--\[if\s(?!!).*?<!\[endif\]-->", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex ForOutlook();

    [GeneratedRegex(@"\{\{[^{}]*\}\}")]
    private static partial Regex Expression();

    [GeneratedRegex("\uE000([0-9]+)\uE001")]
    private static partial Regex Mark();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[ \t]*\n[ \t]*")]
    private static partial Regex SpacesAtEnds();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex BlankLines();
}

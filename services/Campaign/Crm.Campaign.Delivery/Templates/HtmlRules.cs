using System.Net;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates;

/// <param name="Position">In the HTML.</param>
internal sealed record HtmlFault(int Position, string Element, string Message, string Code = "campaign.html_not_allowed")
{
    /// <summary>From 1.</summary>
    public int LineIn(string html) => html.AsSpan(0, Position).Count('\n') + 1;
}

/// <summary>
/// What the HTML of a message may have: an allow-list of elements, no event handlers, addresses of known kinds, styles that load nothing but
/// images, and merge fields only where encoding makes them harmless. Tags are read as the HTML standard's tokenizer does, also inside comments,
/// because Outlook reads some of those.
/// </summary>
internal static partial class HtmlRules
{
    private static readonly HashSet<string> Elements = new(
        ("a abbr address area article b big blockquote body br caption center cite code col colgroup dd del div dl dt em figcaption figure font footer " +
            "h1 h2 h3 h4 h5 h6 head header hr html i img ins li main map mark meta nav ol p pre q s section small span strike strong style sub sup " +
            "table tbody td tfoot th thead title tr u ul wbr xml").Split(' '),
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Addresses = new(StringComparer.OrdinalIgnoreCase) { "href", "src", "background", "cite", "longdesc", "usemap", "lowsrc", "dynsrc" };
    private static readonly HashSet<string> Never = new(StringComparer.OrdinalIgnoreCase) { "srcdoc", "formaction", "action", "ping", "xlink:href", "srcset", "is", "slot" };
    private static readonly string[] CssNever = ["@import", "expression(", "javascript:", "vbscript:", "behavior:", "-moz-binding", "</", "\\", "{{"];

    public static HtmlFault? FirstFault(string html)
    {
        if (SplitTag().Match(html) is { Success: true } split) return new HtmlFault(split.Index, "<", "A tag cannot begin with a merge field.");
        var position = 0;
        while (TagStart().Match(html, position) is { Success: true } start)
        {
            var name = start.Groups[2].Value;
            if (!Elements.Contains(name) && !Office().IsMatch(name)) return new HtmlFault(start.Index, name, "This element is not sent.");
            position = start.Index + start.Length;
            while (Attribute().Match(html, position) is { Success: true } attribute)
            {
                if (CheckAttribute(name, attribute) is { } message) return message with { Position = start.Index, Element = name };
                position += attribute.Length;
            }

            while (position < html.Length && (char.IsWhiteSpace(html[position]) || html[position] == '/')) position++;
            if (position >= html.Length || html[position] != '>') return new HtmlFault(start.Index, name, "The tag has no >.");
            position++;
            if (!name.Equals("style", StringComparison.OrdinalIgnoreCase) || start.Groups[1].Length > 0) continue;

            var end = html.IndexOf("</style", position, StringComparison.OrdinalIgnoreCase);
            if (end < 0) return new HtmlFault(start.Index, name, "It has no </style>.");
            if (CssFault(html[position..end]) is { } css) return new HtmlFault(start.Index, name, css);
            position = end;
        }

        return null;
    }

    /// <summary>What is wrong with a style sheet or a style attribute, or null.</summary>
    public static string? CssFault(string css)
    {
        var plain = CssComment().Replace(css, "");
        var packed = Spaces().Replace(plain, "");
        if (CssNever.FirstOrDefault(never => packed.Contains(never, StringComparison.OrdinalIgnoreCase)) is { } found) return $"A style cannot have '{found}'.";
        foreach (Match url in CssUrl().Matches(plain))
        {
            var target = url.Groups[1].Value.Trim().Trim('"', '\'');
            if (!IsWebAddress(target)) return $"'{target}' in a style is not an http or https address.";
        }

        return null;
    }

    private static HtmlFault? CheckAttribute(string element, Match attribute)
    {
        var name = attribute.Groups["name"].Value;
        var quoted = attribute.Groups["double"].Success || attribute.Groups["single"].Success;
        var raw = attribute.Groups["double"].Value + attribute.Groups["single"].Value + attribute.Groups["bare"].Value;
        var value = WebUtility.HtmlDecode(raw);
        if (name.Contains('{', StringComparison.Ordinal) || (!quoted && raw.Contains("{{", StringComparison.Ordinal)))
        {
            return Fault("In a tag a merge field stands only between the quotes of an attribute.", "campaign.merge_field_in_tag");
        }

        if (name.Contains('<', StringComparison.Ordinal)) return Fault("The tag has no >.");
        if (name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || Never.Contains(name)) return Fault($"The attribute '{name}' is not sent.");
        if (raw.Contains("{{#", StringComparison.Ordinal) || raw.Contains("{{/", StringComparison.Ordinal) || raw.Contains("{{else", StringComparison.Ordinal))
        {
            return Fault("A block such as {{#if}} stands around tags and texts, not in an attribute.", "campaign.merge_field_in_tag");
        }

        if (name.Equals("style", StringComparison.OrdinalIgnoreCase)) return CssFault(value) is { } css ? Fault(css) : null;
        if (name.Equals("http-equiv", StringComparison.OrdinalIgnoreCase) && !HttpEquiv().IsMatch(value)) return Fault($"http-equiv=\"{value}\" is not sent.");
        if (!Addresses.Contains(name)) return null;

        // Browsers drop white space and control characters inside of an address before they look at its scheme.
        var address = new string([.. value.Where(character => character > ' ')]);
        if (name.Equals("href", StringComparison.OrdinalIgnoreCase))
        {
            if (address.Contains("{{", StringComparison.Ordinal)) return null; // numbered or refused with the links
            var known = address.Length == 0 || address[0] == '#' || IsWebAddress(address) || Scheme().IsMatch(address);
            return known ? null : Fault($"'{value.Trim()}' is not an http or https address.", "campaign.link_invalid");
        }

        if (address.Contains("{{", StringComparison.Ordinal)) return Fault($"The address in '{name}' contains a merge field; it is the same for everybody.", "campaign.merge_field_in_link");
        return IsWebAddress(address) || address.StartsWith("cid:", StringComparison.OrdinalIgnoreCase) || (address.StartsWith('#') && name == "usemap")
            ? null
            : Fault($"'{value.Trim()}' in '{name}' is not an http or https address.");

        HtmlFault Fault(string message, string code = "campaign.html_not_allowed") => new(0, element, message, code);
    }

    private static bool IsWebAddress(string address) =>
        address.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || address.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"</?\{\{")]
    private static partial Regex SplitTag();

    [GeneratedRegex(@"<(/?)([A-Za-z][^\s/>]*)")]
    private static partial Regex TagStart();

    [GeneratedRegex("""\G[\s/]*(?<name>[^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>[^\s>"'][^\s>]*)))?""")]
    private static partial Regex Attribute();

    /// <summary>VML and Office elements, which only Outlook reads.</summary>
    [GeneratedRegex("^[vow]:[a-z]+$", RegexOptions.IgnoreCase)]
    private static partial Regex Office();

    [GeneratedRegex("^(content-type|x-ua-compatible)$", RegexOptions.IgnoreCase)]
    private static partial Regex HttpEquiv();

    [GeneratedRegex("^(mailto|tel|sms):[^<>]", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"/\*.*?(\*/|$)", RegexOptions.Singleline)]
    private static partial Regex CssComment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"url\(([^)]*)\)", RegexOptions.IgnoreCase)]
    private static partial Regex CssUrl();
}

using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>
/// Puts the rules of <c>&lt;mj-style inline="inline"&gt;</c> into the style attributes of the elements that they are about, because several mail programs
/// drop style sheets. An element's own style stays stronger, as in a browser, unless the rule says <c>!important</c>; among rules the more specific one
/// wins, then the later (CSS Cascading 4). Selectors are of element names and classes, also one within another (<c>.price b</c>).
/// </summary>
internal static partial class StyleInliner
{
    private static readonly HashSet<string> Void = new(StringComparer.OrdinalIgnoreCase) { "area", "br", "col", "hr", "img", "meta", "wbr" };

    /// <exception cref="MjmlException">A rule that cannot be inlined.</exception>
    public static string Apply(string html, IEnumerable<MjmlElement> styles)
    {
        var rules = styles.SelectMany(Parse).ToArray();
        if (rules.Length == 0) return html;

        var (output, open, position) = (new StringBuilder(html.Length * 2), new List<Element>(), 0);
        foreach (Match tag in Token().Matches(html))
        {
            // A comment, or what only Outlook reads: left as it is.
            if (!tag.Groups["name"].Success) continue;
            var name = tag.Groups["name"].Value.ToLowerInvariant();
            if (tag.Groups["close"].Length > 0)
            {
                var last = open.FindLastIndex(element => element.Name == name);
                if (last >= 0) open.RemoveRange(last, open.Count - last);
                continue;
            }

            var element = new Element(name, Attribute(tag.Value, "class")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? []);
            open.Add(element);
            var own = Attribute(tag.Value, "style");
            var matching = rules.Where(rule => rule.Matches(open)).OrderBy(rule => rule.Specificity).ToArray();
            if (matching.Length > 0)
            {
                output.Append(html, position, tag.Index - position).Append(WithStyle(tag.Value, Merge(matching, own)));
                position = tag.Index + tag.Length;
            }

            if (Void.Contains(name) || tag.Value.EndsWith("/>", StringComparison.Ordinal)) open.RemoveAt(open.Count - 1);
        }

        return output.Append(html, position, html.Length - position).ToString();
    }

    /// <summary>Of each property the declaration that counts last.</summary>
    private static string Merge(IReadOnlyList<Rule> rules, string? own)
    {
        var declarations = rules.SelectMany(rule => rule.Declarations).Where(declaration => !declaration.Important)
            .Concat(own is null ? [] : Declarations(own))
            .Concat(rules.SelectMany(rule => rule.Declarations).Where(declaration => declaration.Important));
        var kept = new List<Declaration>();
        foreach (var declaration in declarations)
        {
            kept.RemoveAll(before => before.Property == declaration.Property);
            kept.Add(declaration);
        }

        return string.Join(';', kept.Select(declaration => $"{declaration.Property}:{declaration.Value}"));
    }

    private static string WithStyle(string tag, string style)
    {
        var written = $" style=\"{WebUtility.HtmlEncode(style)}\"";
        if (StyleAttribute().Match(tag) is { Success: true } present) return tag[..present.Index] + written + tag[(present.Index + present.Length)..];
        var end = tag.EndsWith("/>", StringComparison.Ordinal) ? tag.Length - 2 : tag.Length - 1;
        return tag[..end].TrimEnd() + written + tag[end..];
    }

    private static string? Attribute(string tag, string name) => Attributes().Matches(tag).FirstOrDefault(attribute => attribute.Groups[1].Value.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found
        ? WebUtility.HtmlDecode(found.Groups[2].Value + found.Groups[3].Value)
        : null;

    private static IEnumerable<Rule> Parse(MjmlElement style)
    {
        var css = Comment().Replace(style.Content, " ");
        var position = 0;
        foreach (Match block in Block().Matches(css))
        {
            if (css[position..block.Index].Trim().Length > 0) throw Refuse(css[position..block.Index].Trim());
            position = block.Index + block.Length;
            var declarations = Declarations(block.Groups[2].Value).ToArray();
            foreach (var selector in block.Groups[1].Value.Split(','))
            {
                if (!Selector().IsMatch(selector.Trim())) throw Refuse(selector.Trim());
                yield return new Rule([.. selector.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Compound.Parse)], declarations);
            }
        }

        if (css[position..].Trim().Length > 0) throw Refuse(css[position..].Trim());

        MjmlException Refuse(string part) => new(
            style.Line, "mj-style", $"'{(part.Length > 60 ? part[..60] + "..." : part)}' cannot be inlined; selectors are of element names and classes. Media queries belong into a <mj-style> of their own.");
    }

    private static IEnumerable<Declaration> Declarations(string css) => css.Split(';').Select(part => part.Split(':', 2)).Where(pair => pair.Length == 2 && pair[1].Trim().Length > 0)
        .Select(pair => Important().Match(pair[1]) is { Success: true } important
            ? new Declaration(pair[0].Trim().ToLowerInvariant(), pair[1][..important.Index].Trim(), true)
            : new Declaration(pair[0].Trim().ToLowerInvariant(), pair[1].Trim(), false));

    private sealed record Element(string Name, string[] Classes);

    private sealed record Declaration(string Property, string Value, bool Important);

    private sealed record Compound(string? Name, string[] Classes)
    {
        public static Compound Parse(string text)
        {
            var parts = text.Split('.');
            return new Compound(parts[0].Length == 0 || parts[0] == "*" ? null : parts[0].ToLowerInvariant(), parts[1..]);
        }

        public bool Matches(Element element) => (Name is null || Name == element.Name) && Classes.All(element.Classes.Contains);
    }

    private sealed record Rule(IReadOnlyList<Compound> Path, IReadOnlyList<Declaration> Declarations)
    {
        /// <summary>Classes before names.</summary>
        public int Specificity { get; } = Path.Sum(compound => compound.Classes.Length * 1_000 + (compound.Name is null ? 0 : 1));

        /// <param name="open">The element, last, with those around it.</param>
        public bool Matches(List<Element> open)
        {
            if (!Path[^1].Matches(open[^1])) return false;
            var (at, wanted) = (open.Count - 2, Path.Count - 2);
            for (; wanted >= 0 && at >= 0; at--)
            {
                if (Path[wanted].Matches(open[at])) wanted--;
            }

            return wanted < 0;
        }
    }

    [GeneratedRegex("""<!--.*?-->|<(?<close>/?)(?<name>[A-Za-z][A-Za-z0-9]*)(?:[^<>"']|"[^"]*"|'[^']*')*>""", RegexOptions.Singleline)]
    private static partial Regex Token();

    [GeneratedRegex("""\s([A-Za-z][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')""")]
    private static partial Regex Attributes();

    [GeneratedRegex("""\sstyle\s*=\s*(?:"[^"]*"|'[^']*')""", RegexOptions.IgnoreCase)]
    private static partial Regex StyleAttribute();

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"([^{}]+)\{([^{}]*)\}")]
    private static partial Regex Block();

    [GeneratedRegex(@"^(\*|[A-Za-z][A-Za-z0-9]*)?(\.[A-Za-z_-][\w-]*)*(\s+(\*|[A-Za-z][A-Za-z0-9]*)?(\.[A-Za-z_-][\w-]*)*)*\z")]
    private static partial Regex Selector();

    [GeneratedRegex(@"!\s*important\s*\z", RegexOptions.IgnoreCase)]
    private static partial Regex Important();
}

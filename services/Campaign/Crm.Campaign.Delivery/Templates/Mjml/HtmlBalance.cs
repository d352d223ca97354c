using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>
/// Whether the tags in an author's HTML match. A stray <c>&lt;/td&gt;</c> would close the layout around it, and the message would fall apart
/// somewhere else than where the mistake is.
/// </summary>
internal static partial class HtmlBalance
{
    private static readonly HashSet<string> Void = new(StringComparer.OrdinalIgnoreCase) { "area", "br", "col", "hr", "img", "wbr" };

    public static (int Position, string Message)? FirstFault(string html)
    {
        var open = new Stack<(string Name, int Position)>();
        foreach (Match tag in Tag().Matches(html))
        {
            var name = tag.Groups[2].Value.ToLowerInvariant();
            if (Void.Contains(name) || tag.Value.EndsWith("/>", StringComparison.Ordinal)) continue;
            if (tag.Groups[1].Length == 0) open.Push((name, tag.Index));
            else if (!open.TryPop(out var last)) return (tag.Index, $"</{name}> closes nothing.");
            else if (last.Name != name) return (tag.Index, $"</{name}> stands where </{last.Name}> has to.");
        }

        return open.TryPop(out var left) ? (left.Position, $"<{left.Name}> has no </{left.Name}>.") : null;
    }

    [GeneratedRegex("""<(/?)([A-Za-z][A-Za-z0-9]*)(?:[^<>"']|"[^"]*"|'[^']*')*>""")]
    private static partial Regex Tag();
}

using System.Text.RegularExpressions;

namespace Crm.Campaign.Inbound.Mime;

/// <summary>Content-Type (RFC 2045 section 5.1), as forgiving as mail systems need it.</summary>
internal sealed partial record ContentType(string MediaType, IReadOnlyDictionary<string, string> Parameters)
{
    public static ContentType Text { get; } = new("text/plain", new Dictionary<string, string>());

    public string? Parameter(string name) => Parameters.GetValueOrDefault(name);

    /// <summary>text/plain where there is none that can be read (RFC 2045 section 5.2).</summary>
    public static ContentType Parse(string? value)
    {
        if (value is null) return Text;
        var end = value.IndexOf(';', StringComparison.Ordinal);
        var type = (end < 0 ? value : value[..end]).Trim().ToLowerInvariant();
        if (!type.Contains('/', StringComparison.Ordinal)) return Text;
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (end >= 0)
        {
            foreach (Match match in Parameter().Matches(value[end..]))
                parameters.TryAdd(match.Groups[1].Value, match.Groups[2].Success ? match.Groups[2].Value.Replace("\\", "", StringComparison.Ordinal) : match.Groups[3].Value);
        }

        return new ContentType(type, parameters);
    }

    [GeneratedRegex("""
        ;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))
        """, RegexOptions.NonBacktracking | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Parameter();
}

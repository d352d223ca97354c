using System.Text.Json;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// What tables and columns are called for the person whose data they hold, in English and Indonesian: <c>access-labels.json</c>. What has no label yet is shown by
/// its own name in words, so that nothing is left out.
/// </summary>
internal static class AccessLabels
{
    private sealed record Labels(Dictionary<string, string[]> Parts, Dictionary<string, string[]> Columns);

    private static readonly Labels All = Read();

    /// <param name="language">id or en.</param>
    public static string Part(string service, string part, string language) => Find(All.Parts, $"{service}.{part}", language) ?? InWords(part);

    public static string Column(string column, string language) => Find(All.Columns, column, language) ?? InWords(column);

    internal static bool Knows(string service, string part) => All.Parts.ContainsKey($"{service}.{part}");

    internal static bool Knows(string column) => All.Columns.ContainsKey(column);

    private static string? Find(Dictionary<string, string[]> labels, string name, string language) => labels.TryGetValue(name, out var texts) ? texts[language == "id" ? 1 : 0] : null;

    private static string InWords(string name) => name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');

    private static Labels Read()
    {
        using var file = typeof(AccessLabels).Assembly.GetManifestResourceStream("access-labels.json")!;
        return JsonSerializer.Deserialize<Labels>(file, JsonSerializerOptions.Web)!;
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Providers;

/// <summary>A place in what a provider says: <c>messages[0].id</c>.</summary>
public static partial class JsonPlace
{
    public static bool IsValid(string path) => Syntax().IsMatch(path);

    /// <summary>The text, number or boolean there; null where there is none, or null, or an object or array.</summary>
    public static string? Find(JsonElement root, string path) => Element(root, path) is not { } found ? null : found.ValueKind switch
    {
        JsonValueKind.String => found.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => found.GetRawText(),
        _ => null,
    };

    public static JsonElement? Element(JsonElement root, string path)
    {
        var current = root;
        foreach (Match step in Step().Matches(path))
        {
            if (step.Groups["index"] is { Success: true } index)
            {
                var position = int.Parse(index.Value, CultureInfo.InvariantCulture);
                if (current.ValueKind != JsonValueKind.Array || position >= current.GetArrayLength()) return null;
                current = current[position];
            }
            else if (current.ValueKind != JsonValueKind.Object || !current.TryGetProperty(step.Groups["name"].Value, out current))
            {
                return null;
            }
        }

        return current;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,3}\])*$")]
    private static partial Regex Syntax();

    [GeneratedRegex(@"(?<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?<index>[0-9]{1,3})\]")]
    private static partial Regex Step();
}

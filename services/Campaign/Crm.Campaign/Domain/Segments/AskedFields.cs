using System.Text.Json;

namespace Crm.Campaign.Domain.Segments;

/// <summary>One comparison of a criteria tree as it is stored. Whatever other kinds of criteria there are, they are passed over.</summary>
/// <param name="Path">Its place, as in refusals: <c>criteria.all[1]</c>.</param>
internal sealed record AskedComparison(string Path, string Field, string Operator, JsonElement Value);

/// <summary>What criteria ask about, to explain why somebody is meant by them.</summary>
internal static class AskedFields
{
    public static IReadOnlyList<AskedComparison> Of(string? criteria)
    {
        var found = new List<AskedComparison>();
        if (criteria is not null) Collect(JsonSerializer.Deserialize<JsonElement>(criteria), "criteria", found);
        return found;
    }

    private static void Collect(JsonElement json, string path, List<AskedComparison> found)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in json.EnumerateArray()) Collect(item, $"{path}[{index++}]", found);
                break;
            case JsonValueKind.Object when json.TryGetProperty("field", out var field) && field.ValueKind == JsonValueKind.String && json.TryGetProperty("value", out var value):
                found.Add(new AskedComparison(path, field.GetString()!, json.TryGetProperty("op", out var op) ? op.ToString() : "eq", value));
                break;
            case JsonValueKind.Object:
                foreach (var member in json.EnumerateObject()) Collect(member.Value, $"{path}.{member.Name}", found);
                break;
        }
    }

    /// <summary>
    /// Whether a comparison holds for a value as it was recorded; null where that cannot be told. The same rules as the compiled SQL: for a
    /// missing value nothing holds but <c>exists false</c>.
    /// </summary>
    public static bool? Holds(string operation, JsonElement? actual, JsonElement value)
    {
        var missing = actual is not { ValueKind: not JsonValueKind.Null };
        if (operation == "exists") return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() != missing : null;
        if (missing) return false;
        var known = actual!.Value;
        return operation switch
        {
            "eq" => Compare(known, value) is { } order ? order == 0 : null,
            "ne" => Compare(known, value) is { } order ? order != 0 : null,
            "lt" => Compare(known, value) is { } order ? order < 0 : null,
            "lte" => Compare(known, value) is { } order ? order <= 0 : null,
            "gt" => Compare(known, value) is { } order ? order > 0 : null,
            "gte" => Compare(known, value) is { } order ? order >= 0 : null,
            "between" => Compare(known, value[0]) is { } low && Compare(known, value[1]) is { } high ? low >= 0 && high <= 0 : null,
            "in" => value.EnumerateArray().Any(item => Compare(known, item) == 0),
            "notIn" => value.EnumerateArray().All(item => Compare(known, item) != 0),
            "contains" when known.ValueKind == JsonValueKind.Array => Has(known, value),
            "containsAny" => value.EnumerateArray().Any(item => Has(known, item)),
            "containsAll" => value.EnumerateArray().All(item => Has(known, item)),
            "contains" => known.GetString()!.Contains(value.GetString()!, StringComparison.OrdinalIgnoreCase),
            "startsWith" => known.GetString()!.StartsWith(value.GetString()!, StringComparison.OrdinalIgnoreCase),
            _ => null,
        };
    }

    private static bool Has(JsonElement array, JsonElement item) => array.EnumerateArray().Any(element => Compare(element, item) == 0);

    private static int? Compare(JsonElement one, JsonElement other) => (one.ValueKind, other.ValueKind) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => one.GetDouble().CompareTo(other.GetDouble()),
        (JsonValueKind.True or JsonValueKind.False, JsonValueKind.True or JsonValueKind.False) => one.GetBoolean().CompareTo(other.GetBoolean()),
        (JsonValueKind.String, JsonValueKind.String) when IsDated(one, out var left) && IsDated(other, out var right) => left.CompareTo(right),
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(one.GetString(), other.GetString()),
        _ => null,
    };

    private static bool IsDated(JsonElement json, out DateTimeOffset instant) => DateTimeOffset.TryParse(
        json.GetString(), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out instant) && json.GetString()!.Length >= 10;
}

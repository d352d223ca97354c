using System.Globalization;
using System.Text.Json;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Segments;

/// <summary>
/// Reads <c>{all:[...]}</c>, <c>{any:[...]}</c>, <c>{not:{...}}</c> and <c>{field, op, value}</c>. A refusal names the place:
/// <c>criteria.all[1].field</c>.
/// </summary>
internal sealed class CriteriaParser
{
    public const int MaxDepth = 6;
    public const int MaxClauses = 200;
    private const int MaxListLength = 1_000;
    private const int MaxTextLength = 200;
    private const double FarthestExactDouble = 1e15;

    private int _clauses;

    private CriteriaParser()
    {
    }

    public static Result<Criterion> Parse(JsonElement json) => new CriteriaParser().Parse(json, "criteria", 1);

    /// <summary>From the database, where only what was checked is stored.</summary>
    public static Criterion ParseStored(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement).Value;
    }

    private Result<Criterion> Parse(JsonElement json, string path, int depth)
    {
        if (depth > MaxDepth) return Error.Unprocessable("campaign.criteria_too_deep", $"Groups nest at most {MaxDepth} deep.", path);
        if (json.ValueKind != JsonValueKind.Object) return Malformed("A criterion is an object.", path);

        var names = json.EnumerateObject().Select(member => member.Name).ToArray();
        return names switch
        {
            ["all"] => ParseGroup(json.GetProperty("all"), $"{path}.all", depth, mayBeEmpty: true, parts => new Criterion.All(parts)),
            ["any"] => ParseGroup(json.GetProperty("any"), $"{path}.any", depth, mayBeEmpty: false, parts => new Criterion.Any(parts)),
            ["not"] => Parse(json.GetProperty("not"), $"{path}.not", depth + 1).TryGet(out var part, out var error) ? new Criterion.Not(part) : error,
            _ => ParseComparison(json, path),
        };
    }

    private Result<Criterion> ParseGroup(JsonElement json, string path, int depth, bool mayBeEmpty, Func<IReadOnlyList<Criterion>, Criterion> create)
    {
        if (json.ValueKind != JsonValueKind.Array) return Malformed("A group is an array of criteria.", path);
        if (json.GetArrayLength() == 0 && !mayBeEmpty) return Malformed("A group 'any' needs a criterion.", path);
        var parts = new List<Criterion>();
        foreach (var item in json.EnumerateArray())
        {
            if (!Parse(item, $"{path}[{parts.Count}]", depth + 1).TryGet(out var part, out var error)) return error;
            parts.Add(part);
        }

        return create(parts);
    }

    private Result<Criterion> ParseComparison(JsonElement json, string path)
    {
        if (++_clauses > MaxClauses) return Error.Unprocessable("campaign.criteria_too_long", $"A segment has at most {MaxClauses} comparisons.", path);
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name is not ("field" or "op" or "value")) return Malformed($"There is no '{member.Name}' in a criterion.", $"{path}.{member.Name}");
        }

        if (!json.TryGetProperty("field", out var name) || name.ValueKind != JsonValueKind.String) return Malformed("A comparison names its field.", $"{path}.field");
        if (!json.TryGetProperty("op", out var op) || op.ValueKind != JsonValueKind.String) return Malformed("A comparison names its operator.", $"{path}.op");
        if (!json.TryGetProperty("value", out var value)) return Malformed("A comparison has a value.", $"{path}.value");
        if (SegmentField.Find(name.GetString()!) is not { } field)
        {
            return Error.Unprocessable("campaign.unknown_field", $"There is no field '{name.GetString()}' to ask about.", $"{path}.field");
        }

        var operation = op.GetString()!;
        if (!field.Operators.Contains(operation))
        {
            return Error.Unprocessable(
                "campaign.unknown_operator", $"'{field.Name}' has no operator '{operation}'. It has: {string.Join(", ", field.Operators)}.", $"{path}.op");
        }

        return ParseValue(field, operation, value) is { } parsed
            ? new Criterion.Comparison(field, operation, parsed)
            : Error.Unprocessable("campaign.criteria_value", $"The value does not fit '{field.Name} {operation}'.", $"{path}.value");
    }

    private static object? ParseValue(SegmentField field, string operation, JsonElement json)
    {
        switch (operation)
        {
            case "exists":
                return Boolean(json);
            case "in" or "notIn" or "between" or "containsAny" or "containsAll":
                if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > MaxListLength) return null;
                if (operation == "between" && json.GetArrayLength() != 2) return null;
                var items = json.EnumerateArray().Select(item => Scalar(field, item)).ToArray();
                return items.Any(item => item is null) ? null : items;
            default:
                return Scalar(field, json);
        }
    }

    private static object? Scalar(SegmentField field, JsonElement json) => field.Type switch
    {
        FieldType.Text or FieldType.Tags => Text(json),
        FieldType.Number => Number(json),
        FieldType.Boolean => Boolean(json),
        FieldType.Date => Text(json) is { } text && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null,
        _ => Instant(json),
    };

    private static bool? Boolean(JsonElement json) => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null;

    // PostgreSQL's text cannot hold NUL.
    private static string? Text(JsonElement json) =>
        json.ValueKind == JsonValueKind.String && json.GetString() is { Length: <= MaxTextLength } text && !text.Contains('\0') ? text : null;

    private static decimal? Number(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetDecimal(out var number) && Math.Abs(number) <= (decimal)FarthestExactDouble ? number : null;

    /// <summary>An instant with its offset, or a date, which means its beginning in UTC.</summary>
    private static DateTimeOffset? Instant(JsonElement json)
    {
        if (Text(json) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        }

        return text.Length > 10 && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10) && json.TryGetDateTimeOffset(out var instant)
            ? instant.ToUniversalTime()
            : null;
    }

    private static Error Malformed(string message, string path) => Error.Unprocessable("campaign.criteria_malformed", message, path);
}

using System.Globalization;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Segments;

/// <summary>Reads the values and scopes of comparisons by their field's type.</summary>
internal static class CriterionValues
{
    private const int MaxListLength = 1_000;
    private const int MaxTextLength = 200;
    private const int MaxScopeLength = 200;
    private const double FarthestExactDouble = 1e15;

    /// <summary>Null where the value does not fit.</summary>
    public static object? Parse(SegmentField field, string operation, JsonElement json)
    {
        switch (SegmentOperator.Named(operation).Operand)
        {
            case OperandKind.YesNo:
                return Boolean(json);
            case OperandKind.Days:
                return Days(json, operation == "anniversaryInDays" ? SegmentOperator.MaxAnniversaryDays : SegmentOperator.MaxDays);
            case OperandKind.Many or OperandKind.Range:
                if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > MaxListLength) return null;
                if (operation == "between" && json.GetArrayLength() != 2) return null;
                var items = json.EnumerateArray().Select(item => Scalar(field, item)).ToArray();
                return items.Any(item => item is null) ? null : items;
            default:
                return Scalar(field, json);
        }
    }

    public static Result<Scope> ParseScope(SegmentField field, JsonElement json, string path)
    {
        if (field.Scope == ScopeKind.None) return Error.Unprocessable("campaign.criteria_scope", $"'{field.Name}' counts nothing that 'of' could narrow.", path);
        if (json.ValueKind != JsonValueKind.Object) return Wrong("The scope of a comparison is an object.", path);

        var scope = new Scope();
        foreach (var member in json.EnumerateObject())
        {
            var read = (field.Scope, member.Name) switch
            {
                (ScopeKind.Purchases, "sku") => Texts(member.Value) is { } skus ? scope with { Skus = skus } : null,
                (ScopeKind.Purchases, "category") => Texts(member.Value) is { } categories ? scope with { Categories = categories } : null,
                (ScopeKind.Messages, "campaign") => Ids(member.Value) is { } campaigns ? scope with { Campaigns = campaigns } : null,
                (ScopeKind.Messages, "channel") => Texts(member.Value) is { } channels && channels.All(Eligibility.Channels.Contains) ? scope with { Channels = channels } : null,
                (_, "lastDays") => Days(member.Value, SegmentOperator.MaxDays) is { } days ? scope with { LastDays = days } : null,
                (_, "from") => Instant(member.Value) is { } from ? scope with { From = from } : null,
                (_, "to") => Instant(member.Value) is { } to ? scope with { To = to } : null,
                _ => null,
            };
            if (read is null) return Wrong($"'{member.Name}' does not narrow '{field.Name}' so.", $"{path}.{member.Name}");
            scope = read;
        }

        return scope;
    }

    private static object? Scalar(SegmentField field, JsonElement json) => field.Type switch
    {
        FieldType.Text or FieldType.Tags => Text(json),
        FieldType.Number => Number(json),
        FieldType.Boolean => Boolean(json),
        FieldType.Date => Date(Text(json)),
        _ => Instant(json),
    };

    private static bool? Boolean(JsonElement json) => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null;

    // PostgreSQL's text cannot hold NUL.
    private static string? Text(JsonElement json) =>
        json.ValueKind == JsonValueKind.String && json.GetString() is { Length: <= MaxTextLength } text && !text.Contains('\0') ? text : null;

    private static decimal? Number(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetDecimal(out var number) && Math.Abs(number) <= (decimal)FarthestExactDouble ? number : null;

    private static int? Days(JsonElement json, int max) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var days) && days >= 0 && days <= max ? days : null;

    private static string[]? Texts(JsonElement json)
    {
        if (!IsScopeArray(json)) return null;
        var texts = json.EnumerateArray().Select(Text).OfType<string>().ToArray();
        return texts.Length == json.GetArrayLength() ? texts : null;
    }

    private static Guid[]? Ids(JsonElement json)
    {
        if (!IsScopeArray(json)) return null;
        var ids = json.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String && item.TryGetGuid(out var id) ? id : (Guid?)null).OfType<Guid>().ToArray();
        return ids.Length == json.GetArrayLength() ? ids : null;
    }

    private static bool IsScopeArray(JsonElement json) => json.ValueKind == JsonValueKind.Array && json.GetArrayLength() is > 0 and <= MaxScopeLength;

    private static DateOnly? Date(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    /// <summary>An instant with its offset, or a date, which means its beginning in UTC.</summary>
    private static DateTimeOffset? Instant(JsonElement json)
    {
        if (Text(json) is not { } text) return null;
        if (Date(text) is { } date) return new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return text.Length > 10 && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10) && json.TryGetDateTimeOffset(out var instant)
            ? instant.ToUniversalTime()
            : null;
    }

    private static Error Wrong(string message, string path) => Error.Unprocessable("campaign.criteria_scope", message, path);
}

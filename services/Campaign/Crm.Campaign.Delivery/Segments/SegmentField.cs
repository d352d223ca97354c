using System.Text.RegularExpressions;

namespace Crm.Campaign.Domain.Segments;

internal enum FieldType
{
    Text,
    Number,
    Instant,
    Date,
    Boolean,
    Tags,
}

/// <summary>What the member <c>of</c> of a comparison may narrow.</summary>
internal enum ScopeKind
{
    None,

    /// <summary>sku, category, lastDays, from, to.</summary>
    Purchases,

    /// <summary>campaign, channel, lastDays, from, to.</summary>
    Messages,
}

/// <summary>Something that a segment may ask about a customer.</summary>
/// <param name="Sql">
/// Expression over the audience row <c>a</c>; the only SQL text in a compiled segment that is not of the catalogue or the compiler.
/// <c>{scope}</c> in it is where the conditions of a <see cref="Scope"/> go.
/// </param>
/// <param name="IsFloating">Stored as double precision rather than as an exact number.</param>
/// <param name="TimeColumn">For a field with a scope: the instant that its time is about.</param>
internal sealed partial record SegmentField(
    string Name, FieldType Type, string Sql, string Indonesian, string English, bool IsFloating = false, ScopeKind Scope = ScopeKind.None, string? TimeColumn = null)
{
    private static readonly Dictionary<string, SegmentField> ByName = SegmentCatalogue.Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);

    /// <summary>Every field with a fixed name.</summary>
    public static IReadOnlyList<SegmentField> All => SegmentCatalogue.Fields;

    public IReadOnlyList<string> Operators => SegmentOperator.Of(Type);

    /// <summary>A field of the catalogue, or one that this enterprise named itself: <c>preference.colour</c>, <c>custom.number.shoeSize</c>.</summary>
    public static SegmentField? Find(string name)
    {
        if (ByName.TryGetValue(name, out var field)) return field;
        if (OwnName().Match(name) is not { Success: true } match) return null;

        // The pattern lets letters, digits and underscores through only, so that the name can stand in the expression.
        var own = match.Groups["name"].Value;
        return match.Groups["kind"].Value switch
        {
            "preference" => new SegmentField(name, FieldType.Tags, $"ARRAY(SELECT jsonb_array_elements_text(a.preferences -> '{own}'))", own, own),
            "custom.text" => new SegmentField(name, FieldType.Text, $"(a.custom_fields #>> '{{{own},text}}')", own, own),
            "custom.number" => new SegmentField(name, FieldType.Number, $"(a.custom_fields #>> '{{{own},number}}')::numeric", own, own),
            "custom.date" => new SegmentField(name, FieldType.Date, $"(a.custom_fields #>> '{{{own},date}}')::date", own, own),
            _ => new SegmentField(name, FieldType.Boolean, $"(a.custom_fields #>> '{{{own},flag}}')::boolean", own, own),
        };
    }

    [GeneratedRegex(@"\A(?<kind>preference|custom\.(text|number|date|flag))\.(?<name>[A-Za-z][A-Za-z0-9_]{0,49})\z", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnName();
}

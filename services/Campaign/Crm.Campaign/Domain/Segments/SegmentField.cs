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

/// <summary>Something that a segment may ask about a customer.</summary>
/// <param name="Sql">Expression over the audience row <c>a</c>; the only SQL text in a compiled segment that is not this file's or the compiler's.</param>
/// <param name="IsFloating">Stored as double precision rather than as an exact number.</param>
internal sealed record SegmentField(string Name, FieldType Type, string Sql, bool IsFloating = false)
{
    private static readonly SegmentField[] Catalogue =
    [
        new("language", FieldType.Text, "a.language"),
        new("city", FieldType.Text, "a.city"),
        new("province", FieldType.Text, "a.province"),
        new("gender", FieldType.Text, "a.gender"),
        new("birthDate", FieldType.Date, "a.birth_date"),
        new("age", FieldType.Number, "date_part('year', age(@today, a.birth_date))::int"),
        new("tags", FieldType.Tags, "a.tags"),
        new("lifecycleStage", FieldType.Text, "a.lifecycle_stage"),
        new("registeredAt", FieldType.Instant, "a.registered_at"),
        new("purchaseCount", FieldType.Number, "a.purchase_count"),
        new("purchaseTotal", FieldType.Number, "a.purchase_total"),
        new("firstPurchaseAt", FieldType.Instant, "a.first_purchased_at"),
        new("lastPurchaseAt", FieldType.Instant, "a.last_purchased_at"),
        new("daysSinceLastPurchase", FieldType.Number, "floor(extract(epoch FROM (@now - a.last_purchased_at)) / 86400)"),
        new("recencyScore", FieldType.Number, "a.recency_score"),
        new("frequencyScore", FieldType.Number, "a.frequency_score"),
        new("monetaryScore", FieldType.Number, "a.monetary_score"),
        new("pAlive", FieldType.Number, "a.p_alive", IsFloating: true),
        new("expectedPurchases", FieldType.Number, "a.expected_purchases", IsFloating: true),
        new("clv", FieldType.Number, "a.clv"),
        new("clvPercentile", FieldType.Number, "a.clv_percentile", IsFloating: true),
        new("points", FieldType.Number, "a.points"),
        new("isMember", FieldType.Boolean, "a.is_member"),
        new("openCases", FieldType.Number, "a.open_cases"),
        new("hasEmail", FieldType.Boolean, "(a.email IS NOT NULL)"),
        new("consent.email", FieldType.Boolean, "a.consent_email"),
        new("consent.sms", FieldType.Boolean, "a.consent_sms"),
        new("consent.phone", FieldType.Boolean, "a.consent_phone"),
        new("consent.post", FieldType.Boolean, "a.consent_post"),
        new("consent.push", FieldType.Boolean, "a.consent_push"),
    ];

    private static readonly Dictionary<string, SegmentField> ByName = Catalogue.ToDictionary(field => field.Name, StringComparer.Ordinal);

    public static IReadOnlyList<SegmentField> All => Catalogue;

    public static SegmentField? Find(string name) => ByName.GetValueOrDefault(name);

    public IReadOnlyList<string> Operators => Type switch
    {
        FieldType.Text => ["eq", "ne", "in", "notIn", "contains", "startsWith", "exists"],
        FieldType.Number => ["eq", "ne", "lt", "lte", "gt", "gte", "between", "in", "exists"],
        FieldType.Instant or FieldType.Date => ["lt", "lte", "gt", "gte", "between", "exists"],
        FieldType.Tags => ["contains", "containsAny", "containsAll"],
        _ => ["eq"],
    };
}

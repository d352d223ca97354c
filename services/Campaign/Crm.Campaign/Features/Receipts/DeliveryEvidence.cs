using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Dapper;

namespace Crm.Campaign.Features.Receipts;

/// <summary>Keeps, with the rows of the ledger and in their transaction, the facts that put these customers there.</summary>
internal static class DeliveryEvidence
{
    private const int FieldsPerObject = 40; // PostgreSQL takes a hundred arguments: names and values of fifty

    private static readonly Dictionary<string, string> ConsentChannels = new(StringComparer.Ordinal)
    {
        ["email"] = "email", ["sms"] = "sms", ["whatsapp"] = "sms", ["phone"] = "phone", ["post"] = "post", ["push"] = "push", ["webhook"] = "push",
    };

    /// <summary>The channel that consent was given for; null where a message needs membership instead.</summary>
    public static string? ConsentChannelOf(string channel) => ConsentChannels.GetValueOrDefault(channel);

    /// <param name="criteria">As launched; null for a campaign that something else than a segment triggers.</param>
    /// <param name="clock">What ages and days since are counted to: the launch.</param>
    public static Task RecordAsync(
        string channel, string? criteria, DateTimeOffset clock, IReadOnlyList<Guid> deliveries, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0) return Task.CompletedTask;
        var parameters = Parameters(clock);
        parameters.Add("deliveries", deliveries.ToArray());
        parameters.Add("taken", now.UtcDateTime);
        return unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO delivery_evidence (delivery_id, taken_at, facts, consent_at)
            SELECT d.delivery_id, @taken, {FactsSql(criteria, parameters)}, {ConsentSql(channel, "_at", "timestamptz")}
            FROM deliveries d JOIN audience a ON a.customer_id = d.customer_id WHERE d.delivery_id = ANY(@deliveries)
            ON CONFLICT (delivery_id) DO NOTHING
            """,
            parameters,
            cancellationToken);
    }

    public static DynamicParameters Parameters(DateTimeOffset clock)
    {
        var parameters = new DynamicParameters();
        parameters.Add("now", clock);
        parameters.Add("today", DateOnly.FromDateTime(clock.UtcDateTime));
        return parameters;
    }

    /// <summary>Expression over the audience row <c>a</c>: a JSON object with the value of each field that the criteria name and that is known.</summary>
    public static string FactsSql(string? criteria, DynamicParameters parameters)
    {
        var fields = AskedFields.Of(criteria).Select(comparison => SegmentField.Find(comparison.Field)).OfType<SegmentField>().DistinctBy(field => field.Name).ToArray();
        if (fields.Length == 0) return "'{}'::jsonb";
        for (var i = 0; i < fields.Length; i++) parameters.Add($"name{i}", fields[i].Name);
        var objects = fields.Select((field, i) => $"@name{i}::text, {field.Sql}").Chunk(FieldsPerObject).Select(chunk => $"jsonb_build_object({string.Join(", ", chunk)})");
        return $"jsonb_strip_nulls({string.Join(" || ", objects)})";
    }

    /// <summary>The audience's column about consent to the channel: <c>""</c> the decision, <c>_at</c> since when.</summary>
    public static string ConsentSql(string channel, string column, string type) =>
        ConsentChannelOf(channel) is { } consent ? $"a.consent_{consent}{column}" : $"NULL::{type}";
}

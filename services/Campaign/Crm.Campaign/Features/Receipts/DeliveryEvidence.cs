using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Dapper;

namespace Crm.Campaign.Features.Receipts;

/// <summary>Keeps, with the rows of the ledger and in their transaction, the facts that put these customers there.</summary>
internal static class DeliveryEvidence
{
    private const int LeavesPerArray = 90; // PostgreSQL takes a hundred arguments

    private static readonly Dictionary<string, string> ConsentChannels = new(StringComparer.Ordinal)
    {
        ["email"] = "email", ["sms"] = "sms", ["whatsapp"] = "whatsapp", ["phone"] = "phone", ["post"] = "post", ["push"] = "push", ["webhook"] = "webhook",
    };

    /// <summary>The channel that consent was given for; null where a message needs membership instead.</summary>
    public static string? ConsentChannelOf(string channel) => ConsentChannels.GetValueOrDefault(channel);

    /// <param name="criteria">As launched; null for a campaign that something else than a segment triggers.</param>
    /// <param name="clock">What ages and days since are counted to: the launch.</param>
    public static Task RecordAsync(
        string channel, string? criteria, DateTimeOffset clock, IReadOnlyList<Guid> deliveries, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0) return Task.CompletedTask;
        var (facts, parameters) = Facts(criteria, clock);
        parameters.Add("deliveries", deliveries.ToArray());
        parameters.Add("taken", now.UtcDateTime);
        return unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO delivery_evidence (delivery_id, taken_at, facts, consent_at)
            SELECT d.delivery_id, @taken, {facts}, {ConsentSql(channel, "_at", "timestamptz")}
            FROM deliveries d JOIN audience a ON a.customer_id = d.customer_id WHERE d.delivery_id = ANY(@deliveries)
            ON CONFLICT (delivery_id) DO NOTHING
            """,
            parameters,
            cancellationToken);
    }

    /// <summary>
    /// Expression over the audience row <c>a</c>: a JSON array with outcome and value of each comparison and list of the criteria, in the order
    /// of <see cref="CriteriaCompiler.CompileLeaves"/>; values that are not known are absent.
    /// </summary>
    public static (string Sql, DynamicParameters Parameters) Facts(string? criteria, DateTimeOffset clock)
    {
        if (criteria is null) return ("'[]'::jsonb", new DynamicParameters());
        var (leaves, parameters) = CriteriaCompiler.CompileLeaves(CriteriaParser.ParseStored(criteria), clock);
        var arrays = leaves.Select(leaf => $"jsonb_build_object('holds', {leaf.Sql}, 'value', {leaf.ValueSql})")
            .Chunk(LeavesPerArray).Select(chunk => $"jsonb_build_array({string.Join(", ", chunk)})").ToArray();
        return (arrays.Length == 0 ? "'[]'::jsonb" : $"jsonb_strip_nulls({string.Join(" || ", arrays)})", parameters);
    }

    /// <summary>The audience's column about consent to the channel: <c>""</c> the decision, <c>_at</c> since when.</summary>
    public static string ConsentSql(string channel, string column, string type) =>
        ConsentChannelOf(channel) is { } consent ? $"a.consent_{consent}{column}" : $"NULL::{type}";
}

using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Dapper;

namespace Crm.Campaign.Features.Receipts;

/// <summary>Keeps, with the rows of the ledger and in their transaction, the facts that put these customers there: one row a chunk, see ADR 64.</summary>
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
    /// <param name="members">Customer and delivery of each.</param>
    public static Task RecordAsync(
        Guid campaignId, int chunk, string channel, string? criteria, DateTimeOffset clock, IReadOnlyList<(Guid CustomerId, Guid DeliveryId)> members, DateTimeOffset now,
        UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var (facts, parameters) = Facts(criteria, clock);
        parameters.AddDynamicParams(new
        {
            campaignId, chunk, taken = now.UtcDateTime,
            customers = members.Select(member => member.CustomerId).ToArray(),
            deliveries = members.Select(member => member.DeliveryId).ToArray(),
        });
        return unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO chunk_evidence (campaign_id, chunk, taken_at, deliveries, facts, consents)
            SELECT @campaignId, @chunk, @taken, array_agg(m.delivery_id), array_agg({facts}), array_agg({ConsentSql(channel, "_at", "timestamptz")})
            FROM unnest(@customers, @deliveries) AS m (customer_id, delivery_id) JOIN audience a ON a.customer_id = m.customer_id
            HAVING count(*) > 0
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

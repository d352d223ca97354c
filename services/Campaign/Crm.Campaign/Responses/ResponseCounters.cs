using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Responses;

/// <summary>
/// The counters of responses: added up from newly judged ones, or made anew for a campaign. One statement for both, so that a counter
/// never says anything else than its rows.
/// </summary>
internal static class ResponseCounters
{
    private const string Sums =
        """
        count(*) AS raw, count(*) FILTER (WHERE r.verdict = 'human') AS human, count(*) FILTER (WHERE r.verdict = 'machine') AS machine
        """;

    private const string Add =
        "raw = c.raw + excluded.raw, human = c.human + excluded.human, machine = c.machine + excluded.machine, "
        + "unique_raw = c.unique_raw + excluded.unique_raw, unique_human = c.unique_human + excluded.unique_human";

    public static Task AddAsync(IReadOnlyList<Guid> responses, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(Statement("r.id = ANY(@responses)"), new { responses = responses.ToArray() }, cancellationToken);

    public static async Task RebuildAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            DELETE FROM response_counts WHERE campaign_id = @campaignId;
            DELETE FROM response_links WHERE campaign_id = @campaignId;
            DELETE FROM response_quarters WHERE campaign_id = @campaignId
            """,
            new { campaignId },
            cancellationToken);
        await unitOfWork.ExecuteAsync(Statement("r.campaign_id = @campaignId AND r.judged_at IS NOT NULL"), new { campaignId }, cancellationToken);
    }

    private static string Statement(string which) =>
        $"""
        WITH judged AS MATERIALIZED (
            SELECT r.*, d.channel, coalesce(d.provider, '') AS provider, coalesce(d.variant, '') AS variant, d.language
            FROM responses r JOIN deliveries d ON d.delivery_id = r.delivery_id WHERE {which}),
        counts AS (
            INSERT INTO response_counts AS c
            SELECT campaign_id, channel, provider, variant, language, kind, {Sums}, count(*) FILTER (WHERE first), count(*) FILTER (WHERE first_human)
            FROM judged r GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
            ON CONFLICT (campaign_id, channel, provider, variant, language, kind) DO UPDATE SET {Add}),
        links AS (
            INSERT INTO response_links AS c
            SELECT campaign_id, variant, link, {Sums}, count(*) FILTER (WHERE first_link), count(*) FILTER (WHERE first_link_human)
            FROM judged r WHERE kind = 'clicked' AND link IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (campaign_id, variant, link) DO UPDATE SET {Add})
        INSERT INTO response_quarters AS c
        SELECT campaign_id, date_bin('15 minutes', occurred_at, timestamptz '2000-01-01 00:00Z'), kind, {Sums},
            count(*) FILTER (WHERE first), count(*) FILTER (WHERE first_human)
        FROM judged r GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (campaign_id, quarter, kind) DO UPDATE SET {Add}
        """;
}

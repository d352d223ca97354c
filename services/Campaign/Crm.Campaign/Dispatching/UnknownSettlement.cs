using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Dispatching;

/// <summary>Settles unknown deliveries of one campaign once somebody knows: sent, or to be sent again. Only what is still unknown changes.</summary>
internal sealed class UnknownSettlement(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    /// <summary>They did arrive.</summary>
    /// <param name="evidence">How it is known; stands where the relay's answer would.</param>
    public async Task<int> SentAsync(Guid campaignId, IReadOnlyCollection<Guid> deliveries, string evidence, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var campaign = await unitOfWork.QuerySingleOrDefaultAsync<CampaignRow>("SELECT name, channel FROM campaigns WHERE id = @campaignId", new { campaignId }, cancellationToken);
        var settled = await unitOfWork.QueryAsync<SettledRow>(
            """
            WITH settled AS (
                UPDATE deliveries SET state = 'sent', reason = NULL, reply = @evidence, worker = NULL, sent_at = coalesce(claimed_at, @now)
                WHERE delivery_id = ANY(@ids) AND campaign_id = @campaignId AND state = 'unknown'
                RETURNING delivery_id, customer_id, language, chunk, sent_at),
            counted AS (
                UPDATE chunks c SET unknown = c.unknown - s.deliveries, sent = c.sent + s.deliveries
                FROM (SELECT chunk, count(*) AS deliveries FROM settled GROUP BY chunk) s
                WHERE c.campaign_id = @campaignId AND c.seq = s.chunk)
            SELECT delivery_id, customer_id, language, sent_at FROM settled
            """,
            new { campaignId, ids = deliveries.ToArray(), evidence, now },
            cancellationToken);
        if (settled.Count > 0)
        {
            unitOfWork.Enqueue(new MessagesSent(
                ids.Next(), now, campaignId, campaign!.Name, campaign.Channel, [.. settled.Select(row => new SentMessage(row.DeliveryId, row.CustomerId, row.Language, row.SentAt))]));
        }

        return settled.Count;
    }

    /// <summary>
    /// They did not arrive, or may arrive twice: planned again, under the same Message-ID. A campaign that was finished goes on; one that was
    /// cancelled does not, so its unknown deliveries stay so.
    /// </summary>
    public async Task<int> ResendAsync(Guid campaignId, IReadOnlyCollection<Guid> deliveries, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var state = await unitOfWork.QuerySingleOrDefaultAsync<string>(
            "SELECT state FROM campaigns WHERE id = @campaignId FOR NO KEY UPDATE", new { campaignId }, cancellationToken);
        if (state is not ("sending" or "paused" or "finished")) return 0;

        var planned = await unitOfWork.QuerySingleOrDefaultAsync<int>(
            """
            WITH planned AS (
                UPDATE deliveries SET state = 'planned', reason = NULL, worker = NULL, not_before = @now
                WHERE delivery_id = ANY(@ids) AND campaign_id = @campaignId AND state = 'unknown'
                RETURNING chunk),
            counted AS (
                UPDATE chunks c SET unknown = c.unknown - p.deliveries, due_at = @now
                FROM (SELECT chunk, count(*) AS deliveries FROM planned GROUP BY chunk) p
                WHERE c.campaign_id = @campaignId AND c.seq = p.chunk)
            SELECT count(*)::int FROM planned
            """,
            new { campaignId, ids = deliveries.ToArray(), now },
            cancellationToken);
        if (planned > 0 && state == "finished")
        {
            await unitOfWork.ExecuteAsync(
                "UPDATE campaigns SET state = 'sending', finished_at = NULL, version = version + 1 WHERE id = @campaignId", new { campaignId }, cancellationToken);
        }

        return planned;
    }

    private sealed record CampaignRow(string Name, string Channel);

    private sealed record SettledRow(Guid DeliveryId, Guid CustomerId, string Language, DateTimeOffset SentAt);
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Responses;

/// <summary>
/// Works out the conversions of the customers in the queue, from what is known of their purchases, messages and clicks by now. Whatever
/// comes later (a click that was judged late, a return, a purchase from before) puts the customer there again and leads to the same rows
/// as if it had come in order.
/// </summary>
internal sealed class ConversionStep(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    public const int DefaultWindowDays = 14;
    private const int BatchSize = 500;

    /// <summary>A message on its way when the purchase came: looked at again so much later.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    /// <returns>Whether there may be more at once.</returns>
    public async Task<bool> WorkOutAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var customers = (await unitOfWork.QueryAsync<Guid>(
            """
            DELETE FROM conversion_queue WHERE customer_id IN (
                SELECT customer_id FROM conversion_queue WHERE due_at <= @now ORDER BY due_at LIMIT @BatchSize FOR UPDATE SKIP LOCKED)
            RETURNING customer_id
            """,
            new { now, BatchSize },
            cancellationToken)).ToArray();
        if (customers.Length == 0) return false;

        var fresh = await unitOfWork.QueryAsync<Fresh>(Replace, new { customers, DefaultWindowDays }, cancellationToken);
        foreach (var row in fresh)
        {
            unitOfWork.Enqueue(new CampaignResponded(
                ids.Next(), row.PurchasedAt, row.CampaignId, row.CampaignName, row.DeliveryId, row.CustomerId, row.Channel, ResponseKind.Converted, null));
        }

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO conversion_queue (customer_id, due_at)
            SELECT DISTINCT d.customer_id, @again::timestamptz FROM deliveries d
            WHERE d.customer_id = ANY(@customers) AND d.state = 'sending' ORDER BY d.customer_id
            ON CONFLICT (customer_id) DO NOTHING
            """,
            new { customers, again = now + LookAgain },
            cancellationToken);
        return customers.Length == BatchSize;
    }

    /// <summary>Puts the rows that should be there in the place of those that are, touching only what differs; tells what is credited anew.</summary>
    private const string Replace =
        """
        WITH touches AS (
            SELECT DISTINCT ON (d.campaign_id, p.purchase_id) d.campaign_id, p.purchase_id, p.customer_id, d.delivery_id, d.channel, coalesce(d.variant, '') AS variant,
                p.purchased_at, p.currency, p.total, d.sent_at, k.clicked_at
            FROM audience_purchases p
            JOIN deliveries d ON d.customer_id = p.customer_id AND d.sent_at <= p.purchased_at AND d.state = 'sent'
            LEFT JOIN campaign_attributions a ON a.campaign_id = d.campaign_id
            CROSS JOIN LATERAL (SELECT make_interval(days => coalesce(a.window_days, @DefaultWindowDays)) AS long) w
            LEFT JOIN LATERAL (
                SELECT max(r.occurred_at) AS clicked_at FROM responses r
                WHERE r.delivery_id = d.delivery_id AND r.kind = 'clicked' AND r.verdict = 'human'
                    AND r.occurred_at BETWEEN p.purchased_at - w.long AND p.purchased_at) k ON true
            WHERE p.customer_id = ANY(@customers) AND p.purchased_at IS NOT NULL AND p.total > 0
                AND (d.sent_at >= p.purchased_at - w.long OR k.clicked_at IS NOT NULL)
            ORDER BY d.campaign_id, p.purchase_id, k.clicked_at DESC NULLS LAST, d.sent_at DESC),
        wanted AS (
            SELECT *, CASE WHEN clicked_at IS NULL THEN 'sent' ELSE 'clicked' END AS basis,
                row_number() OVER (PARTITION BY purchase_id ORDER BY clicked_at DESC NULLS LAST, sent_at DESC, campaign_id) = 1 AS credited,
                row_number() OVER (PARTITION BY campaign_id, customer_id ORDER BY purchased_at, purchase_id) = 1 AS first
            FROM touches),
        gone AS (
            DELETE FROM conversions c WHERE c.customer_id = ANY(@customers)
                AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.campaign_id = c.campaign_id AND w.purchase_id = c.purchase_id)),
        changed AS (
            UPDATE conversions c SET delivery_id = w.delivery_id, channel = w.channel, variant = w.variant, basis = w.basis, purchased_at = w.purchased_at,
                currency = w.currency, revenue = w.total, credited = w.credited, first = w.first
            FROM wanted w WHERE w.campaign_id = c.campaign_id AND w.purchase_id = c.purchase_id
                AND (c.delivery_id, c.channel, c.variant, c.basis, c.purchased_at, c.currency, c.revenue, c.credited, c.first)
                    IS DISTINCT FROM (w.delivery_id, w.channel, w.variant, w.basis, w.purchased_at, w.currency, w.total, w.credited, w.first)),
        added AS (
            INSERT INTO conversions
                (campaign_id, purchase_id, customer_id, delivery_id, channel, variant, basis, purchased_at, currency, revenue, credited, first)
            SELECT campaign_id, purchase_id, customer_id, delivery_id, channel, variant, basis, purchased_at, currency, total, credited, first FROM wanted w
            WHERE NOT EXISTS (SELECT 1 FROM conversions c WHERE c.campaign_id = w.campaign_id AND c.purchase_id = w.purchase_id)
            ORDER BY campaign_id, purchase_id
            RETURNING campaign_id, purchase_id, customer_id, delivery_id, channel, purchased_at, credited)
        SELECT n.campaign_id, c.name AS campaign_name, n.customer_id, n.delivery_id, n.channel, n.purchased_at
        FROM added n JOIN campaigns c ON c.id = n.campaign_id WHERE n.credited
        """;

    private sealed record Fresh(Guid CampaignId, string CampaignName, Guid CustomerId, Guid DeliveryId, string Channel, DateTimeOffset PurchasedAt);
}

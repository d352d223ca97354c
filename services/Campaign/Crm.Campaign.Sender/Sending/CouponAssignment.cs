using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Sending;

/// <summary>Gives codes to deliveries, in the transaction that claims them. Who has one keeps it: a retry says the same code.</summary>
internal static class CouponAssignment
{
    /// <summary>The code of each delivery; who is missing got none, because none is left or the pool's time is over.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> AssignAsync(
        string pool, Guid campaignId, IReadOnlyList<Claim> claims, UnitOfWork unitOfWork, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            WITH pool AS (SELECT id, valid_until FROM coupon_pools WHERE name = @pool),
            wanted AS (
                SELECT w.delivery_id, w.customer_id, row_number() OVER (ORDER BY w.delivery_id) AS place
                FROM pool, unnest(@deliveries, @customers) AS w (delivery_id, customer_id)
                WHERE pool.valid_until > @now AND NOT EXISTS (SELECT 1 FROM coupon_codes k WHERE k.delivery_id = w.delivery_id AND k.pool_id = pool.id)),
            taken AS (
                SELECT code FROM coupon_codes WHERE pool_id = (SELECT id FROM pool) AND delivery_id IS NULL
                ORDER BY code LIMIT (SELECT count(*) FROM wanted) FOR UPDATE SKIP LOCKED),
            given AS (
                UPDATE coupon_codes k SET delivery_id = w.delivery_id, customer_id = w.customer_id, campaign_id = @campaignId, assigned_at = @now
                FROM (SELECT code, row_number() OVER (ORDER BY code) AS place FROM taken) t JOIN wanted w ON w.place = t.place WHERE k.code = t.code
                RETURNING k.delivery_id, k.code)
            SELECT delivery_id, code FROM given
            UNION ALL
            SELECT k.delivery_id, k.code FROM coupon_codes k JOIN pool ON pool.id = k.pool_id WHERE k.delivery_id = ANY(@deliveries)
            """,
            new
            {
                pool, campaignId, now,
                deliveries = claims.Select(claim => claim.DeliveryId).ToArray(),
                customers = claims.Select(claim => claim.Recipient.CustomerId).ToArray(),
            },
            cancellationToken);
        return rows.ToDictionary(row => row.DeliveryId, row => row.Code);
    }

    private sealed record Row(Guid DeliveryId, string Code);
}

using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// Part of the claim: what the text needs beyond the recipients' rows is read for the whole micro-batch at once, and coupons are given out, all
/// in the claim's transaction.
/// </summary>
internal static class Personalisation
{
    /// <summary>How long a message waits for more codes before it asks again.</summary>
    public static readonly TimeSpan CouponWait = TimeSpan.FromMinutes(15);

    /// <returns>The claims that can be written; the others are not claimed any more.</returns>
    public static async Task<IReadOnlyList<Claim>> ApplyAsync(
        SendingCampaign campaign, SendChunk chunk, IReadOnlyList<Claim> claims, UnitOfWork unitOfWork, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ready = new List<Claim>(claims.Count);
        foreach (var same in claims.GroupBy(claim => claim.Variant))
        {
            ready.AddRange(await ApplyAsync(campaign.For(same.Key).Template.Needs, campaign, chunk, [.. same], unitOfWork, now, cancellationToken));
        }

        return ready;
    }

    private static async Task<IReadOnlyList<Claim>> ApplyAsync(
        TemplateNeeds needs, SendingCampaign campaign, SendChunk chunk, IReadOnlyList<Claim> claims, UnitOfWork unitOfWork, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!needs.Lookups || claims.Count == 0) return claims;

        var codes = claims.ToDictionary(claim => claim.DeliveryId, _ => new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var pool in needs.Coupons)
        {
            var given = await CouponAssignment.AssignAsync(pool, campaign.Id, claims, unitOfWork, now, cancellationToken);
            foreach (var (delivery, code) in given) codes[delivery][pool] = code;
            var without = claims.Where(claim => !given.ContainsKey(claim.DeliveryId)).Select(claim => claim.DeliveryId).ToArray();
            if (without.Length == 0) continue;
            await GiveUpAsync(pool, chunk, without, unitOfWork, now, cancellationToken);
            claims = [.. claims.Where(claim => given.ContainsKey(claim.DeliveryId))];
            if (claims.Count == 0) return claims;
        }

        var extras = await RecipientLookups.LoadAsync(needs, [.. claims.Select(claim => claim.Recipient.CustomerId)], now, unitOfWork, cancellationToken);
        return
        [
            .. claims.Select(claim => claim with
            {
                Recipient = claim.Recipient with { Extras = extras[claim.Recipient.CustomerId] with { Coupons = codes[claim.DeliveryId] } },
            }),
        ];
    }

    /// <summary>Without a code no message: skipped, or planned again for when there may be more, as the pool says.</summary>
    private static Task<int> GiveUpAsync(string pool, SendChunk chunk, Guid[] deliveries, UnitOfWork unitOfWork, DateTimeOffset now, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            """
            WITH pool AS (SELECT when_empty = 'wait' AND valid_until > @now AS waits FROM coupon_pools WHERE name = @pool),
            given_up AS (
                UPDATE deliveries d SET state = CASE WHEN pool.waits THEN 'planned' ELSE 'skipped' END, reason = CASE WHEN pool.waits THEN NULL ELSE 'no_coupon' END,
                    not_before = CASE WHEN pool.waits THEN @again ELSE d.not_before END, attempts = d.attempts - 1
                FROM pool WHERE d.delivery_id = ANY(@deliveries) RETURNING d.state),
            returned AS ( -- of other pools, given a moment ago for the message that is not sent now
                UPDATE coupon_codes SET delivery_id = NULL, customer_id = NULL, campaign_id = NULL, assigned_at = NULL
                WHERE delivery_id = ANY(@deliveries) AND assigned_at = @now AND redeemed_at IS NULL)
            UPDATE chunks SET skipped = skipped + (SELECT count(*) FROM given_up WHERE state = 'skipped') WHERE campaign_id = @CampaignId AND seq = @Chunk
            """,
            new { pool, deliveries, now, again = now + CouponWait, chunk.CampaignId, chunk.Chunk },
            cancellationToken);
}

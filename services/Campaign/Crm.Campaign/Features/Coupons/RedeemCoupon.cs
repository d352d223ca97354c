using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Coupons;

/// <param name="Reference">The till's own number of the sale.</param>
public sealed record RedeemCouponRequest([property: Required, StringLength(60, MinimumLength = 1)] string Code, [property: StringLength(200)] string? Reference = null);

/// <param name="CustomerId">Whom it was given to; not necessarily who stands at the till.</param>
public sealed record RedeemedCoupon(
    string Code, string Pool, string WorthId, string WorthEn, Guid CustomerId, Guid? CampaignId, DateTimeOffset RedeemedAt, string? Reference);

/// <summary>For the till. One statement decides, so that of any number of attempts at once exactly one succeeds.</summary>
internal static class RedeemCoupon
{
    private static readonly string[] Tills = [Roles.Integration, Roles.ServiceAgent, Roles.ServiceSupervisor, Roles.SalesRep, Roles.SalesManager];

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/coupon-redemptions", async (RedeemCouponRequest request, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, time, actor, cancellationToken)).ToOk())
            .WithName("RedeemCoupon").WithSummary("Uses up a coupon").AllowRoles(Tills);

    private static async Task<Result<RedeemedCoupon>> HandleAsync(
        RedeemCouponRequest request, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var (code, now) = (CouponCode.Normalised(request.Code), time.GetUtcNow());
        var redeemed = await unitOfWork.QuerySingleOrDefaultAsync<RedeemedCoupon>(
            """
            UPDATE coupon_codes k SET redeemed_at = @now, redeemed_by = @by, reference = @Reference
            FROM coupon_pools p
            WHERE k.code = @code AND p.id = k.pool_id AND k.redeemed_at IS NULL AND k.delivery_id IS NOT NULL AND p.valid_from <= @now AND p.valid_until > @now
            RETURNING k.code, p.name AS pool, p.worth_id, p.worth_en, k.customer_id, k.campaign_id, k.redeemed_at, k.reference
            """,
            new { code, now, request.Reference, by = actor.Required.Subject },
            cancellationToken);
        return redeemed is not null ? redeemed : await WhyNotAsync(code, now, unitOfWork, cancellationToken);
    }

    private static async Task<Error> WhyNotAsync(string code, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var found = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT k.redeemed_at IS NOT NULL AS redeemed, k.delivery_id IS NOT NULL AS issued, p.valid_from, p.valid_until
            FROM coupon_codes k JOIN coupon_pools p ON p.id = k.pool_id WHERE k.code = @code
            """,
            new { code },
            cancellationToken);
        if (found is not null)
        {
            return found.Redeemed ? CouponErrors.Redeemed : !found.Issued ? CouponErrors.NotIssued : found.ValidFrom > now ? CouponErrors.NotYet : CouponErrors.Expired;
        }

        var patterns = await unitOfWork.QueryAsync<string>("SELECT DISTINCT unnest(patterns) FROM coupon_pools", null, cancellationToken);
        return patterns.Any(pattern => CouponCode.Match(pattern, code) == CouponMatch.Mistyped) ? CouponErrors.Mistyped : CouponErrors.Unknown;
    }

    private sealed record Row(bool Redeemed, bool Issued, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil);
}

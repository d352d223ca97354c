using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Coupons;

/// <summary>The name stays: templates know the pool by it.</summary>
internal static class ChangeCouponPool
{
    private static readonly Error NameFixed = Error.Conflict("campaign.coupon_pool_name_fixed", "Templates know the pool by its name; make another one.", "name");

    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/coupon-pools/{id:guid}", async (Guid id, CouponPoolRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeCouponPool").WithSummary("Changes worth, validity and what happens when no code is left").AllowRoles(Roles.Marketing);

    private static async Task<Result<CouponPoolResponse>> HandleAsync(
        Guid id, CouponPoolRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Check() is { } wrong) return wrong;
        if (await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } pool) return CouponErrors.PoolNotFound;
        if (pool.Name != request.Name) return NameFixed;
        var changed = await unitOfWork.ExecuteAsync(
            """
            UPDATE coupon_pools SET version = version + 1, worth_id = @WorthId, worth_en = @WorthEn, valid_from = @validFrom, valid_until = @validUntil,
                when_empty = @WhenEmpty, cost = @Cost, cost_currency = @CostCurrency, changed_at = @now
            WHERE id = @id AND version = @Version
            """,
            new
            {
                id, ifMatch.Version, request.WorthId, request.WorthEn, request.WhenEmpty, request.Cost, request.CostCurrency, validFrom = request.ValidFrom.ToUniversalTime(),
                validUntil = request.ValidUntil.ToUniversalTime(), now = time.GetUtcNow(),
            },
            cancellationToken);
        return changed == 0 ? CampaignErrors.Stale : (await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken))!;
    }
}

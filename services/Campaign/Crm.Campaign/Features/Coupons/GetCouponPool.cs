using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Coupons;

internal static class GetCouponPool
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/coupon-pools/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCouponPool").WithSummary("With the numbers of codes free, given and redeemed").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<CouponPoolResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken) is { } pool ? pool : CouponErrors.PoolNotFound;
}

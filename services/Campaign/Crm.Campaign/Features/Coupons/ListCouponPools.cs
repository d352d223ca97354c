using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Coupons;

internal static class ListCouponPools
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/coupon-pools", HandleAsync).WithName("ListCouponPools").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<CouponPoolResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        // The page first: codes are counted for the pools shown only.
        var rows = await unitOfWork.QueryAsync<CouponPoolResponse>(
            $"""
            SELECT {CouponPoolResponse.Columns} FROM {CouponPoolResponse.Tables}
            WHERE p.id IN (SELECT id FROM coupon_pools WHERE @before::uuid IS NULL OR id < @before ORDER BY id DESC LIMIT @limit + 1) ORDER BY p.id DESC
            """,
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<CouponPoolResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Coupons;

internal static class CreateCouponPool
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/coupon-pools", async (CouponPoolRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(pool => $"/api/campaign/v1/coupon-pools/{pool.Id}"))
            .WithName("CreateCouponPool").WithSummary("A pool without codes").AllowRoles(Roles.Marketing);

    private static async Task<Result<CouponPoolResponse>> HandleAsync(
        CouponPoolRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (request.Check() is { } wrong) return wrong;
        var id = ids.Next();
        var created = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO coupon_pools (id, version, name, worth_id, worth_en, valid_from, valid_until, when_empty, cost, cost_currency, created_by, created_at, changed_at)
            VALUES (@id, 1, @Name, @WorthId, @WorthEn, @validFrom, @validUntil, @WhenEmpty, @Cost, @CostCurrency, @createdBy, @now, @now) ON CONFLICT (name) DO NOTHING
            """,
            new
            {
                id, request.Name, request.WorthId, request.WorthEn, request.WhenEmpty, request.Cost, request.CostCurrency, validFrom = request.ValidFrom.ToUniversalTime(),
                validUntil = request.ValidUntil.ToUniversalTime(), createdBy = actor.Required.Subject, now = time.GetUtcNow(),
            },
            cancellationToken);
        return created == 0 ? CouponErrors.PoolExists : (await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken))!;
    }
}

using Crm.Loyalty.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Points;

/// <summary>What a member can spend, or owes.</summary>
internal static class GetBalance
{
    /// <param name="Debt">Points owed for returned goods; the next ones earned settle it.</param>
    /// <param name="LifetimePoints">Earned, less what returns took back.</param>
    public sealed record Response(Guid MemberId, long Available, long Debt, long LifetimePoints, long Version) : IVersioned;

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/members/{id:guid}/balance", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetBalance")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<Response>(
            "SELECT id AS member_id, available, debt, lifetime_points, version FROM members WHERE id = @id", new { id }, cancellationToken)
        is { } balance ? balance : LoyaltyErrors.MemberNotFound;
}

using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.GlobalHoldouts;

internal static class EndGlobalHoldout
{
    private static readonly Error NotFound = Error.NotFound("campaign.holdout_not_found", "There is no such global hold-out.");

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/global-holdouts/{id:guid}/end", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("EndGlobalHoldout").WithSummary("Everybody is written to again").AllowRoles(GlobalHoldoutResponse.Writers);

    /// <summary>One that is over stays as it was.</summary>
    private static async Task<Result<GlobalHoldoutResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var ended = await unitOfWork.QuerySingleOrDefaultAsync<GlobalHoldoutResponse>(
            $"""
            UPDATE global_holdouts SET ends_at = least(ends_at, greatest(starts_at, @now)) WHERE id = @id RETURNING {GlobalHoldoutResponse.Columns}
            """,
            new { id, now = time.GetUtcNow() },
            cancellationToken);
        return ended is not null ? ended : NotFound;
    }
}

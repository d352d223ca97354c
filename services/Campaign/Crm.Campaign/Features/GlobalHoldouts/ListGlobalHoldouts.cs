using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.GlobalHoldouts;

internal static class ListGlobalHoldouts
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/global-holdouts", HandleAsync).WithName("ListGlobalHoldouts").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<GlobalHoldoutResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<GlobalHoldoutResponse>(
            $"SELECT {GlobalHoldoutResponse.Columns} FROM global_holdouts WHERE (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<GlobalHoldoutResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

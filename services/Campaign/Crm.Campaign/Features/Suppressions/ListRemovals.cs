using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Suppressions;

internal static class ListRemovals
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/suppression-removals", HandleAsync).WithName("ListSuppressionRemovals").WithSummary("Who took whom off the list and why, newest first")
            .AllowRoles([.. Roles.Marketing, Roles.Ops]);

    private static async Task<Ok<Page<RemovalResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<RemovalResponse>(
            $"SELECT {RemovalResponse.Columns} FROM suppression_removals WHERE (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<RemovalResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

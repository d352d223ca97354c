using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Lists;

internal static class ListLists
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/lists", HandleAsync).WithName("ListLists").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<ListResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ListResponse>(
            ListResponse.Select + " WHERE (@before::uuid IS NULL OR l.id < @before) ORDER BY l.id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ListResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.CallLists;

/// <param name="Id">Also the campaign's.</param>
public sealed record ListedCallList(Guid Id, string Campaign, string CampaignState, long Total, long Done);

internal static class ListCallLists
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/call-lists", HandleAsync).WithName("ListCallLists").WithSummary("Campaigns by phone that were launched, newest first").AllowRoles(CallRights.Readers);

    private static async Task<Ok<Page<ListedCallList>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ListedCallList>(
            """
            SELECT c.id, c.name AS campaign, c.state AS campaign_state, t.total, t.done FROM campaigns c
            CROSS JOIN LATERAL (SELECT count(*) AS total, count(*) FILTER (WHERE state IN ('done', 'closed')) AS done FROM call_tasks WHERE campaign_id = c.id) t
            WHERE c.channel = 'phone' AND c.state <> 'draft' AND (@before::uuid IS NULL OR c.id < @before) ORDER BY c.id DESC LIMIT @limit + 1
            """,
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ListedCallList>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

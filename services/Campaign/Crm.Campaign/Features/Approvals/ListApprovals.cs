using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Approvals;

internal static class ListApprovals
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/campaigns/{id:guid}/approvals", (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                HandleAsync("a.campaign_id = @id", id, page, unitOfWork, cancellationToken))
            .WithName("ListCampaignApprovals").WithSummary("Requests and decisions about a campaign, newest first").AllowRoles(MarketingRights.Readers);
        api.MapGet("/approvals", (PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                HandleAsync("a.state = 'requested' AND c.state IN ('draft', 'scheduled')", null, page, unitOfWork, cancellationToken))
            .WithName("ListOpenApprovals").WithSummary("What waits for an approver, newest first").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Ok<Page<ApprovalResponse>>> HandleAsync(
        string condition, Guid? id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ApprovalRow>(
            $"{ApprovalRow.Select} WHERE {condition} AND (@before::uuid IS NULL OR a.id < @before) ORDER BY a.id DESC LIMIT @limit + 1",
            new { id, before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ApprovalResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

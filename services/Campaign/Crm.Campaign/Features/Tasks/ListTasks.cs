using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Tasks;

/// <summary>Of one campaign, in the order of their making; or of all, what is due first.</summary>
internal static class ListTasks
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/campaigns/{id:guid}/tasks", OfCampaignAsync)
            .WithName("ListCampaignTasks").WithSummary("The checklist of a campaign").AllowRoles(MarketingRights.Readers);
        api.MapGet("/tasks", OpenAsync)
            .WithName("ListOpenTasks").WithSummary("Open tasks of all campaigns by their day; of one assignee, or overdue only").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Ok<Page<TaskResponse>>> OfCampaignAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<TaskResponse>(
            $"{TaskResponse.Select} WHERE t.campaign_id = @id AND (@after::uuid IS NULL OR t.id > @after) ORDER BY t.id LIMIT @limit + 1",
            new { id, after = page.After<CampaignKey>()?.Id, limit = page.Limit, today = TaskErrors.Today(time) },
            cancellationToken);
        return TypedResults.Ok(Page<TaskResponse>.From(rows, page.Limit, row => new CampaignKey(row.Id)));
    }

    /// <param name="assignee">Subject; absent: everybody's.</param>
    private static async Task<Ok<Page<TaskResponse>>> OpenAsync(
        PageRequest page, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken, string? assignee = null, bool overdue = false)
    {
        var after = page.After<DueKey>();
        var rows = await unitOfWork.QueryAsync<TaskResponse>(
            $"""
            {TaskResponse.Select}
            WHERE t.state = 'open' AND (@assignee::text IS NULL OR t.assignee = @assignee) AND (NOT @overdue OR t.due_on < @today)
                AND (@afterId::uuid IS NULL OR (coalesce(t.due_on, 'infinity'::date), t.id) > (coalesce(@afterDue::date, 'infinity'::date), @afterId))
            ORDER BY coalesce(t.due_on, 'infinity'::date), t.id LIMIT @limit + 1
            """,
            new { assignee, overdue, afterDue = after?.DueOn, afterId = after?.Id, limit = page.Limit, today = TaskErrors.Today(time) },
            cancellationToken);
        return TypedResults.Ok(Page<TaskResponse>.From(rows, page.Limit, row => new DueKey(row.DueOn, row.Id)));
    }

    private sealed record CampaignKey(Guid Id);

    private sealed record DueKey(DateOnly? DueOn, Guid Id);
}

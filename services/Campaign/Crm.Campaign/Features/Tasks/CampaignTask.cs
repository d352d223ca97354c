using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;

namespace Crm.Campaign.Features.Tasks;

/// <param name="State">open, done, dropped.</param>
/// <param name="Assignee">Subject of whoever does it.</param>
/// <param name="Overdue">Open, and its day is over everywhere.</param>
public sealed record TaskResponse(
    Guid Id, long Version, Guid CampaignId, string CampaignName, string Title, string? Assignee, DateOnly? DueOn, string State, bool Overdue,
    string? ClosedBy, DateTimeOffset? ClosedAt, string CreatedBy, DateTimeOffset CreatedAt) : IVersioned
{
    /// <summary>Tasks <c>t</c> of campaigns <c>c</c> as of @today; a condition follows.</summary>
    internal const string Select =
        """
        SELECT t.id, t.version, t.campaign_id, c.name AS campaign_name, t.title, t.assignee, t.due_on, t.state,
            (t.state = 'open' AND coalesce(t.due_on < @today, false)) AS overdue, t.closed_by, t.closed_at, t.created_by, t.created_at
        FROM campaign_tasks t JOIN campaigns c ON c.id = t.campaign_id
        """;
}

internal static class TaskErrors
{
    public static readonly Error NotFound = Error.NotFound("campaign.task_not_found", "There is no such task.");
    public static readonly Error ChecklistNotFound = Error.Unprocessable("campaign.unknown_checklist", "There is no such checklist.", "checklistId");
    public static readonly Error UnknownTask = Error.Unprocessable("campaign.unknown_task", "The campaign has no such task.", "taskId");

    /// <summary>The earliest day that it is anywhere (UTC-12): a task is overdue when its day is over for everybody.</summary>
    public static DateOnly Today(TimeProvider time) => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime.AddHours(-12));
}

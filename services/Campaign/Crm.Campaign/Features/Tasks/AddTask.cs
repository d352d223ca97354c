using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Tasks;

public sealed record TaskRequest(
    [property: Required, StringLength(500, MinimumLength = 1)] string Title,
    [property: StringLength(200, MinimumLength = 1)] string? Assignee = null,
    DateOnly? DueOn = null);

public sealed record ChecklistUse(Guid ChecklistId);

/// <param name="Tasks">All that were added.</param>
public sealed record AddedTasks(IReadOnlyList<TaskResponse> Tasks);

/// <summary>One task, or those of a checklist with their days counted back from the planned launch.</summary>
internal static class AddTask
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/campaigns/{id:guid}/tasks", async (Guid id, TaskRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await AddAsync(id, [new Item(request.Title, request.Assignee, request.DueOn)], unitOfWork, ids, time, actor.Required, cancellationToken))
                .ToCreated(_ => $"/api/campaign/v1/campaigns/{id}/tasks"))
            .WithName("AddCampaignTask").WithSummary("Something to be done for a campaign").AllowRoles(Roles.Marketing);
        api.MapPost("/campaigns/{id:guid}/tasks/from-checklist", async (Guid id, ChecklistUse request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await FromChecklistAsync(id, request.ChecklistId, unitOfWork, ids, time, actor.Required, cancellationToken))
                .ToCreated(_ => $"/api/campaign/v1/campaigns/{id}/tasks"))
            .WithName("AddTasksFromChecklist").WithSummary("The tasks of a checklist, due before the planned launch").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<AddedTasks>> FromChecklistAsync(
        Guid id, Guid checklistId, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var items = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT items::text FROM task_checklists WHERE id = @checklistId", new { checklistId }, cancellationToken);
        if (items is null) return TaskErrors.ChecklistNotFound;
        var launch = await unitOfWork.QuerySingleOrDefaultAsync<LaunchDay>(
            "SELECT (launch_at AT TIME ZONE coalesce(launch_zone, 'UTC'))::date AS day FROM campaign_plans WHERE campaign_id = @id", new { id }, cancellationToken);
        var tasks = JsonSerializer.Deserialize<ChecklistItem[]>(items, JsonSerializerOptions.Web)!
            .Select(item => new Item(item.Title, item.Assignee, item.DaysBeforeLaunch is { } days ? launch?.Day?.AddDays(-days) : null));
        return await AddAsync(id, [.. tasks], unitOfWork, ids, time, actor, cancellationToken);
    }

    private static async Task<Result<AddedTasks>> AddAsync(
        Guid id, IReadOnlyList<Item> items, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var known = await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = @id)", new { id }, cancellationToken);
        if (!known) return CampaignErrors.CampaignNotFound;
        var added = new List<Guid>();
        foreach (var item in items)
        {
            added.Add(ids.Next());
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO campaign_tasks (id, version, campaign_id, title, assignee, due_on, state, created_by, created_at)
                VALUES (@taskId, 1, @id, @Title, @Assignee, @DueOn, 'open', @Subject, @now)
                """,
                new { taskId = added[^1], id, item.Title, item.Assignee, item.DueOn, actor.Subject, now = time.GetUtcNow() },
                cancellationToken);
        }

        return new AddedTasks(await unitOfWork.QueryAsync<TaskResponse>(
            $"{TaskResponse.Select} WHERE t.id = ANY(@added) ORDER BY t.id", new { added = added.ToArray(), today = TaskErrors.Today(time) }, cancellationToken));
    }

    private sealed record Item(string Title, string? Assignee, DateOnly? DueOn);

    private sealed record LaunchDay(DateOnly? Day);
}

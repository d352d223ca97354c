using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Tasks;

public sealed record TaskChange(
    [property: Required, StringLength(500, MinimumLength = 1)] string Title,
    [property: Required, RegularExpression("open|done|dropped", ErrorMessage = "A task is open, done or dropped.")] string State,
    [property: StringLength(200, MinimumLength = 1)] string? Assignee = null,
    DateOnly? DueOn = null);

internal static class ChangeTask
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/tasks/{id:guid}", async (Guid id, TaskChange request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("ChangeTask").WithSummary("Replaces title, assignee, day and state").AllowRoles(Roles.Marketing);

    private static async Task<Result<TaskResponse>> HandleAsync(
        Guid id, TaskChange request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.ExecuteAsync(
            """
            UPDATE campaign_tasks SET version = version + 1, title = @Title, assignee = @Assignee, due_on = @DueOn, state = @State,
                closed_by = CASE WHEN @State = 'open' THEN NULL WHEN state = @State THEN closed_by ELSE @Subject END,
                closed_at = CASE WHEN @State = 'open' THEN NULL WHEN state = @State THEN closed_at ELSE @now END
            WHERE id = @id AND version = @Version
            """,
            new { id, ifMatch.Version, request.Title, request.Assignee, request.DueOn, request.State, actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        var task = await unitOfWork.QuerySingleOrDefaultAsync<TaskResponse>($"{TaskResponse.Select} WHERE t.id = @id", new { id, today = TaskErrors.Today(time) }, cancellationToken);
        return task is null ? TaskErrors.NotFound : changed == 0 ? CampaignErrors.Stale : task;
    }
}

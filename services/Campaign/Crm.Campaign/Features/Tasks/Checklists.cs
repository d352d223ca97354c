using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Tasks;

/// <param name="DaysBeforeLaunch">When it is due; null: whenever.</param>
public sealed record ChecklistItem(
    [property: Required, StringLength(500, MinimumLength = 1)] string Title,
    [property: StringLength(200, MinimumLength = 1)] string? Assignee = null,
    [property: Range(-365, 365)] int? DaysBeforeLaunch = null);

public sealed record ChecklistRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name, [property: Required, MinLength(1), MaxLength(100)] ChecklistItem[] Items);

public sealed record ChecklistResponse(Guid Id, long Version, string Name, IReadOnlyList<ChecklistItem> Items, string CreatedBy) : IVersioned;

/// <summary>Lists of tasks that campaigns begin with.</summary>
internal static class Checklists
{
    private const string Columns = "id, version, name, items::text AS items, created_by";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/task-checklists", async (ChecklistRequest request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await CreateAsync(request, unitOfWork, ids, actor.Required, cancellationToken)).ToCreated(_ => "/api/campaign/v1/task-checklists"))
            .WithName("CreateTaskChecklist").WithSummary("Tasks that campaigns begin with").AllowRoles(Roles.Marketing);
        api.MapGet("/task-checklists", ListAsync).WithName("ListTaskChecklists").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Result<ChecklistResponse>> CreateAsync(ChecklistRequest request, UnitOfWork unitOfWork, Ids ids, Actor actor, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"INSERT INTO task_checklists (id, version, name, items, created_by) VALUES (@id, 1, @Name, @items::jsonb, @Subject) RETURNING {Columns}",
            new { id = ids.Next(), request.Name, items = JsonSerializer.Serialize(request.Items, JsonSerializerOptions.Web), actor.Subject },
            cancellationToken);
        return row!.ToResponse();
    }

    private static async Task<Ok<Page<ChecklistResponse>>> ListAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            $"SELECT {Columns} FROM task_checklists WHERE (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ChecklistResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record Row(Guid Id, long Version, string Name, string Items, string CreatedBy)
    {
        public ChecklistResponse ToResponse() => new(Id, Version, Name, JsonSerializer.Deserialize<ChecklistItem[]>(Items, JsonSerializerOptions.Web)!, CreatedBy);
    }

    private sealed record CursorKey(Guid Id);
}

using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Interactions;

/// <summary>What was agreed with a customer and which departments have to do what for it. It is fulfilled when no task is open any more.</summary>
internal static class Agreements
{
    private static readonly IReadOnlyList<string> TaskStates = ["open", "done", "dropped"];
    private const int MaxTasks = 50;

    internal sealed record Request(string Title, IReadOnlyList<TaskRequest> Tasks, string? Body = null);

    internal sealed record TaskRequest(string Unit, string Title, string? Assignee = null, DateOnly? DueOn = null);

    internal sealed record ChangeTaskRequest(string State, string? Assignee = null);

    internal sealed record Response(Guid Id, string Title, string? Body, string State, string AgreedBy, DateTimeOffset AgreedAt, IReadOnlyList<TaskItem> Tasks) : IKeptInPart
    {
        object IKeptInPart.Kept => this with { Body = null };
    }

    internal sealed class TaskItem : IVersioned
    {
        public Guid Id { get; init; }
        public Guid AgreementId { get; init; }
        public Guid CustomerId { get; init; }
        public long Version { get; init; }
        public string Unit { get; init; } = "";
        public string Title { get; init; } = "";
        public string? Assignee { get; init; }
        public DateOnly? DueOn { get; init; }
        public string State { get; init; } = "";
        public string? ClosedBy { get; init; }
        public DateTimeOffset? ClosedAt { get; init; }
    }

    private sealed class Row
    {
        public Guid Id { get; init; }
        public string Title { get; init; } = "";
        public string? Body { get; set; }
        public string State { get; init; } = "";
        public string AgreedBy { get; init; } = "";
        public DateTimeOffset AgreedAt { get; init; }
    }

    private sealed record Position(Guid Id);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/agreements", async (Guid id, PageRequest page, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync(id, page, keys, unitOfWork, cancellationToken)))
            .WithName("ListAgreements").AllowRoles(Roles.Staff);
        api.MapPost("/customers/{id:guid}/agreements", async (
                Guid id, Request request, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await AddAsync(id, request, store, timeline, keys, unitOfWork, actor.Required, ids, time, cancellationToken)).ToCreated(agreement => $"/api/customer/v1/customers/{id}/agreements/{agreement.Id}"))
            .WithName("AddAgreement").AllowRoles(Roles.CustomerEditors);
        api.MapGet("/agreement-tasks", async (string unit, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await OpenTasksAsync(unit, page, unitOfWork, cancellationToken)))
            .WithName("ListOpenAgreementTasks").AllowRoles(Roles.Staff);
        api.MapPut("/agreement-tasks/{taskId:guid}", async (
                Guid taskId, ChangeTaskRequest request, IfMatch ifMatch, Timeline timeline, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await ChangeTaskAsync(taskId, request, ifMatch.Version, timeline, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
            .WithName("ChangeAgreementTask").AllowRoles(Roles.CustomerEditors);
    }

    private const string Tasks =
        """
        SELECT t.id, t.agreement_id, a.customer_id, t.version, t.unit, t.title, t.assignee, t.due_on, t.state, t.closed_by, t.closed_at
        FROM agreement_tasks t JOIN agreements a ON a.id = t.agreement_id
        """;

    private static async Task<Page<Response>> ListAsync(Guid id, PageRequest page, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            "SELECT id, title, body, state, agreed_by, agreed_at FROM agreements WHERE customer_id = @id AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit",
            new { id, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
            cancellationToken);
        var tasks = await unitOfWork.QueryAsync<TaskItem>(Tasks + " WHERE t.agreement_id = ANY(@ids) ORDER BY t.id", new { ids = rows.Select(row => row.Id).ToArray() }, cancellationToken);
        var open = keys.Open();
        foreach (var row in rows) row.Body = await open.TextAsync(row.Body, row.Id, "body", cancellationToken);
        return Page<Response>.From(
            [.. rows.Select(row => new Response(row.Id, row.Title, row.Body, row.State, row.AgreedBy, row.AgreedAt, [.. tasks.Where(task => task.AgreementId == row.Id)]))],
            page.Limit,
            row => new Position(row.Id));
    }

    /// <summary>What a unit still has to do, the most urgent first.</summary>
    private static async Task<Page<TaskItem>> OpenTasksAsync(string unit, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<TaskPosition>();
        var rows = await unitOfWork.QueryAsync<TaskItem>(
            Tasks + """
             WHERE t.state = 'open' AND t.unit = @unit AND (@afterId::uuid IS NULL OR (coalesce(t.due_on, 'infinity'), t.id) > (coalesce(@afterDue::date, 'infinity'), @afterId))
            ORDER BY coalesce(t.due_on, 'infinity'), t.id LIMIT @limit
            """,
            new { unit, afterId = after?.Id, afterDue = after?.DueOn, limit = page.Limit + 1 },
            cancellationToken);
        return Page<TaskItem>.From(rows, page.Limit, row => new TaskPosition(row.DueOn, row.Id));
    }

    private sealed record TaskPosition(DateOnly? DueOn, Guid Id);

    private static async Task<Result<Response>> AddAsync(
        Guid id, Request request, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var (title, body) = (check.Required(request.Title, "title", 200), check.Text(request.Body, "body", 4000));
        if (request.Tasks.Count is 0 or > MaxTasks) check.Fail(CustomerErrors.TooManyFields("tasks", MaxTasks));
        var tasks = request.Tasks.Take(MaxTasks).Select((task, i) => new
        {
            Id = ids.Next(), Unit = check.Required(task.Unit, $"tasks[{i}].unit", 100), Title = check.Required(task.Title, $"tasks[{i}].title", 200),
            Assignee = check.Text(task.Assignee, $"tasks[{i}].assignee", 100), task.DueOn,
        }).ToList();
        if (check.Error is { } error) return error;
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;

        var (agreementId, now) = (ids.Next(), time.GetUtcNow());
        if (body is not null) body = await keys.SealAsync(id, agreementId, "body", body, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO agreements (id, customer_id, title, body, state, agreed_by, agreed_at) VALUES (@agreementId, @id, @title, @body, 'open', @Name, @now);
            INSERT INTO agreement_tasks (id, agreement_id, unit, title, assignee, due_on, state)
            SELECT t.id, @agreementId, t.unit, t.title, t.assignee, t."dueOn", 'open'
            FROM jsonb_to_recordset(@tasks::jsonb) AS t (id uuid, unit text, title text, assignee text, "dueOn" date)
            """,
            new { agreementId, id, title, body, actor.Name, now, tasks = JsonSerializer.Serialize(tasks, JsonSerializerOptions.Web) },
            cancellationToken);
        await timeline.AppendAsync(
            [TimelineEntry.Of(id, now, "agreement.made", agreementId.ToString(), "customer", $"agreement:{agreementId}", ("title", title), ("units", string.Join(", ", tasks.Select(task => task.Unit).Distinct())), ("author", actor.Name))],
            cancellationToken);
        return (await ListAsync(await store.CurrentIdAsync(id, cancellationToken), new PageRequest(1, null), keys, unitOfWork, cancellationToken)).Items[0];
    }

    private static async Task<Result<TaskItem>> ChangeTaskAsync(
        Guid taskId, ChangeTaskRequest request, long version, Timeline timeline, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var (state, assignee) = (check.OneOf(request.State, "state", TaskStates), check.Text(request.Assignee, "assignee", 100));
        if (check.Error is { } error) return error;
        // The agreement first: two tasks that are closed at once must not both think that the other is still open.
        var agreement = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            "SELECT id, title, state FROM agreements WHERE id = (SELECT agreement_id FROM agreement_tasks WHERE id = @taskId) FOR UPDATE", new { taskId }, cancellationToken);
        if (agreement is null) return CustomerErrors.TaskNotFound;
        var now = time.GetUtcNow();
        var changed = await unitOfWork.ExecuteAsync(
            """
            UPDATE agreement_tasks SET version = version + 1, state = @state, assignee = coalesce(@assignee, assignee),
                closed_by = CASE WHEN @state <> 'open' THEN @Name END, closed_at = CASE WHEN @state <> 'open' THEN @now::timestamptz END
            WHERE id = @taskId AND version = @version
            """,
            new { taskId, version, state, assignee, actor.Name, now },
            cancellationToken);
        if (changed == 0) return CustomerErrors.RecordStale;
        var task = (await unitOfWork.QuerySingleOrDefaultAsync<TaskItem>(Tasks + " WHERE t.id = @taskId", new { taskId }, cancellationToken))!;
        var agreementState = await unitOfWork.QuerySingleOrDefaultAsync<string>(
            """
            UPDATE agreements SET state = CASE WHEN EXISTS (SELECT FROM agreement_tasks WHERE agreement_id = @Id AND state = 'open') THEN 'open' ELSE 'fulfilled' END
            WHERE id = @Id RETURNING state
            """,
            new { agreement.Id },
            cancellationToken);
        var entries = new List<TimelineEntry>
        {
            TimelineEntry.Of(task.CustomerId, now, "agreement.task_" + state, $"{taskId}:{task.Version}", "customer", $"agreement:{agreement.Id}", ("title", task.Title), ("unit", task.Unit), ("author", actor.Name)),
        };
        if (agreementState == "fulfilled" && agreement.State != "fulfilled")
        {
            entries.Add(TimelineEntry.Of(task.CustomerId, now, "agreement.fulfilled", $"{agreement.Id}:{taskId}:{task.Version}", "customer", $"agreement:{agreement.Id}", ("title", agreement.Title)));
        }

        await timeline.AppendAsync(entries, cancellationToken);
        return task;
    }
}

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

/// <summary>Calls, meetings and mails with a customer: planned, then held or not. Each step is an entry of the timeline.</summary>
internal static class Activities
{
    private static readonly IReadOnlyList<string> Kinds = ["call", "meeting", "email", "message", "visit"];
    private static readonly IReadOnlyList<string> Statuses = ["planned", "held", "notHeld"];
    private static readonly IReadOnlyList<string> Directions = ["inbound", "outbound"];
    private static readonly IReadOnlyList<string> PartyRoles = ["from", "to", "cc", "organiser", "required", "optional", "regarding"];

    internal sealed record Party(string Name, string Role, string? Address = null);

    internal sealed record Request(
        string Kind, string Subject, DateTimeOffset StartsAt, string Status = "held", string? Body = null, string? Direction = null, IReadOnlyList<Party>? Parties = null,
        IReadOnlyList<string>? Mentions = null, string? Visibility = null);

    internal sealed record StatusRequest(string Status, string? Body = null);

    internal sealed record Response : IVersioned, IKeptInPart
    {
        public Guid Id { get; init; }
        public Guid CustomerId { get; init; }
        public long Version { get; init; }
        public string Kind { get; init; } = "";
        public string Status { get; init; } = "";
        public string Subject { get; init; } = "";
        public string? Body { get; set; }
        public string? Direction { get; init; }
        public DateTimeOffset StartsAt { get; init; }
        public string OwnerName { get; init; } = "";

        object IKeptInPart.Kept => this with { Body = null };
    }

    private sealed record Position(Guid Id);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/activities", async (Guid id, PageRequest page, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync(id, page, actor.Required, keys, unitOfWork, cancellationToken)))
            .WithName("ListActivities").AllowRoles(Roles.Staff);
        api.MapPost("/customers/{id:guid}/activities", async (
                Guid id, Request request, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await AddAsync(id, request, store, timeline, keys, unitOfWork, actor.Required, ids, time, cancellationToken)).ToCreated(activity => $"/api/customer/v1/customers/{id}/activities/{activity.Id}"))
            .WithName("AddActivity").AllowRoles(Roles.CustomerEditors);
        api.MapPut("/customers/{id:guid}/activities/{activityId:guid}/status", async (
                Guid id, Guid activityId, StatusRequest request, IfMatch ifMatch, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await ChangeAsync(id, activityId, request, ifMatch.Version, timeline, keys, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
            .WithName("ChangeActivityStatus").AllowRoles(Roles.CustomerEditors);
    }

    private const string Columns = "id, customer_id, version, kind, status, subject, body, direction, starts_at, owner_name";

    private static async Task<Page<Response>> ListAsync(Guid id, PageRequest page, Actor reader, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Response>(
            $"SELECT {Columns} FROM activities WHERE customer_id = @id AND (@after::uuid IS NULL OR id < @after) AND {GetTimeline.VisibleTo} ORDER BY id DESC LIMIT @limit",
            new { id, after = page.After<Position>()?.Id, limit = page.Limit + 1, unit = "unit:" + reader.Unit, user = "user:" + reader.Subject },
            cancellationToken);
        await OpenAsync(rows, keys, cancellationToken);
        return Page<Response>.From(rows, page.Limit, row => new Position(row.Id));
    }

    private static async Task OpenAsync(IReadOnlyList<Response> rows, SubjectKeys keys, CancellationToken cancellationToken)
    {
        var open = keys.Open();
        foreach (var row in rows) row.Body = await open.TextAsync(row.Body, row.Id, "body", cancellationToken);
    }

    private static async Task<Result<Response>> AddAsync(
        Guid id, Request request, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var (kind, status) = (check.OneOf(request.Kind, "kind", Kinds), check.OneOf(request.Status, "status", Statuses));
        var (subject, body) = (check.Required(request.Subject, "subject", 200), Block(request.Body, check));
        var direction = request.Direction is null ? null : check.OneOf(request.Direction, "direction", Directions);
        var visibility = EntryVisibility.From(request.Visibility, actor, check);
        var mentions = check.List(request.Mentions, "mentions", Mentions.Most, 100);
        if (request.Parties?.Count > 50) check.Fail(CustomerErrors.TooManyFields("parties", 50));
        Party[] parties = [.. (request.Parties ?? []).Take(50).Select((party, i) => new Party(
            check.Required(party.Name, $"parties[{i}].name", 200), check.OneOf(party.Role, $"parties[{i}].role", PartyRoles), check.Text(party.Address, $"parties[{i}].address", 254)))];
        if (check.Error is { } error) return error;
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;

        var activityId = ids.Next();
        if (body is not null) body = await keys.SealAsync(id, activityId, "body", body, cancellationToken);
        var rows = await unitOfWork.QueryAsync<Response>(
            $"""
            INSERT INTO activities (id, customer_id, kind, status, subject, body, direction, starts_at, parties, visibility, owner, owner_name, changed_at)
            VALUES (@activityId, @id, @kind, @status, @subject, @body, @direction, @startsAt, @parties::jsonb, @visibility, @owner, @Name, @now) RETURNING {Columns}
            """,
            new
            {
                activityId, id, kind, status, subject, body, direction, visibility, owner = actor.Subject, actor.Name, now = time.GetUtcNow(),
                startsAt = request.StartsAt.ToUniversalTime(), parties = JsonSerializer.Serialize(parties, JsonSerializerOptions.Web),
            },
            cancellationToken);
        await OpenAsync(rows, keys, cancellationToken);
        var entry = Entry(rows[0], actor, time);
        await timeline.AppendAsync([entry], visibility, cancellationToken);
        await Mentions.RecordAsync(entry, mentions, subject, actor, keys, unitOfWork, cancellationToken);
        return rows[0];
    }

    private static async Task<Result<Response>> ChangeAsync(
        Guid id, Guid activityId, StatusRequest request, long version, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var (status, body) = (check.OneOf(request.Status, "status", Statuses), Block(request.Body, check));
        if (check.Error is { } error) return error;
        if (body is not null) body = await keys.SealAsync(id, activityId, "body", body, cancellationToken);
        var arguments = new { id, activityId, version, status, body, unit = "unit:" + actor.Unit, user = "user:" + actor.Subject, now = time.GetUtcNow() };
        var found = await unitOfWork.QueryAsync<string?>(
            $"SELECT coalesce(visibility, '') FROM activities WHERE id = @activityId AND customer_id = @id AND {GetTimeline.VisibleTo} FOR UPDATE", arguments, cancellationToken);
        if (found.Count == 0) return CustomerErrors.ActivityNotFound;
        var rows = await unitOfWork.QueryAsync<Response>(
            $"UPDATE activities SET version = version + 1, status = @status, body = coalesce(@body, body), changed_at = @now WHERE id = @activityId AND version = @version RETURNING {Columns}",
            arguments,
            cancellationToken);
        if (rows.Count == 0) return CustomerErrors.RecordStale;
        await OpenAsync(rows, keys, cancellationToken);
        await timeline.AppendAsync([Entry(rows[0], actor, time)], string.IsNullOrEmpty(found[0]) ? null : found[0], cancellationToken);
        return rows[0];
    }

    private static string? Block(string? body, InputCheck check)
    {
        if (string.IsNullOrWhiteSpace(body)) return null;
        if (body.Length > 20_000) check.Fail(CustomerErrors.TooLong("body", 20_000));
        if (!PlainText.IsCleanBlock(body)) check.Fail(CustomerErrors.InvalidCharacters("body"));
        return body.Trim();
    }

    /// <summary>What was held is told at its time, what is only planned when it was planned.</summary>
    private static TimelineEntry Entry(Response activity, Actor actor, TimeProvider time) => TimelineEntry.Of(
        activity.CustomerId, activity.Status == "planned" || activity.StartsAt > time.GetUtcNow() ? time.GetUtcNow() : activity.StartsAt,
        $"{activity.Kind}.{activity.Status}", $"{activity.Id}:{activity.Version}", "customer", $"activity:{activity.Id}",
        ("subject", activity.Subject), ("direction", activity.Direction), ("author", actor.Name), ("startsAt", activity.StartsAt.ToString("O", System.Globalization.CultureInfo.InvariantCulture)));
}

using System.Text.Json;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;

namespace Crm.Customer.Features.Search;

/// <summary>
/// A named search: query, filter and columns to show. Seen by its owner, and by those whom it is shared with (a unit, or <c>*</c>: everyone);
/// whoever sees it may pin it to the top of his own list. Only its owner changes it.
/// </summary>
internal static class SavedViews
{
    private const int MaxViews = 200;

    internal sealed record Request(string Name, string? Query = null, JsonElement? Filter = null, IReadOnlyList<string>? Columns = null, string? SharedWith = null);

    internal sealed record Response(
        Guid Id, long Version, string Name, string OwnerName, bool IsMine, bool IsPinned, string? SharedWith, string? Query, JsonElement? Filter, IReadOnlyList<string> Columns) : IVersioned;

    internal sealed class Row
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public string Name { get; init; } = "";
        public string Owner { get; init; } = "";
        public string OwnerName { get; init; } = "";
        public string? SharedWith { get; init; }
        public string? Query { get; init; }
        public string? Filter { get; init; }
        public string[] Columns { get; init; } = [];
        public bool IsPinned { get; init; }

        public JsonElement? FilterJson => Filter is null ? null : JsonElement.Parse(Filter);

        public Response ToResponse(Actor actor) => new(Id, Version, Name, OwnerName, Owner == actor.Subject, IsPinned, SharedWith, Query, FilterJson, Columns);
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/views", async (UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            TypedResults.Ok((await QueryAsync("", null, actor.Required, unitOfWork, cancellationToken)).Select(row => row.ToResponse(actor.Required)).ToArray()))
            .WithName("ListViews").AllowRoles(Roles.Staff);
        api.MapPost("/views", async (Request request, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await SaveAsync(ids.Next(), 0, request, actor.Required, unitOfWork, time, cancellationToken)).ToCreated(view => $"/api/customer/v1/views/{view.Id}"))
            .WithName("SaveView").AllowRoles(Roles.Staff);
        api.MapPut("/views/{id:guid}", async (
                Guid id, Request request, IfMatch ifMatch, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await SaveAsync(id, ifMatch.Version, request, actor.Required, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeView").AllowRoles(Roles.Staff);
        api.MapDelete("/views/{id:guid}", async (Guid id, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await DeleteAsync(id, actor.Required, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("DeleteView").AllowRoles(Roles.Staff);
        api.MapPut("/views/{id:guid}/pin", async (Guid id, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await PinAsync(id, true, actor.Required, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("PinView").AllowRoles(Roles.Staff);
        api.MapDelete("/views/{id:guid}/pin", async (Guid id, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await PinAsync(id, false, actor.Required, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("UnpinView").AllowRoles(Roles.Staff);
    }

    /// <summary>The view, if this actor may see it.</summary>
    internal static async Task<Row?> FindAsync(Guid id, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        (await QueryAsync("AND v.id = @id", id, actor, unitOfWork, cancellationToken)).SingleOrDefault();

    private static Task<IReadOnlyList<Row>> QueryAsync(string condition, Guid? id, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Row>(
        $"""
        SELECT v.id, v.version, v.name, v.owner, v.owner_name, v.shared_with, v.query, v.filter::text AS filter, v.columns, p.view_id IS NOT NULL AS is_pinned
        FROM views v LEFT JOIN view_pins p ON p.view_id = v.id AND p.subject = @Subject
        WHERE (v.owner = @Subject OR v.shared_with = '*' OR v.shared_with = @Unit) {condition}
        ORDER BY is_pinned DESC, lower(v.name), v.id LIMIT {MaxViews}
        """,
        new { id, actor.Subject, actor.Unit },
        cancellationToken);

    private static async Task<Result<Response>> SaveAsync(
        Guid id, long version, Request request, Actor actor, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var view = new
        {
            id, version, now = time.GetUtcNow(), owner = actor.Subject, ownerName = actor.Name,
            name = check.Required(request.Name, "name", 100), query = check.Text(request.Query, "query", 200), sharedWith = check.Text(request.SharedWith, "sharedWith", 100),
            columns = (request.Columns ?? []).Take(50).Select((column, i) => check.Required(column, $"columns[{i}]", 60)).ToArray(), filter = request.Filter?.GetRawText(),
        };
        if (check.Error is { } error) return error;
        if (!CustomerFilter.Compile(request.Filter, new DynamicParameters()).TryGet(out _, out error)) return error;
        if (version == 0)
        {
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO views (id, name, owner, owner_name, shared_with, query, filter, columns, changed_at)
                VALUES (@id, @name, @owner, @ownerName, @sharedWith, @query, @filter::jsonb, @columns, @now)
                """,
                view,
                cancellationToken);
        }
        else
        {
            if (await FindAsync(id, actor, unitOfWork, cancellationToken) is not { } before) return CustomerErrors.ViewNotFound;
            if (before.Owner != actor.Subject) return CustomerErrors.ViewNotYours;
            var changed = await unitOfWork.ExecuteAsync(
                """
                UPDATE views SET version = version + 1, name = @name, shared_with = @sharedWith, query = @query, filter = @filter::jsonb, columns = @columns, changed_at = @now
                WHERE id = @id AND version = @version
                """,
                view,
                cancellationToken);
            if (changed == 0) return CustomerErrors.ViewStale;
        }

        return (await FindAsync(id, actor, unitOfWork, cancellationToken))!.ToResponse(actor);
    }

    private static async Task<Result<Done>> DeleteAsync(Guid id, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, actor, unitOfWork, cancellationToken) is not { } view) return CustomerErrors.ViewNotFound;
        if (view.Owner != actor.Subject) return CustomerErrors.ViewNotYours;
        await unitOfWork.ExecuteAsync("DELETE FROM views WHERE id = @id", new { id }, cancellationToken);
        return new Done();
    }

    private static async Task<Result<Done>> PinAsync(Guid id, bool pinned, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, actor, unitOfWork, cancellationToken) is null) return CustomerErrors.ViewNotFound;
        await unitOfWork.ExecuteAsync(
            pinned ? "INSERT INTO view_pins (view_id, subject) VALUES (@id, @Subject) ON CONFLICT DO NOTHING" : "DELETE FROM view_pins WHERE view_id = @id AND subject = @Subject",
            new { id, actor.Subject },
            cancellationToken);
        return new Done();
    }
}

using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// A database that comes back from a backup brings people back who were erased since. Therefore the list of erasures (ids only) is kept outside of the backups
/// (<c>GET /erasures</c>), and told again after a restore: every service erases once more, and erasing twice is erasing once.
/// </summary>
internal static class ErasureReplays
{
    private const int MaxErasures = 1000;
    private const int MaxCustomers = 500;

    /// <param name="CustomerIds">The customer and whoever was merged into them.</param>
    internal sealed record Erasure(Guid RequestId, IReadOnlyList<Guid> CustomerIds, DateTimeOffset RequestedAt);

    /// <param name="Since">Tell those again that this database knows of, from then on: another service's database was restored.</param>
    /// <param name="Erasures">Tell these again, also where this database does not know of them: it was restored itself.</param>
    internal sealed record Request(DateTimeOffset? Since = null, IReadOnlyList<Erasure>? Erasures = null);

    /// <param name="Told">Erasures that were told again.</param>
    /// <param name="Unknown">Of those, the ones that this database did not know of.</param>
    internal sealed record Response(long Told, long Unknown);

    private sealed record Position(DateTimeOffset RequestedAt, Guid RequestId);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/erasures", async (PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken, DateTimeOffset? since = null) =>
                TypedResults.Ok(await ListAsync(page, since, unitOfWork, cancellationToken)))
            .WithName("ListErasures").AllowRoles(Roles.Ops);
        api.MapPost("/erasure-replays", async (Request request, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
                (await ReplayAsync(request, unitOfWork, actor.Required, ids, time.GetUtcNow(), cancellationToken)).ToOk())
            .WithName("ReplayErasures").AllowRoles(Roles.Ops);
    }

    /// <summary>Notes an erasure for ever.</summary>
    internal static Task KeepAsync(Guid requestId, Guid[] customerIds, DateTimeOffset at, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        "INSERT INTO erasures (request_id, customer_ids, requested_at) VALUES (@requestId, @customerIds, @at) ON CONFLICT DO NOTHING", new { requestId, customerIds, at }, cancellationToken);

    private static async Task<Page<Erasure>> ListAsync(PageRequest page, DateTimeOffset? since, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT request_id, customer_ids, requested_at FROM erasures
            WHERE (@since::timestamptz IS NULL OR requested_at >= @since) AND (@afterId::uuid IS NULL OR (requested_at, request_id) > (@afterAt::timestamptz, @afterId))
            ORDER BY requested_at, request_id LIMIT @limit
            """,
            new { since = since?.ToUniversalTime(), afterAt = after?.RequestedAt, afterId = after?.RequestId, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Erasure>.From([.. rows.Select(row => new Erasure(row.RequestId, row.CustomerIds, row.RequestedAt))], page.Limit, erasure => new Position(erasure.RequestedAt, erasure.RequestId));
    }

    private static async Task<Result<Response>> ReplayAsync(Request request, UnitOfWork unitOfWork, Actor actor, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var given = request.Erasures ?? [];
        if (request.Since is null && given.Count == 0) return CustomerErrors.ValueRequired("since");
        if (given.Count > MaxErasures) return CustomerErrors.TooManyFields("erasures", MaxErasures);
        for (var i = 0; i < given.Count; i++)
        {
            if (given[i].CustomerIds.Count is 0 or > MaxCustomers) return PrivacyErrors.ReplayInvalid($"erasures[{i}].customerIds");
            if (!CustomerDetails.IsPlausible(given[i].RequestedAt, now)) return CustomerErrors.InstantInvalid($"erasures[{i}].requestedAt");
        }

        var unknown = 0L;
        foreach (var erasure in given)
        {
            var (requestId, customers, at) = (erasure.RequestId, erasure.CustomerIds.ToArray(), erasure.RequestedAt.ToUniversalTime());
            unknown += await unitOfWork.ExecuteAsync(
                """
                INSERT INTO privacy_requests (id, customer_id, kind, state, verified_by, received_at, due_at, handled_by)
                VALUES (@requestId, @first, 'erasure', 'running', '', @at, @due, @Subject) ON CONFLICT DO NOTHING
                """,
                new { requestId, first = customers[0], at, due = at + PrivacyRequests.Clock, actor.Subject },
                cancellationToken);
            await KeepAsync(requestId, customers, at, unitOfWork, cancellationToken);
        }

        // One that was known keeps the ids that were noted first; both are told.
        var told = given.ToDictionary(erasure => erasure.RequestId, erasure => erasure.CustomerIds);
        if (request.Since is { } since)
        {
            var rows = await unitOfWork.QueryAsync<Row>("SELECT request_id, customer_ids, requested_at FROM erasures WHERE requested_at >= @since", new { since = since.ToUniversalTime() }, cancellationToken);
            foreach (var row in rows) told[row.RequestId] = told.TryGetValue(row.RequestId, out var named) ? [.. named.Union(row.CustomerIds)] : row.CustomerIds;
        }

        foreach (var (requestId, customers) in told) unitOfWork.Enqueue(new ErasureRequested(ids.Next(), now, requestId, [.. customers]));
        return new Response(told.Count, unknown);
    }

    private sealed class Row
    {
        public Guid RequestId { get; init; }
        public Guid[] CustomerIds { get; init; } = [];
        public DateTimeOffset RequestedAt { get; init; }
    }
}

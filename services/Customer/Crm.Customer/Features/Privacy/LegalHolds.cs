using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Privacy;

/// <summary>While a hold is on a customer (a dispute, an investigation), nothing about them is erased.</summary>
internal static class LegalHolds
{
    private const int MaxReason = 1000;

    internal sealed record Request(string Reason);

    internal sealed record Response(Guid Id, Guid CustomerId, string Reason, DateTimeOffset PlacedAt);

    internal sealed record Released(Guid Id, DateTimeOffset ReleasedAt);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/customers/{id:guid}/legal-holds", async (
                Guid id, Request request, CustomerStore store, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
                (await PlaceAsync(id, request, store, unitOfWork, actor.Required, ids, time, cancellationToken)).ToOk())
            .WithName("PlaceLegalHold").AllowRoles(Roles.Ops, Roles.ServiceSupervisor);
        api.MapGet("/customers/{id:guid}/legal-holds", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                TypedResults.Ok(await ListAsync(id, unitOfWork, cancellationToken)))
            .WithName("ListLegalHolds").AllowRoles(Roles.Ops, Roles.ServiceSupervisor, Roles.SalesManager);
        api.MapPost("/legal-holds/{id:guid}/release", async (Guid id, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
                (await ReleaseAsync(id, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
            .WithName("ReleaseLegalHold").AllowRoles(Roles.Ops, Roles.ServiceSupervisor);
    }

    private static async Task<Result<Response>> PlaceAsync(
        Guid customerId, Request request, CustomerStore store, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!PlainText.TryClean(request.Reason, out var reason)) return CustomerErrors.InvalidCharacters("reason");
        if (reason is null) return PrivacyErrors.TextRequired("reason");
        if (reason.Length > MaxReason) return CustomerErrors.TooLong("reason", MaxReason);
        if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound;

        // The same lock as an erasure takes: either the hold is seen, or the erasure has begun.
        await unitOfWork.ExecuteAsync("SELECT FROM customers WHERE id = @Id FOR UPDATE", new { customer.Id }, cancellationToken);
        if (await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT EXISTS (SELECT FROM privacy_requests WHERE customer_id = @Id AND kind = 'erasure' AND state = 'running')", new { customer.Id }, cancellationToken)) return PrivacyErrors.ErasureRunning;
        var hold = new Response(ids.Next(), customer.Id, reason, time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            "INSERT INTO legal_holds (id, customer_id, reason, placed_at, placed_by) VALUES (@Id, @CustomerId, @Reason, @PlacedAt, @Subject)",
            new { hold.Id, hold.CustomerId, hold.Reason, hold.PlacedAt, actor.Subject }, cancellationToken);
        return hold;
    }

    /// <summary>What holds the customer, or a record that was merged into it, now; the newest 100.</summary>
    private static Task<IReadOnlyList<Response>> ListAsync(Guid customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Response>(
        """
        SELECT id, customer_id, reason, placed_at FROM legal_holds
        WHERE customer_id IN (SELECT customer_with_absorbed(@customerId)) AND released_at IS NULL ORDER BY id DESC LIMIT 100
        """,
        new { customerId },
        cancellationToken);

    private static async Task<Result<Released>> ReleaseAsync(Guid id, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var released = await unitOfWork.ExecuteAsync(
            "UPDATE legal_holds SET released_at = @now, released_by = @Subject WHERE id = @id AND released_at IS NULL", new { id, now, actor.Subject }, cancellationToken);
        return released == 0 ? PrivacyErrors.HoldNotFound : new Released(id, now);
    }
}

using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>How people are related: seen from both ends, each with the word for its side.</summary>
internal static class Relationships
{
    /// <summary>A kind and what it is called from the other end.</summary>
    public static readonly IReadOnlyDictionary<string, string> Kinds = new Dictionary<string, string>
    {
        ["spouse"] = "spouse", ["sibling"] = "sibling", ["friend"] = "friend", ["colleague"] = "colleague", ["neighbour"] = "neighbour",
        ["parent"] = "child", ["child"] = "parent", ["guardian"] = "ward", ["ward"] = "guardian", ["manager"] = "report", ["report"] = "manager",
        ["advisor"] = "client", ["client"] = "advisor", ["household"] = "household",
    };

    /// <param name="Kind">What the other one is to this customer.</param>
    internal sealed record Request(Guid ToCustomerId, string Kind);

    internal sealed class Response
    {
        public Guid Id { get; init; }
        public Guid CustomerId { get; init; }
        public string DisplayName { get; init; } = "";
        public string Kind { get; set; } = "";
        public bool IsInverse { get; init; }
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/relationships", async (Guid id, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await ListAsync(id, store, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListRelationships").AllowRoles(Roles.Staff);
        api.MapPost("/customers/{id:guid}/relationships", async (
                Guid id, Request request, CustomerStore store, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await AddAsync(id, request, store, unitOfWork, ids, time, cancellationToken)).ToCreated(_ => $"/api/customer/v1/customers/{id}/relationships"))
            .WithName("AddRelationship").AllowRoles(Roles.CustomerEditors);
        api.MapDelete("/customers/{id:guid}/relationships/{relationshipId:guid}", async (Guid id, Guid relationshipId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await RemoveAsync(id, relationshipId, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("RemoveRelationship").AllowRoles(Roles.CustomerEditors);
    }

    private static async Task<Result<Response[]>> ListAsync(Guid id, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        var rows = await unitOfWork.QueryAsync<Response>(
            """
            WITH part AS (SELECT customer_with_absorbed(@id) AS id),
            both_ends AS (
                SELECT id, kind, to_customer_id AS other, false AS is_inverse FROM customer_relationships WHERE from_customer_id IN (SELECT id FROM part)
                UNION ALL
                SELECT id, kind, from_customer_id, true FROM customer_relationships WHERE to_customer_id IN (SELECT id FROM part))
            SELECT r.id, c.id AS customer_id, c.display_name, r.kind, r.is_inverse
            FROM both_ends r JOIN customers c ON c.id = current_customer(r.other)
            WHERE c.id NOT IN (SELECT id FROM part) ORDER BY r.id LIMIT 200
            """,
            new { id },
            cancellationToken);
        foreach (var row in rows.Where(row => row.IsInverse)) row.Kind = Kinds[row.Kind];
        return rows.ToArray();
    }

    private static async Task<Result<Response>> AddAsync(
        Guid id, Request request, CustomerStore store, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var kind = check.OneOf(request.Kind, "kind", [.. Kinds.Keys]);
        if (check.Error is { } error) return error;
        if (request.ToCustomerId == id) return CustomerErrors.RelationshipToSelf;
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        if (!await store.ExistsAsync(request.ToCustomerId, cancellationToken)) return CustomerErrors.ContactUnknown with { Field = "toCustomerId" };

        // The same fact told from the other end is the same fact.
        await unitOfWork.ExecuteAsync(
            "SELECT pg_advisory_xact_lock(hashtextextended('relationship ' || least(@id, @ToCustomerId) || greatest(@id, @ToCustomerId), 0))", new { id, request.ToCustomerId }, cancellationToken);
        var relationshipId = ids.Next();
        var added = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO customer_relationships (id, from_customer_id, to_customer_id, kind, created_at)
            SELECT @relationshipId, @id, @ToCustomerId, @kind, @now
            WHERE NOT EXISTS (SELECT FROM customer_relationships WHERE from_customer_id = @ToCustomerId AND to_customer_id = @id AND kind = @inverse)
            ON CONFLICT (from_customer_id, to_customer_id, kind) DO NOTHING
            """,
            new { relationshipId, id, request.ToCustomerId, kind, inverse = Kinds[kind], now = time.GetUtcNow() },
            cancellationToken);
        if (added == 0) return CustomerErrors.RelationshipExists;
        return (await ListAsync(id, store, unitOfWork, cancellationToken)).Value.Single(row => row.Id == relationshipId);
    }

    private static async Task<Result<Done>> RemoveAsync(Guid id, Guid relationshipId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync(
            "DELETE FROM customer_relationships WHERE id = @relationshipId AND (from_customer_id IN (SELECT customer_with_absorbed(@id)) OR to_customer_id IN (SELECT customer_with_absorbed(@id)))", new { id, relationshipId }, cancellationToken) == 1
            ? new Done()
            : CustomerErrors.RelationshipNotFound;
}

using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>
/// What a record holds beyond its details: the relationship owner, whether the customer belongs to the enterprise itself, the competitor
/// that it also buys from, demographics and interests. PUT replaces all of it.
/// </summary>
internal static class CustomerProfile
{
    private static readonly IReadOnlyList<string> MaritalStatuses = ["single", "married", "divorced", "widowed"];

    internal sealed record Request(
        string? OwnerId = null, string? OwnerName = null, string? OwnerUnit = null, bool IsInternal = false, string? Competitor = null,
        string? MaritalStatus = null, string? Occupation = null, string? Education = null, string? IncomeBand = null, IReadOnlyList<string>? Interests = null);

    internal sealed class Response : IVersioned
    {
        public Guid CustomerId { get; init; }
        public long Version { get; init; }
        public string? OwnerId { get; init; }
        public string? OwnerName { get; init; }
        public string? OwnerUnit { get; init; }
        public bool IsInternal { get; init; }
        public string? Competitor { get; init; }
        public string? MaritalStatus { get; init; }
        public string? Occupation { get; init; }
        public string? Education { get; init; }
        public string? IncomeBand { get; init; }
        public string[] Interests { get; init; } = [];
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/profile", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await FindAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCustomerProfile")
            .AllowRoles(Roles.Staff);
        api.MapPut("/customers/{id:guid}/profile", async (
                Guid id, Request request, IfMatch ifMatch, UnitOfWork unitOfWork, CustomerStore store, Timeline timeline, ActorAccessor actor, TimeProvider time,
                CancellationToken cancellationToken) =>
            (await ChangeAsync(id, request, ifMatch.Version, unitOfWork, store, timeline, actor.Required, time, cancellationToken)).ToOk())
            .WithName("ChangeCustomerProfile")
            .AllowRoles(Roles.CustomerEditors);
    }

    private static async Task<Result<Response>> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var found = await unitOfWork.QuerySingleOrDefaultAsync<Response>(
            """
            SELECT id AS customer_id, version, owner_id, owner_name, owner_unit, is_internal, competitor, marital_status, occupation, education, income_band, interests
            FROM customers WHERE id = @id AND erased_at IS NULL
            """,
            new { id },
            cancellationToken);
        return found is null ? CustomerErrors.NotFound : found;
    }

    private static async Task<Result<Response>> ChangeAsync(
        Guid id, Request request, long version, UnitOfWork unitOfWork, CustomerStore store, Timeline timeline, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var after = new
        {
            id, version, now = time.GetUtcNow(), request.IsInternal,
            ownerId = check.Text(request.OwnerId, "ownerId", 100), ownerName = check.Text(request.OwnerName, "ownerName", 200),
            ownerUnit = check.Text(request.OwnerUnit, "ownerUnit", 100), competitor = check.Text(request.Competitor, "competitor", 200),
            maritalStatus = request.MaritalStatus is null ? null : check.OneOf(request.MaritalStatus, "maritalStatus", MaritalStatuses),
            occupation = check.Text(request.Occupation, "occupation", 100), education = check.Text(request.Education, "education", 100),
            incomeBand = check.Text(request.IncomeBand, "incomeBand", 50), interests = check.List(request.Interests, "interests", 50, 100),
        };
        if (after.ownerId is null && (after.ownerName ?? after.ownerUnit) is not null) check.Fail(CustomerErrors.ValueRequired("ownerId"));
        if (check.Error is { } error) return error;
        if (!(await FindAsync(id, unitOfWork, cancellationToken)).TryGet(out var before, out error)) return error;
        if (before.Version != version) return CustomerErrors.Stale;

        await unitOfWork.SetAsync(actor, ChangeOrigin.Form, cancellationToken);
        var updated = await unitOfWork.ExecuteAsync(
            """
            UPDATE customers SET version = version + 1, changed_at = @now, owner_id = @ownerId, owner_name = @ownerName, owner_unit = @ownerUnit,
                is_internal = @IsInternal, competitor = @competitor, marital_status = @maritalStatus, occupation = @occupation,
                education = @education, income_band = @incomeBand, interests = @interests
            WHERE id = @id AND version = @version
            """,
            after,
            cancellationToken);
        if (updated == 0) return CustomerErrors.Stale;
        if (before.OwnerId != after.ownerId)
        {
            await timeline.AppendAsync(
                [TimelineEntry.Of(id, after.now, "customer.owner_changed", $"{id}:{version + 1}", "customer", $"customer:{id}", ("from", before.OwnerName ?? before.OwnerId), ("to", after.ownerName ?? after.ownerId))],
                cancellationToken);
        }

        await store.PublishChangedAsync([id], cancellationToken);
        return await FindAsync(id, unitOfWork, cancellationToken);
    }
}

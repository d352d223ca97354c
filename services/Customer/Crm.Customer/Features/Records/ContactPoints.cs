using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>
/// All ways to reach a customer. The record's own e-mail and phone are the primary ones; others are added here, and made primary here,
/// which puts them into the record and keeps the former one as a further contact point.
/// </summary>
internal static class ContactPoints
{
    public static readonly IReadOnlyList<string> Kinds = ["email", "phone", "address", "social"];
    private const int MaxPoints = 50;

    /// <param name="Label">What it is for (home, office); for <c>social</c> the network.</param>
    internal sealed record AddRequest(string Kind, string Value, string? Label = null, bool IsPrimary = false);

    internal sealed record ChangeRequest(string? Label = null, bool IsPrimary = false, bool IsVerified = false, bool IsBounced = false, string? BounceReason = null);

    internal sealed class Response : IVersioned
    {
        public Guid? Id { get; init; }
        public long Version { get; init; }
        public string Kind { get; init; } = "";
        public string Value { get; init; } = "";
        public string? Label { get; init; }
        public bool IsPrimary { get; init; }
        public DateTimeOffset? VerifiedAt { get; init; }
        public DateTimeOffset? BouncedAt { get; init; }
        public string? BounceReason { get; init; }
        public string? Source { get; init; }
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/contact-points", async (Guid id, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await ListAsync(id, store, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListContactPoints").AllowRoles(Roles.Staff);
        api.MapPost("/customers/{id:guid}/contact-points", async (
                Guid id, AddRequest request, CustomerStore store, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await AddAsync(id, request, store, unitOfWork, actor.Required, ids, time, cancellationToken)).ToCreated(point => $"/api/customer/v1/customers/{id}/contact-points/{point.Id}"))
            .WithName("AddContactPoint").AllowRoles(Roles.CustomerEditors);
        api.MapPut("/customers/{id:guid}/contact-points/{pointId:guid}", async (
                Guid id, Guid pointId, ChangeRequest request, IfMatch ifMatch, CustomerStore store, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time,
                CancellationToken cancellationToken) =>
            (await ChangeAsync(id, pointId, request, ifMatch.Version, store, unitOfWork, actor.Required, ids, time, cancellationToken)).ToOk())
            .WithName("ChangeContactPoint").AllowRoles(Roles.CustomerEditors);
        api.MapDelete("/customers/{id:guid}/contact-points/{pointId:guid}", async (Guid id, Guid pointId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await RemoveAsync(id, pointId, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("RemoveContactPoint").AllowRoles(Roles.CustomerEditors);
    }

    /// <summary>Notes that a value does not reach the customer; a contact point for it is made where there is none.</summary>
    internal static Task MarkBouncedAsync(Guid customerId, string kind, string reason, DateTimeOffset at, UnitOfWork unitOfWork, Ids ids, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            """
            INSERT INTO contact_points AS p (id, customer_id, kind, value, normalised, source, created_at, bounced_at, bounce_reason)
            SELECT @pointId, id, @kind, v.value, lower(v.value), 'campaign', @at, @at, @reason
            FROM customers, LATERAL (SELECT CASE @kind WHEN 'email' THEN email ELSE phone END AS value) v WHERE id = @customerId AND v.value IS NOT NULL
            ON CONFLICT (customer_id, kind, normalised) DO UPDATE SET version = p.version + 1, bounced_at = excluded.bounced_at, bounce_reason = excluded.bounce_reason
            """,
            new { pointId = ids.Next(), customerId, kind, reason, at },
            cancellationToken);

    /// <summary>The customer proved that he reads what is sent there.</summary>
    internal static Task MarkVerifiedAsync(Guid customerId, string kind, string value, DateTimeOffset at, string source, UnitOfWork unitOfWork, Ids ids, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            """
            INSERT INTO contact_points AS p (id, customer_id, kind, value, normalised, source, created_at, verified_at)
            VALUES (@pointId, @customerId, @kind, @value, lower(@value), @source, @at, @at)
            ON CONFLICT (customer_id, kind, normalised) DO UPDATE SET version = p.version + 1, verified_at = excluded.verified_at, bounced_at = NULL, bounce_reason = NULL
            """,
            new { pointId = ids.Next(), customerId, kind, value, source, at },
            cancellationToken);

    private static async Task<Result<Response[]>> ListAsync(Guid id, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        return (Response[])[.. await unitOfWork.QueryAsync<Response>(
            """
            WITH own AS (
                SELECT v.kind, v.value, coalesce(c.source, 'form') AS source FROM customers c,
                    LATERAL (VALUES ('email', c.email), ('phone', c.phone), ('address', nullif(concat_ws(', ', c.street, c.city, c.province, c.postal_code, c.country), ''))) v (kind, value)
                WHERE c.id = @id AND v.value IS NOT NULL)
            SELECT p.id, coalesce(p.version, 0) AS version, coalesce(o.kind, p.kind) AS kind, coalesce(p.value, o.value) AS value, p.label,
                   o.kind IS NOT NULL AS is_primary, p.verified_at, p.bounced_at, p.bounce_reason, coalesce(p.source, o.source) AS source
            FROM own o FULL JOIN (SELECT * FROM contact_points WHERE customer_id = @id) p ON p.kind = o.kind AND p.normalised = lower(o.value)
            ORDER BY 3, is_primary DESC, p.id
            """,
            new { id },
            cancellationToken)];
    }

    private static async Task<Result<Response>> AddAsync(
        Guid id, AddRequest request, CustomerStore store, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var kind = check.OneOf(request.Kind, "kind", Kinds);
        var label = check.Text(request.Label, "label", 50);
        var value = check.Required(request.Value, "value", 300);
        if (check.Error is { } error) return error;
        if (kind == "social" && label is null) return CustomerErrors.ValueRequired("label");
        if (kind is "email" or "phone")
        {
            // The same rule as for the record itself.
            var details = CustomerDetails.From(
                new CustomerInput { DisplayName = "-", Email = kind == "email" ? value : null, Phone = kind == "phone" ? value : null }, time.GetUtcNow());
            if (!details.TryGet(out var clean, out error)) return error with { Field = "value" };
            value = clean.Email ?? clean.Phone!;
        }

        if (await store.FindAsync(id, cancellationToken) is not { } customer) return CustomerErrors.NotFound;
        if (await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM contact_points WHERE customer_id = @Id", new { customer.Id }, cancellationToken) >= MaxPoints) return CustomerErrors.TooManyFields("value", MaxPoints);
        var pointId = ids.Next();
        var added = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO contact_points (id, customer_id, kind, value, normalised, label, source, created_at)
            VALUES (@pointId, @id, @kind, @value, lower(@value), @label, 'form', @now) ON CONFLICT (customer_id, kind, normalised) DO NOTHING
            """,
            new { pointId, id, kind, value, label, now = time.GetUtcNow() },
            cancellationToken);
        if (added == 0) return CustomerErrors.ContactPointTaken;
        if (request.IsPrimary) await MakePrimaryAsync(customer, kind, value, store, unitOfWork, actor, ids, time, cancellationToken);
        return (await ListAsync(customer.Id, store, unitOfWork, cancellationToken)).Value.Single(point => point.Id == pointId);
    }

    private static async Task<Result<Response>> ChangeAsync(
        Guid id, Guid pointId, ChangeRequest request, long version, CustomerStore store, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var (label, reason) = (check.Text(request.Label, "label", 50), check.Text(request.BounceReason, "bounceReason", 200));
        if (check.Error is { } error) return error;
        if (await store.FindAsync(id, cancellationToken) is not { } customer) return CustomerErrors.NotFound;
        var before = (await ListAsync(id, store, unitOfWork, cancellationToken)).Value.SingleOrDefault(point => point.Id == pointId);
        if (before is null) return CustomerErrors.ContactPointNotFound;
        if (request is { IsPrimary: true, IsBounced: true }) return CustomerErrors.ContactPointBounced;
        var updated = await unitOfWork.ExecuteAsync(
            """
            UPDATE contact_points SET version = version + 1, label = @label,
                verified_at = CASE WHEN @IsVerified THEN coalesce(verified_at, @now) END,
                bounced_at = CASE WHEN @IsBounced THEN coalesce(bounced_at, @now) END, bounce_reason = CASE WHEN @IsBounced THEN @reason END
            WHERE id = @pointId AND version = @version
            """,
            new { pointId, version, label, reason, request.IsVerified, request.IsBounced, now = time.GetUtcNow() },
            cancellationToken);
        if (updated == 0) return CustomerErrors.RecordStale;
        if (request.IsPrimary && !before.IsPrimary) await MakePrimaryAsync(customer, before.Kind, before.Value, store, unitOfWork, actor, ids, time, cancellationToken);
        return (await ListAsync(id, store, unitOfWork, cancellationToken)).Value.Single(point => point.Id == pointId);
    }

    private static async Task<Result<Done>> RemoveAsync(Guid id, Guid pointId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync("DELETE FROM contact_points WHERE id = @pointId AND customer_id = @id", new { id, pointId }, cancellationToken) == 1
            ? new Done()
            : CustomerErrors.ContactPointNotFound;

    private static async Task MakePrimaryAsync(
        CustomerRow customer, string kind, string value, CustomerStore store, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (kind is not ("email" or "phone")) return;
        var former = kind == "email" ? customer.Email : customer.Phone;
        await unitOfWork.SetAsync(actor, ChangeOrigin.Form, cancellationToken);
        await unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO contact_points (id, customer_id, kind, value, normalised, source, created_at)
            SELECT @formerId, @Id, @kind, @former, lower(@former), coalesce(@Source, 'form'), @now WHERE @former::text IS NOT NULL
            ON CONFLICT (customer_id, kind, normalised) DO NOTHING;
            UPDATE customers SET {kind} = @value, version = version + 1, changed_at = @now WHERE id = @Id AND {kind} IS DISTINCT FROM @value
            """,
            new { formerId = ids.Next(), customer.Id, customer.Source, kind, former, value, now = time.GetUtcNow() },
            cancellationToken);
        await store.PublishChangedAsync([customer.Id], cancellationToken);
    }
}

using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// Access and portability (UU PDP articles 7 and 13, GDPR articles 15 and 20): everything that all six services hold about a person, gathered in the background into one
/// document. A service that does not answer is asked again until it does; until then the document says that its part is missing.
/// </summary>
internal static class AccessPackages
{
    /// <summary>A copy of somebody's data is kept no longer than it takes to hand it over.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    private static readonly string[] Handlers = [Roles.ServiceSupervisor, Roles.SalesManager, Roles.Ops];

    internal sealed class Response
    {
        public Guid Id { get; init; }
        public Guid CustomerId { get; init; }
        public Guid? RequestId { get; init; }

        /// <summary>gathering or complete.</summary>
        public string State => Sources.All(source => source.GatheredAt is not null) ? "complete" : "gathering";
        public DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset ExpiresAt { get; init; }
        public IReadOnlyList<Source> Sources { get; set; } = [];
    }

    /// <summary>A service's part: gathered, or missing with how often it was asked and why it failed last.</summary>
    internal sealed class Source
    {
        public string Service { get; init; } = "";
        public DateTimeOffset? GatheredAt { get; init; }
        public long Rows { get; init; }
        public int Attempts { get; init; }
        public string? LastFailure { get; init; }
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/customers/{id:guid}/access-packages", async (
                Guid id, CustomerStore store, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
                (await StartAsync(id, store, unitOfWork, actor.Required, ids, time, cancellationToken)).ToAccepted(package => $"/api/customer/v1/access-packages/{package.Id}"))
            .WithName("StartAccessPackage").AllowRoles(Handlers);
        api.MapGet("/access-packages/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) => (await FindAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetAccessPackage").AllowRoles(Handlers);
        api.MapGet("/access-packages/{id:guid}/document", AccessPackageDocument.HandleAsync)
            .WithName("GetAccessPackageDocument").Produces<string>(200, "application/json", "text/html").AllowRoles(Handlers);
    }

    /// <summary>Notes what to gather; <see cref="AccessPackageWorker"/> does it.</summary>
    internal static async Task<Guid> RequestAsync(Guid customerId, Guid? requestId, Actor actor, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var (id, now) = (ids.Next(), time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO access_packages (id, customer_id, request_id, requested_by, created_at, expires_at) VALUES (@id, @customerId, @requestId, @Subject, @now, @expires);
            INSERT INTO access_package_sources (package_id, service, next_attempt_at) SELECT @id, unnest(@Services), @now
            """,
            new { id, customerId, requestId, actor.Subject, now, expires = now + Lifetime, DataHolder.Services },
            cancellationToken);
        return id;
    }

    internal static async Task<Result<Response>> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var package = await unitOfWork.QuerySingleOrDefaultAsync<Response>(
            "SELECT id, customer_id, request_id, created_at, expires_at FROM access_packages WHERE id = @id", new { id }, cancellationToken);
        if (package is null) return PrivacyErrors.PackageNotFound;
        package.Sources = await unitOfWork.QueryAsync<Source>(
            "SELECT service, gathered_at, rows, attempts, last_failure FROM access_package_sources WHERE package_id = @id ORDER BY service", new { id }, cancellationToken);
        return package;
    }

    private static async Task<Result<Response>> StartAsync(
        Guid customerId, CustomerStore store, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound;
        return await FindAsync(await RequestAsync(customer.Id, null, actor, unitOfWork, ids, time, cancellationToken), unitOfWork, cancellationToken);
    }
}

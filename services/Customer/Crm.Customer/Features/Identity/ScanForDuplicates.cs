using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Identity;

/// <summary>Starts a scan of the whole base for duplicates, and tells how far it is. <see cref="DuplicateScan"/> does the work.</summary>
internal static class ScanForDuplicates
{
    /// <param name="Phase">keys (customers are put into blocks), pairs (blocks are compared), done.</param>
    /// <param name="Customers">Customers put into blocks, of <paramref name="Total"/>.</param>
    /// <param name="Oversized">Blocks that were not compared because they say too little.</param>
    internal sealed class Response
    {
        public Guid Id { get; init; }
        public string Phase { get; init; } = "";
        public long Customers { get; init; }
        public long Total { get; init; }
        public long Compared { get; init; }
        public long Found { get; init; }
        public long Oversized { get; init; }
        public DateTimeOffset StartedAt { get; init; }
        public DateTimeOffset? FinishedAt { get; init; }
    }

    private const string Select = "SELECT id, phase, customers, total, compared, found, oversized, started_at, finished_at FROM duplicate_scans WHERE id = @id";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/duplicate-scans", async (UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
                (await StartAsync(unitOfWork, actor.Required, ids, time, cancellationToken)).ToAccepted(scan => $"/api/customer/v1/duplicate-scans/{scan.Id}"))
            .WithName("ScanForDuplicates")
            .AllowRoles(Roles.SalesManager, Roles.ServiceSupervisor, Roles.LoyaltyManager, Roles.Ops, Roles.Integration);
        api.MapGet("/duplicate-scans/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await FindAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetDuplicateScan")
            .AllowRoles(Roles.Staff);
    }

    private static async Task<Result<Response>> StartAsync(UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var id = ids.Next();
        var started = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO duplicate_scans (id, phase, total, requested_by, started_at)
            VALUES (@id, 'keys', (SELECT count(*) FROM customers WHERE merged_into IS NULL), @Subject, @now) ON CONFLICT DO NOTHING
            """,
            new { id, actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        return started == 0 ? IdentityErrors.ScanRunning : await FindAsync(id, unitOfWork, cancellationToken);
    }

    private static async Task<Result<Response>> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<Response>(Select, new { id }, cancellationToken) is { } scan ? scan : IdentityErrors.ScanNotFound;
}

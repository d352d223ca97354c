using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Features.Intake;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>What became of an import, with its first thousand problems.</summary>
internal static class GetImport
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customer-imports/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetImport")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<ImportCustomers.Response>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT id, source, dry_run, received, created, updated, unchanged, rejected, problems::text AS problems, started_at, finished_at
            FROM customer_imports WHERE id = @id
            """,
            new { id },
            cancellationToken);
        if (row is null) return CustomerErrors.ImportNotFound;
        return new ImportCustomers.Response(
            row.Id, row.Source, row.DryRun, row.Received, row.Created, row.Updated, row.Unchanged, row.Rejected,
            JsonSerializer.Deserialize<List<IntakeProblem>>(row.Problems, JsonSerializerOptions.Web)!, row.StartedAt, row.FinishedAt);
    }

    private sealed class Row
    {
        public Guid Id { get; init; }
        public string Source { get; init; } = "";
        public bool DryRun { get; init; }
        public long Received { get; init; }
        public long Created { get; init; }
        public long Updated { get; init; }
        public long Unchanged { get; init; }
        public long Rejected { get; init; }
        public string Problems { get; init; } = "[]";
        public DateTimeOffset StartedAt { get; init; }
        public DateTimeOffset FinishedAt { get; init; }
    }
}

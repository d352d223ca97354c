using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Import;

/// <summary>Imports and their progress, newest first; an import's error file.</summary>
internal static class ReadImports
{
    private sealed record Position(Guid Id);

    private sealed class Problem
    {
        public long Row { get; init; }
        public string? SourceId { get; init; }
        public string Code { get; init; } = "";
        public string? Field { get; init; }
        public string Message { get; init; } = "";
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/import-jobs", async (PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync(page, unitOfWork, cancellationToken)))
            .WithName("ListImports").AllowRoles(Roles.Staff);
        api.MapGet("/import-jobs/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await GetAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetImportJob").AllowRoles(Roles.Staff);
        api.MapGet("/import-jobs/{id:guid}/problems.csv", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            await ErrorFileAsync(id, unitOfWork, cancellationToken) is { } file ? Results.Text(file, "text/csv") : CustomerErrors.JobNotFound.ToProblem())
            .WithName("GetImportProblems").Produces<string>(200, "text/csv").AllowRoles(Roles.Staff);
    }

    private static async Task<Page<ImportJob>> ListAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ImportJob>(
            $"SELECT {ImportJob.Columns} FROM import_jobs WHERE @after::uuid IS NULL OR id < @after ORDER BY id DESC LIMIT @limit",
            new { after = page.After<Position>()?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<ImportJob>.From(rows, page.Limit, row => new Position(row.Id));
    }

    private static async Task<Result<ImportJob>> GetAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ImportJob.FindAsync(id, unitOfWork, cancellationToken) is { } job ? job : CustomerErrors.JobNotFound;

    /// <summary>Line, key, code, field and reason of every row that was not taken (the first hundred thousand).</summary>
    private static async Task<string?> ErrorFileAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await ImportJob.FindAsync(id, unitOfWork, cancellationToken) is null) return null;
        var problems = await unitOfWork.QueryAsync<Problem>("SELECT row, source_id, code, field, message FROM import_problems WHERE job_id = @id ORDER BY row", new { id }, cancellationToken);
        return string.Concat(
            problems.Select(problem => ExportCustomers.Line(
                [problem.Row.ToString(System.Globalization.CultureInfo.InvariantCulture), problem.SourceId, problem.Code, problem.Field, problem.Message]))
            .Prepend("row,sourceId,code,field,message\r\n"));
    }
}

using System.Text.Json;
using Crm.Customer.Features.Intake;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Import;

/// <summary>An import as the API shows it. <c>State</c>: waiting, running, done, failed, undoing, undone.</summary>
internal sealed class ImportJob
{
    public Guid Id { get; init; }
    public string Source { get; init; } = "";
    public string? FileName { get; init; }
    public bool DryRun { get; init; }
    public string State { get; init; } = "";
    public long Size { get; init; }

    /// <summary>Bytes of the file that are dealt with: progress.</summary>
    public long BytesRead { get; init; }
    public long RowsRead { get; init; }
    public long Received { get; init; }
    public long Created { get; init; }
    public long Updated { get; init; }
    public long Unchanged { get; init; }
    public long Rejected { get; init; }

    /// <summary>Customers that an undo took back, and those that it left because somebody has changed or used them since.</summary>
    public long Undone { get; init; }
    public long UndoKept { get; init; }

    /// <summary>An earlier import of the very same file from the same source.</summary>
    public Guid? SameFileAs { get; init; }
    public string? ErrorCode { get; init; }
    public string? ErrorField { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ChangedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    internal const string Columns =
        """
        id, source, file_name, dry_run, state, size, bytes_read, rows_read, received, created, updated, unchanged, rejected, undone, undo_kept, same_file_as,
        error_code, error_field, created_at, changed_at, finished_at
        """;

    internal static Task<ImportJob?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<ImportJob>($"SELECT {Columns} FROM import_jobs WHERE id = @id", new { id }, cancellationToken);

    /// <summary>What the source's headers mean, as it was said last.</summary>
    internal static async Task<Dictionary<string, string?>?> MappingAsync(string source, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT mapping::text FROM import_mappings WHERE source = @source", new { source }, cancellationToken) is { } json
            ? JsonSerializer.Deserialize<Dictionary<string, string?>>(json)
            : null;

    internal static Task StoreProblemsAsync(Guid job, IReadOnlyList<IntakeProblem> problems, UnitOfWork unitOfWork, CancellationToken cancellationToken) => problems.Count == 0
        ? Task.CompletedTask
        : unitOfWork.ExecuteAsync(
            """
            INSERT INTO import_problems (job_id, row, source_id, code, field, message)
            SELECT @job, p.* FROM unnest(@rows, @sourceIds, @codes, @fields, @messages) p ON CONFLICT DO NOTHING
            """,
            new
            {
                job, rows = problems.Select(problem => problem.Row).ToArray(), sourceIds = problems.Select(problem => Kept(problem.SourceId)).ToArray(),
                codes = problems.Select(problem => problem.Code).ToArray(), fields = problems.Select(problem => problem.Field).ToArray(),
                messages = problems.Select(problem => problem.Message).ToArray(),
            },
            cancellationToken);

    /// <summary>A key that was refused may hold anything.</summary>
    private static string? Kept(string? sourceId) => sourceId is null ? null : new string([.. sourceId.Where(character => !char.IsControl(character)).Take(100)]);
}

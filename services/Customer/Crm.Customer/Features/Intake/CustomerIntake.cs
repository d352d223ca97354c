using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Intake;

/// <summary>Why a row was not taken.</summary>
/// <param name="Row">In a file the line where the row starts, in a stream the position; from 1.</param>
internal sealed record IntakeProblem(long Row, string? SourceId, string Code, string? Field, string Message);

/// <summary>Starts runs of bulk intake.</summary>
internal sealed class CustomerIntake(IServiceScopeFactory scopes, Ids ids, TimeProvider time)
{
    /// <param name="keepProblems">So many problems are kept; the others are only counted.</param>
    /// <param name="job">The import job that runs, and what it has done before it was interrupted; null: none.</param>
    public IntakeRun Start(int keepProblems, bool dryRun = false, IntakeJob? job = null) => new(scopes, ids, time, keepProblems, dryRun, job);
}

/// <summary>What a job has done so far, and how it stores that in the transaction of each batch.</summary>
internal sealed record IntakeJob(Guid Id, long RowsRead, long Received, long Created, long Updated, long Unchanged, long Rejected, Func<UnitOfWork, IntakeRun, CancellationToken, Task> StoreAsync);

/// <summary>
/// One file or stream: rows are checked as they come, and written a batch a transaction, so that memory stays flat and an interrupted run
/// is simply run again. Wrong rows are reported and left out.
/// </summary>
internal sealed class IntakeRun(IServiceScopeFactory scopes, Ids ids, TimeProvider time, int keepProblems, bool dryRun, IntakeJob? job)
{
    private const int BatchSize = 1000;
    private readonly Dictionary<(string Source, string SourceId), StagedCustomer> _batch = new(BatchSize);
    private readonly Dictionary<(string Source, string SourceId), long> _rowOf = new(BatchSize);

    /// <summary>64 bits of the hash of each key and of what it said: a million rows are some ten megabytes.</summary>
    private readonly Dictionary<ulong, ulong> _previewed = [];
    private readonly List<IntakeProblem> _problems = [];

    /// <summary>Rows of the file that an earlier run of the job has dealt with.</summary>
    public long AlreadyRead { get; } = job?.RowsRead ?? 0;

    /// <summary>Rows of the file that are dealt with: written, or rejected.</summary>
    public long RowsRead { get; private set; } = job?.RowsRead ?? 0;
    public long Received { get; private set; } = job?.Received ?? 0;
    public long Created { get; private set; } = job?.Created ?? 0;
    public long Updated { get; private set; } = job?.Updated ?? 0;
    public long Unchanged { get; private set; } = job?.Unchanged ?? 0;
    public long Rejected { get; private set; } = job?.Rejected ?? 0;
    public IReadOnlyList<IntakeProblem> Problems => _problems;

    public async Task AddAsync(long row, IncomingCustomer incoming, CancellationToken cancellationToken)
    {
        if (!incoming.Check(ids.Next(), time.GetUtcNow()).TryGet(out var customer, out var error))
        {
            Reject(row, incoming.SourceId, error);
            return;
        }

        var key = (customer.Source, customer.SourceId);
        var earlier = _batch.GetValueOrDefault(key);
        var repeated = earlier is not null && earlier.Hash.AsSpan().SequenceEqual(customer.Hash);
        // Said twice in different words: one after the other, the later one stays.
        if (earlier is not null && !repeated && !dryRun) await FlushAsync(cancellationToken);

        Received++;
        RowsRead++;
        if (dryRun && IsRepeatedInPreview(key, customer.Hash)) return;
        if (repeated)
        {
            Unchanged++;
            return;
        }

        _batch.Add(key, customer);
        _rowOf[key] = row;
        if (_batch.Count == BatchSize) await FlushAsync(cancellationToken);
    }

    /// <summary>Counts a row that could not even be read.</summary>
    public void Reject(long row, string? sourceId, Error error)
    {
        Received++;
        RowsRead++;
        Rejected++;
        if (_problems.Count < keepProblems) _problems.Add(new IntakeProblem(row, sourceId, error.Code, error.Field, error.Message));
    }

    /// <summary>The problems since they were taken last.</summary>
    public IReadOnlyList<IntakeProblem> TakeProblems()
    {
        IntakeProblem[] taken = [.. _problems];
        _problems.Clear();
        return taken;
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0) return;
        await using var scope = scopes.CreateAsyncScope();
        var batch = scope.ServiceProvider.GetRequiredService<CustomerBatch>();
        var rows = await WithoutErasedAsync(scope.ServiceProvider.GetRequiredService<Tombstones>(), cancellationToken);
        var outcome = rows.Length == 0 ? default : dryRun ? await batch.PreviewAsync(rows, cancellationToken) : await batch.WriteAsync(rows, job?.Id, cancellationToken);
        Created += outcome.Created;
        Updated += outcome.Updated;
        Unchanged += outcome.Unchanged;
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        if (job is not null) await job.StoreAsync(unitOfWork, this, cancellationToken);
        if (!dryRun || job is not null) await unitOfWork.CommitAsync(cancellationToken);
        _batch.Clear();
        _rowOf.Clear();
    }

    /// <summary>Who was erased does not come back by a file: the row is reported.</summary>
    private async Task<StagedCustomer[]> WithoutErasedAsync(Tombstones tombstones, CancellationToken cancellationToken)
    {
        StagedCustomer[] rows = [.. _batch.Values];
        var erased = await tombstones.FindAsync([.. rows.Select(row => new Tombstones.Marks(row.Details.Email, row.Details.Phone, row.Source, row.SourceId))], cancellationToken);
        if (erased.Count == 0) return rows;
        foreach (var row in erased.Select(position => rows[position]))
        {
            Received--;
            RowsRead--;
            Reject(_rowOf[(row.Source, row.SourceId)], row.SourceId, PrivacyErrors.Erased("sourceId"));
        }

        return [.. rows.Where((_, position) => !erased.Contains(position))];
    }

    /// <summary>Nothing is written in a dry run, so a key that the file had before is compared with what the file said then.</summary>
    private bool IsRepeatedInPreview((string Source, string SourceId) key, byte[] hash)
    {
        var keyHash = HashOf(key.Source + "\n" + key.SourceId);
        var said = BitConverter.ToUInt64(hash);
        var repeated = _previewed.TryGetValue(keyHash, out var before);
        _previewed[keyHash] = said;
        if (!repeated) return false;
        if (said == before) Unchanged++;
        else Updated++;
        return true;
    }

    private static ulong HashOf(string text) => BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}

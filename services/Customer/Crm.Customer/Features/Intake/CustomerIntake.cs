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
    public IntakeRun Start(int keepProblems, bool dryRun = false) => new(scopes, ids, time, keepProblems, dryRun);
}

/// <summary>
/// One file or stream: rows are checked as they come, and written a batch a transaction, so that memory stays flat and an interrupted run
/// is simply run again. Wrong rows are reported and left out.
/// </summary>
internal sealed class IntakeRun(IServiceScopeFactory scopes, Ids ids, TimeProvider time, int keepProblems, bool dryRun)
{
    private const int BatchSize = 1000;
    private readonly Dictionary<(string Source, string SourceId), StagedCustomer> _batch = new(BatchSize);
    private readonly Dictionary<(string Source, string SourceId), byte[]> _previewed = [];
    private readonly Dictionary<(string Source, string SourceId), long> _rowOf = new(BatchSize);
    private readonly List<IntakeProblem> _problems = [];

    public long Received { get; private set; }
    public long Created { get; private set; }
    public long Updated { get; private set; }
    public long Unchanged { get; private set; }
    public long Rejected { get; private set; }
    public IReadOnlyList<IntakeProblem> Problems => _problems;

    public async Task AddAsync(long row, IncomingCustomer incoming, CancellationToken cancellationToken)
    {
        if (!incoming.Check(ids.Next(), time.GetUtcNow()).TryGet(out var customer, out var error))
        {
            Reject(row, incoming.SourceId, error);
            return;
        }

        Received++;
        var key = (customer.Source, customer.SourceId);
        if (dryRun && IsRepeatedInPreview(key, customer.Hash)) return;
        if (_batch.TryGetValue(key, out var earlier))
        {
            if (earlier.Hash.AsSpan().SequenceEqual(customer.Hash))
            {
                Unchanged++;
                return;
            }

            // Said twice in different words: one after the other, the later one stays.
            await FlushAsync(cancellationToken);
        }

        _batch.Add(key, customer);
        _rowOf[key] = row;
        if (_batch.Count == BatchSize) await FlushAsync(cancellationToken);
    }

    /// <summary>Counts a row that could not even be read.</summary>
    public void Reject(long row, string? sourceId, Error error)
    {
        Received++;
        Rejected++;
        if (_problems.Count < keepProblems) _problems.Add(new IntakeProblem(row, sourceId, error.Code, error.Field, error.Message));
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0) return;
        await using var scope = scopes.CreateAsyncScope();
        var batch = scope.ServiceProvider.GetRequiredService<CustomerBatch>();
        var rows = await WithoutErasedAsync(scope.ServiceProvider.GetRequiredService<Tombstones>(), cancellationToken);
        var outcome = dryRun ? await batch.PreviewAsync(rows, cancellationToken) : await batch.WriteAsync(rows, cancellationToken);
        if (!dryRun) await scope.ServiceProvider.GetRequiredService<UnitOfWork>().CommitAsync(cancellationToken);
        Created += outcome.Created;
        Updated += outcome.Updated;
        Unchanged += outcome.Unchanged;
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
            Reject(_rowOf[(row.Source, row.SourceId)], row.SourceId, PrivacyErrors.Erased("sourceId"));
        }

        return [.. rows.Where((_, position) => !erased.Contains(position))];
    }

    /// <summary>Nothing is written in a dry run, so a key that the file had before is compared with what the file said then.</summary>
    private bool IsRepeatedInPreview((string Source, string SourceId) key, byte[] hash)
    {
        var repeated = _previewed.TryGetValue(key, out var before);
        _previewed[key] = hash;
        if (!repeated) return false;
        if (hash.AsSpan().SequenceEqual(before)) Unchanged++;
        else Updated++;
        return true;
    }
}

using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Features.Intake;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;
using Npgsql;

namespace Crm.Customer.Features.Import;

/// <summary>Wakes the worker of this process; those of others look by themselves.</summary>
internal sealed class ImportSignal : IDisposable
{
    private readonly SemaphoreSlim _raised = new(0, 1);

    public void Raise()
    {
        if (_raised.CurrentCount == 0) _raised.Release();
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _raised.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _raised.Dispose();
}

/// <summary>
/// Works on the imports that wait, one at a time, oldest first. A job belongs to whoever holds its advisory lock, which the database
/// releases the moment that process is gone; the next one goes on behind the last row that was committed.
/// </summary>
internal sealed partial class ImportWorker(
    NpgsqlDataSource database, IServiceScopeFactory scopes, CustomerIntake intake, ImportSignal signal, ActorAccessor actor, TimeProvider time, ILogger<ImportWorker> log) : BackgroundService
{
    private const int KeptProblems = 100_000;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await WorkOnceAsync(stoppingToken)) continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
            {
                Interrupted(log, exception);
            }

            await signal.WaitAsync(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> WorkOnceAsync(CancellationToken cancellationToken)
    {
        await using var keeper = await database.OpenConnectionAsync(cancellationToken);
        var open = (await keeper.QueryAsync<Job>(
            """
            SELECT id, source, dry_run, state, mapping::text AS mapping, started_by FROM import_jobs WHERE state IN ('waiting', 'running', 'undoing') ORDER BY created_at LIMIT 20
            """)).AsList();
        foreach (var job in open)
        {
            if (!await keeper.ExecuteScalarAsync<bool>("SELECT pg_try_advisory_lock(hashtextextended('import ' || @Id, 0))", new { job.Id })) continue;
            try
            {
                // It may have been finished between the look and the lock.
                var state = await keeper.ExecuteScalarAsync<string>("SELECT state FROM import_jobs WHERE id = @Id", new { job.Id });
                using var acting = actor.ActAs(Actor.OnBehalfOf(job.StartedBy));
                if (state is "undoing") await UndoImport.RunAsync(job.Id, scopes, time, cancellationToken);
                else if (state is "waiting" or "running") await ImportAsync(job, cancellationToken);
                return true;
            }
            finally
            {
                await keeper.ExecuteAsync("SELECT pg_advisory_unlock(hashtextextended('import ' || @Id, 0))", new { job.Id });
            }
        }

        return false;
    }

    private async Task ImportAsync(Job job, CancellationToken cancellationToken)
    {
        // A rehearsal has written nothing to go on from.
        if (job.DryRun) await UpdateAsync(job.Id, "rows_read = 0, received = 0, created = 0, updated = 0, unchanged = 0, rejected = 0", cancellationToken);
        await UpdateAsync(job.Id, "state = 'running'", cancellationToken);
        ImportJob before;
        await using (var scope = scopes.CreateAsyncScope())
        {
            before = (await ImportJob.FindAsync(job.Id, scope.ServiceProvider.GetRequiredService<UnitOfWork>(), cancellationToken))!;
        }

        await using var file = new StoredFile(job.Id, database);
        var kept = before.Rejected;
        var run = intake.Start(KeptProblems, job.DryRun, new IntakeJob(
            job.Id, before.RowsRead, before.Received, before.Created, before.Updated, before.Unchanged, before.Rejected, StoreAsync));
        using var csv = new CsvCustomers(file, job.Source, job.Mapping is null ? null : JsonSerializer.Deserialize<Dictionary<string, string?>>(job.Mapping));
        var refusal = await csv.ReadHeaderAsync(cancellationToken);
        if (refusal is null)
        {
            await csv.ReadRowsAsync(run, cancellationToken);
            await run.CompleteAsync(cancellationToken);
        }

        await using var last = scopes.CreateAsyncScope();
        var unitOfWork = last.ServiceProvider.GetRequiredService<UnitOfWork>();
        await StoreAsync(unitOfWork, run, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            UPDATE import_jobs SET state = @state, error_code = @Code, error_field = @Field, bytes_read = size, finished_at = @now, changed_at = @now WHERE id = @Id;
            DELETE FROM import_chunks WHERE job_id = @Id
            """,
            new { job.Id, state = refusal is null ? "done" : "failed", refusal?.Code, refusal?.Field, now = time.GetUtcNow() },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);

        async Task StoreAsync(UnitOfWork storing, IntakeRun at, CancellationToken token)
        {
            var problems = at.TakeProblems();
            if (kept < KeptProblems) await ImportJob.StoreProblemsAsync(job.Id, problems, storing, token);
            kept += problems.Count;
            await storing.ExecuteAsync(
                """
                UPDATE import_jobs SET rows_read = @RowsRead, bytes_read = @BytesRead, received = @Received, created = @Created, updated = @Updated,
                    unchanged = @Unchanged, rejected = @Rejected, changed_at = @now WHERE id = @Id
                """,
                new { job.Id, at.RowsRead, file.BytesRead, at.Received, at.Created, at.Updated, at.Unchanged, at.Rejected, now = time.GetUtcNow() },
                token);
        }
    }

    private async Task UpdateAsync(Guid id, string set, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync($"UPDATE import_jobs SET {set}, changed_at = @now WHERE id = @id", new { id, now = time.GetUtcNow() });
    }

    [LoggerMessage(LogLevel.Warning, "An import was interrupted; it goes on")]
    private static partial void Interrupted(ILogger log, Exception exception);

    private sealed class Job
    {
        public Guid Id { get; init; }
        public string Source { get; init; } = "";
        public bool DryRun { get; init; }
        public string? Mapping { get; init; }
        public string StartedBy { get; init; } = "";
    }
}

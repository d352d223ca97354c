using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <summary>
/// Works on one job at a time, on every replica: takes the oldest that is due or whose worker's lease has lapsed. An unexpected failure
/// is tried again up to <see cref="MaxAttempts"/> times, a refusal is final.
/// </summary>
internal sealed partial class JobWorker(
    NpgsqlDataSource database, PlannerStatistics statistics, IServiceScopeFactory scopes, ActorAccessor actor, Ids ids, TimeProvider time,
    IOptions<AnalyticsOptions> options, ILogger<JobWorker> log) : BackgroundService
{
    public const int MaxAttempts = 5;
    private const string Fail = "state = 'failed', error_code = @Code, error_message = @Message, finished_at = @now";
    private static readonly Error GivenUp = new("analytics.job_failed", "The job failed unexpectedly; the log of the service tells more.", ErrorKind.Unavailable);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private readonly string _worker = $"{Environment.MachineName}:{Environment.ProcessId}:{ids.Next():N}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RunJobs) return;
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await ClaimAsync(stoppingToken) is { } job) await RunAsync(job, stoppingToken);
                else await Task.Delay(PollInterval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                DatabaseAway(log, exception.Message);
                await Task.Delay(PollInterval * 4, time, stoppingToken);
            }
        }
    }

    private async Task<Job?> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        // One claim at a time, so that of each kind only one job works on a currency: two scoring runs would write the same rows.
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('job_claim', 0))", transaction: transaction);
        var job = await connection.QuerySingleOrDefaultAsync<Job>(new CommandDefinition(
            $"""
            UPDATE jobs SET state = 'running', worker = @_worker, lease_until = @until, attempts = attempts + 1, started_at = coalesce(started_at, @now)
            WHERE id = (
                SELECT id FROM jobs due
                WHERE ((state = 'queued' AND run_after <= @now) OR (state = 'running' AND lease_until < @now))
                  AND NOT EXISTS (
                      SELECT FROM jobs other WHERE other.state = 'running' AND other.lease_until >= @now AND other.kind = due.kind AND other.currency = due.currency)
                ORDER BY run_after, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING {Job.Columns}
            """,
            new { _worker, until = now + options.Value.JobLease, now },
            transaction,
            cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return job;
    }

    private async Task RunAsync(Job job, CancellationToken stoppingToken)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var actingAs = actor.ActAs(Actor.OnBehalfOf(job.CreatedBy));
        var heartbeat = HeartbeatAsync(job, lost);
        try
        {
            if (job.Attempts > MaxAttempts) throw new ErrorException(GivenUp);
            await statistics.RefreshAsync(lost.Token);
            await using var scope = scopes.CreateAsyncScope();
            var handler = scope.ServiceProvider.GetRequiredKeyedService<IJobHandler>(job.Kind);
            await handler.RunAsync(new RunningJob(job, _worker, options.Value.JobLease, time), lost.Token);
            Finished(log, job.Kind, job.Id);
        }
        catch (Exception exception) when (exception is JobLostException || (exception is OperationCanceledException && lost.IsCancellationRequested && !stoppingToken.IsCancellationRequested))
        {
            Lost(log, job.Kind, job.Id);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Handed back at once, for another replica or the next start.
            await ReleaseAsync("state = 'queued', lease_until = NULL, attempts = attempts - 1", job, null, time.GetUtcNow());
            throw;
        }
        catch (ErrorException refusal)
        {
            await ReleaseAsync(Fail, job, refusal.Error, time.GetUtcNow());
        }
        catch (Exception exception)
        {
            Failed(log, job.Kind, job.Id, job.Attempts, exception);
            if (job.Attempts >= MaxAttempts) await ReleaseAsync(Fail, job, GivenUp, time.GetUtcNow());
            else await ReleaseAsync("state = 'queued', lease_until = NULL, run_after = @now", job, null, time.GetUtcNow() + TimeSpan.FromSeconds(Math.Pow(2, job.Attempts)));
        }
        finally
        {
            await lost.CancelAsync();
            await heartbeat;
        }
    }

    /// <summary>Keeps the lease while the job computes; a lease that cannot be kept stops the work.</summary>
    private async Task HeartbeatAsync(Job job, CancellationTokenSource lost)
    {
        var expires = time.GetUtcNow() + options.Value.JobLease;
        while (!lost.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(options.Value.JobLease / 3, time, lost.Token);
                var until = time.GetUtcNow() + options.Value.JobLease;
                await using var connection = await database.OpenConnectionAsync(lost.Token);
                var mine = await connection.ExecuteAsync(new CommandDefinition(
                    "UPDATE jobs SET lease_until = @until WHERE id = @Id AND worker = @_worker AND state = 'running'", new { job.Id, _worker, until }, cancellationToken: lost.Token));
                if (mine == 0) await lost.CancelAsync();
                expires = until;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (time.GetUtcNow() > expires) await lost.CancelAsync();
            }
        }
    }

    private async Task ReleaseAsync(string set, Job job, Error? error, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            $"UPDATE jobs SET {set} WHERE id = @Id AND worker = @_worker AND state = 'running'", new { job.Id, _worker, error?.Code, error?.Message, now });
    }

    [LoggerMessage(LogLevel.Information, "Job {Kind} {Id} is done")]
    private static partial void Finished(ILogger log, string kind, Guid id);

    [LoggerMessage(LogLevel.Warning, "Job {Kind} {Id} was taken over by another worker")]
    private static partial void Lost(ILogger log, string kind, Guid id);

    [LoggerMessage(LogLevel.Error, "Job {Kind} {Id} failed at attempt {Attempt}")]
    private static partial void Failed(ILogger log, string kind, Guid id, int attempt, Exception exception);

    [LoggerMessage(LogLevel.Warning, "No jobs can be taken at the moment: {Reason}")]
    private static partial void DatabaseAway(ILogger log, string reason);
}

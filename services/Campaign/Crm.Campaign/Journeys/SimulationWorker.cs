using System.Text.Json;
using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <summary>
/// Runs simulations slice by slice on every replica: the row is locked while a slice is computed, and report and position move together,
/// so that one that is killed goes on where it was and counts nobody twice. Nothing but the simulation's own row is written.
/// </summary>
internal sealed partial class SimulationWorker(
    IServiceScopeFactory scopes, IOptions<JourneyOptions> options, TimeProvider time, ILogger<SimulationWorker> log) : BackgroundService
{
    private const int MaxAttempts = 5;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Workers == 0) return;
        using var timer = new PeriodicTimer(options.Value.PollInterval, time);
        do
        {
            try
            {
                while (await StepAsync(stoppingToken))
                {
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LookFailed(log, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var job = await unitOfWork.QuerySingleOrDefaultAsync<SimulationJob>(
            $"""
            SELECT {SimulationJob.Columns} FROM journey_simulations WHERE state IN ('queued', 'running') AND run_after <= @now
            ORDER BY run_after, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
            """,
            new { now = time.GetUtcNow() },
            cancellationToken);
        if (job is null) return false;

        try
        {
            var report = JsonSerializer.Deserialize<SimulationReport>(job.Report, JsonSerializerOptions.Web)!;
            var position = await scope.ServiceProvider.GetRequiredService<SimulationSlice>().RunAsync(job, report, cancellationToken);
            await unitOfWork.ExecuteAsync(
                """
                UPDATE journey_simulations SET state = CASE WHEN @position::uuid IS NULL THEN 'succeeded' ELSE 'running' END, position = @position,
                    report = @report::jsonb, attempts = 0, finished_at = CASE WHEN @position::uuid IS NULL THEN @now::timestamptz END
                WHERE id = @Id
                """,
                new { job.Id, position, report = JsonSerializer.Serialize(report, JsonSerializerOptions.Web), now = time.GetUtcNow() },
                cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            SliceFailed(log, job.Id, exception);
            await unitOfWork.DisposeAsync();
            await unitOfWork.ExecuteAsync(
                """
                UPDATE journey_simulations SET attempts = attempts + 1, run_after = @later, state = CASE WHEN attempts + 1 >= @MaxAttempts THEN 'failed' ELSE state END,
                    error = CASE WHEN attempts + 1 >= @MaxAttempts THEN 'The simulation failed unexpectedly; the log of the service tells more.' END
                WHERE id = @Id AND state IN ('queued', 'running')
                """,
                new { job.Id, MaxAttempts, later = time.GetUtcNow().AddSeconds(5) },
                cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
        }

        return true;
    }

    [LoggerMessage(LogLevel.Warning, "Simulations could not be looked for and are looked for again: {Reason}")]
    private static partial void LookFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "A slice of simulation {SimulationId} failed and is tried again")]
    private static partial void SliceFailed(ILogger log, Guid simulationId, Exception exception);
}

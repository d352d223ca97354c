using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <summary>
/// Runs the due timers of all active journeys, on every replica: rows are taken with SKIP LOCKED, a batch of each journey in turn, so that
/// a big journey does not hold up a small one. A journey that fails is tried again; the others go on.
/// </summary>
internal sealed partial class JourneyTimers(
    IServiceScopeFactory scopes, IOptions<JourneyOptions> options, TimeProvider time, ILogger<JourneyTimers> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Workers).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval, time);
        do
        {
            try
            {
                while (await RunAllAsync(stoppingToken))
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

    /// <summary>One batch of each; true when some journey may have more.</summary>
    private async Task<bool> RunAllAsync(CancellationToken cancellationToken)
    {
        var more = false;
        foreach (var journey in await RunningAsync(cancellationToken))
        {
            try
            {
                more |= await RunBatchAsync(journey, cancellationToken) == options.Value.BatchSize;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                BatchFailed(log, journey, exception);
            }
        }

        return more;
    }

    private async Task<IReadOnlyList<Guid>> RunningAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork>().QueryAsync<Guid>(
            """
            SELECT j.id FROM journeys j WHERE j.state = 'active'
                AND EXISTS (SELECT FROM journey_entries e WHERE e.journey_id = j.id AND e.state = 'waiting' AND e.due_at <= @now)
            ORDER BY j.id
            """,
            new { now = time.GetUtcNow() },
            cancellationToken);
    }

    private async Task<int> RunBatchAsync(Guid journey, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var taken = await scope.ServiceProvider.GetRequiredService<JourneyBatch>().RunAsync(journey, cancellationToken);
        await scope.ServiceProvider.GetRequiredService<UnitOfWork>().CommitAsync(cancellationToken);
        return taken;
    }

    [LoggerMessage(LogLevel.Warning, "Due timers of journeys could not be looked for and are looked for again: {Reason}")]
    private static partial void LookFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "A step of journey {JourneyId} failed and is tried again")]
    private static partial void BatchFailed(ILogger log, Guid journeyId, Exception exception);
}

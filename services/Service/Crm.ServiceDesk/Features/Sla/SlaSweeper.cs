using System.Diagnostics.Metrics;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Persistence;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.ServiceDesk.Features.Sla;

/// <summary>
/// Looks for cases of which a clock has come to a step, and settles them: the step and its event are one transaction. Any number of
/// replicas may sweep, rows are taken with SKIP LOCKED. After a standstill every step that was missed is recorded once, in order, as late.
/// How late the oldest is that nobody has recorded is the gauge <c>crm.service.sla.sweep.lag</c>; every replica tells the same, take the
/// maximum. What was recorded is counted by <c>crm.service.sla.steps</c>.
/// </summary>
internal sealed partial class SlaSweeper : BackgroundService
{
    public const int BatchSize = 200;
    private static readonly Meter Meter = new("Crm.ServiceDesk");
    private static readonly Counter<long> Steps = Meter.CreateCounter<long>("crm.service.sla.steps", description: "Steps of clocks that were recorded, by clock, step and whether late");
    private readonly IServiceScopeFactory _scopes;
    private readonly NpgsqlDataSource _database;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger<SlaSweeper> _log;

    public SlaSweeper(IServiceScopeFactory scopes, NpgsqlDataSource database, IOptions<SlaOptions> options, TimeProvider time, ILogger<SlaSweeper> log)
    {
        (_scopes, _database, _interval, _time, _log) = (scopes, database, TimeSpan.FromSeconds(options.Value.SweepSeconds), time, log);
        // Counted when somebody asks, so that it tells of a sweeper that hangs.
        Meter.CreateObservableGauge("crm.service.sla.sweep.lag", Lag, "s", "How late the oldest step of a clock is that was not recorded yet");
    }

    /// <summary>Settles up to one batch of cases and returns how many.</summary>
    internal static async Task<int> SweepBatchAsync(IServiceScopeFactory scopes, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var due = await unitOfWork.QueryAsync<Guid>(
            "SELECT id FROM cases WHERE next_step_at < @now ORDER BY next_step_at LIMIT @BatchSize FOR NO KEY UPDATE SKIP LOCKED",
            new { now = time.GetUtcNow(), BatchSize },
            cancellationToken);
        var recorded = due.Count == 0 ? [] : await scope.ServiceProvider.GetRequiredService<CaseClockStore>().SettleAsync(due, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        Count(recorded);
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, _time);
        do
        {
            try
            {
                while (await SweepBatchAsync(_scopes, _time, stoppingToken) == BatchSize)
                {
                    // More are due.
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                SweepFailed(_log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal double Lag()
    {
        using var connection = _database.OpenConnection();
        return connection.ExecuteScalar<double>("SELECT greatest(0, coalesce(extract(epoch FROM @now - min(next_step_at)), 0))::float8 FROM cases", new { now = _time.GetUtcNow() });
    }

    /// <summary>Zeros too: a counter that appears with its first step shows no rise of it.</summary>
    private static void Count(IReadOnlyList<RecordedStep> recorded)
    {
        foreach (var clock in Enum.GetValues<CaseClock>())
        {
            foreach (var step in Enum.GetValues<ClockStep>())
            {
                foreach (var late in new[] { false, true })
                {
                    Steps.Add(
                        recorded.Count(one => one.Step.Clock == clock && one.Step.Step == step && one.IsLate == late),
                        new("clock", clock.ToString()), new("step", step.ToString()), new("late", late ? "true" : "false"));
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Clocks of cases could not be swept and are swept again")]
    private static partial void SweepFailed(ILogger log, Exception exception);
}

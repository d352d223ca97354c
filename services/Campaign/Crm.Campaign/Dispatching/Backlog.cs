using System.Diagnostics.Metrics;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Dispatching;

/// <summary>
/// How many recipients of running campaigns wait, and how many deliveries are unknown, by channel, as the gauge
/// <c>crm.campaign.backlog</c>. Every replica tells the same number: take the maximum, not the sum.
/// </summary>
internal sealed partial class Backlog : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly Meter Meter = new("Crm.Campaign");
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _time;
    private readonly ILogger<Backlog> _log;
    private volatile IReadOnlyList<Waiting> _waiting = [];

    public Backlog(IServiceScopeFactory scopes, TimeProvider time, ILogger<Backlog> log)
    {
        (_scopes, _time, _log) = (scopes, time, log);
        Meter.CreateObservableGauge<long>("crm.campaign.backlog", Measure,
            description: "Recipients of running campaigns that wait (planned), and deliveries that may have arrived or not (unknown)");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _waiting = await CountAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                CountFailed(_log, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Zeros too: a gauge that vanishes when all is sent leaves its last value on the dashboards.</summary>
    private IEnumerable<Measurement<long>> Measure() =>
        from channel in ChannelNames.All
        from state in new[] { "planned", "unknown" }
        let row = _waiting.FirstOrDefault(row => row.Channel == channel && row.State == state)
        select new Measurement<long>(row?.Recipients ?? 0, new("channel", channel), new("state", state));

    internal async Task<IReadOnlyList<Waiting>> CountAsync(CancellationToken cancellationToken)
    {
        await using var scope = _scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork>().QueryAsync<Waiting>(
            """
            SELECT c.channel, 'planned' AS state, sum(k.recipients - k.sent - k.failed - k.skipped - k.unknown)::bigint AS recipients
            FROM campaigns c JOIN chunks k ON k.campaign_id = c.id AND k.recipients > k.sent + k.failed + k.skipped + k.unknown
            WHERE c.state = 'sending' GROUP BY c.channel
            UNION ALL
            SELECT channel, 'unknown', count(*) FROM deliveries WHERE state = 'unknown' GROUP BY channel
            """,
            null,
            cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "The backlog could not be counted and is counted again: {Reason}")]
    private static partial void CountFailed(ILogger log, string reason);

    internal sealed record Waiting(string Channel, string State, long Recipients);
}

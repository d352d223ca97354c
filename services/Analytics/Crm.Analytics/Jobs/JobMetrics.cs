using System.Diagnostics.Metrics;
using Dapper;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <summary>
/// How the jobs are doing, as gauges by kind: <c>crm.jobs</c> (queued, running, failed in the last day), <c>crm.jobs.progress</c> (0 to 1 of
/// the one that runs) and <c>crm.jobs.age</c> (how long the oldest unfinished one has been there). Every replica tells the same: take the maximum.
/// </summary>
internal sealed partial class JobMetrics : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly Meter Meter = new("Crm.Analytics.Jobs");
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _time;
    private readonly ILogger<JobMetrics> _log;
    private volatile IReadOnlyList<Row> _rows = [];

    public JobMetrics(NpgsqlDataSource database, TimeProvider time, ILogger<JobMetrics> log)
    {
        (_database, _time, _log) = (database, time, log);
        Meter.CreateObservableGauge("crm.jobs", () => _rows.SelectMany(row => new[] { Of(row, row.Queued, "queued"), Of(row, row.Running, "running"), Of(row, row.Failed, "failed") }), description: "Jobs by kind and state");
        Meter.CreateObservableGauge("crm.jobs.progress", () => _rows.Select(row => new Measurement<double>(row.Progress, new KeyValuePair<string, object?>("kind", row.Kind))), description: "How far the running job is, 0 to 1");
        Meter.CreateObservableGauge("crm.jobs.age", () => _rows.Select(row => new Measurement<double>(row.Age, new KeyValuePair<string, object?>("kind", row.Kind))), "s", "Age of the oldest unfinished job");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _rows = await ReadAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                ReadFailed(_log, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<IReadOnlyList<Row>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<Row>(new CommandDefinition(
            """
            SELECT k.kind,
                   count(*) FILTER (WHERE j.state = 'queued') AS queued, count(*) FILTER (WHERE j.state = 'running') AS running,
                   count(*) FILTER (WHERE j.state = 'failed') AS failed,
                   coalesce(max(j.done::float8 / nullif(j.total, 0)) FILTER (WHERE j.state = 'running'), 0) AS progress,
                   coalesce(extract(epoch FROM @now - min(j.created_at) FILTER (WHERE j.state IN ('queued', 'running'))), 0)::float8 AS age
            FROM unnest(@kinds) AS k(kind)
            LEFT JOIN jobs j ON j.kind = k.kind AND (j.state IN ('queued', 'running') OR (j.state = 'failed' AND j.finished_at > @now - interval '1 day'))
            GROUP BY k.kind
            """,
            new { now = _time.GetUtcNow(), kinds = new[] { JobKind.ModelFit, JobKind.ScoringRun } },
            cancellationToken: cancellationToken))).AsList();
    }

    private static Measurement<long> Of(Row row, long count, string state) => new(count, new("kind", row.Kind), new("state", state));

    [LoggerMessage(LogLevel.Warning, "The jobs could not be counted and are counted again: {Reason}")]
    private static partial void ReadFailed(ILogger log, string reason);

    private sealed record Row(string Kind, long Queued, long Running, long Failed, double Progress, double Age);
}

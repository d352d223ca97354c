using Crm.Analytics.Features.Reports;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <summary>
/// Queues the runs of reports that have come due. Every replica looks; the row's lock and the job's schedule key let one run through for
/// each due time. After a standstill a report is made once, for the last time that it was due.
/// </summary>
internal sealed partial class ReportScheduler(IServiceScopeFactory scopes, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<ReportScheduler> log) : BackgroundService
{
    private const int Batch = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RunJobs) return;
        using var timer = new PeriodicTimer(options.Value.ReportPoll, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await QueueDueAsync(scope.ServiceProvider.GetRequiredService<UnitOfWork>(), scope.ServiceProvider.GetRequiredService<JobStore>(), time.GetUtcNow(), stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Failed(log, exception.Message);
            }
        }
    }

    /// <returns>How many runs were queued.</returns>
    internal static async Task<int> QueueDueAsync(UnitOfWork unitOfWork, JobStore jobs, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = await unitOfWork.QueryAsync<SavedReports.Row>(
            $"SELECT {SavedReports.Columns} FROM saved_reports WHERE next_due_at <= @now ORDER BY next_due_at LIMIT @Batch FOR UPDATE SKIP LOCKED",
            new { now, Batch }, cancellationToken);
        foreach (var report in due.Select(row => row.ToResponse()))
        {
            var schedule = report.Schedule!;
            var (last, next) = (report.NextDueAt!.Value, schedule.NextAfter(report.NextDueAt!.Value));
            while (next <= now) (last, next) = (next, schedule.NextAfter(next));
            await jobs.AddAsync(
                JobKind.Report, report.Definition.Currency, ReportParams.Of(report, schedule.DayOf(last), last), $"report {report.Id} {last.UtcDateTime:O}", cancellationToken);
            await unitOfWork.ExecuteAsync("UPDATE saved_reports SET next_due_at = @next WHERE id = @Id", new { report.Id, next }, cancellationToken);
        }

        if (due.Count > 0) await unitOfWork.CommitAsync(cancellationToken);
        else await unitOfWork.DisposeAsync();
        return due.Count;
    }

    [LoggerMessage(LogLevel.Warning, "Due reports could not be queued and are tried again: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

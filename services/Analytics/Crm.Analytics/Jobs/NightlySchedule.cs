using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <summary>Once a night, per currency: refits the models and rescores everybody; forgets old tables of reports. All replicas ask; the schedule key lets one through.</summary>
internal sealed partial class NightlySchedule(
    IServiceScopeFactory scopes, BusinessCalendar calendar, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<NightlySchedule> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RunJobs || options.Value.NightlyAt is not { } at) return;
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), time);
        DateOnly? last = calendar.TimeOfDay < at ? null : calendar.Today;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var today = calendar.Today;
            if (today == last || calendar.TimeOfDay < at) continue;
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await AskAsync(scope.ServiceProvider, today, stoppingToken);
                last = today;
            }
            catch (NpgsqlException exception)
            {
                Failed(log, exception.Message);
            }
        }
    }

    /// <summary>Queues the refit of each currency that has enough customers.</summary>
    internal async Task AskAsync(IServiceProvider services, DateOnly today, CancellationToken cancellationToken)
    {
        var unitOfWork = services.GetRequiredService<UnitOfWork>();
        var features = services.GetRequiredService<FeatureQueries>();
        var currencies = await unitOfWork.QueryAsync<string>(
            "SELECT currency FROM customers GROUP BY currency HAVING count(*) >= @MinCustomers", new { options.Value.MinCustomers }, cancellationToken);
        foreach (var currency in currencies)
        {
            if (await features.CurrentAsOfAsync(currency, cancellationToken) is not { } asOf) continue;
            await services.GetRequiredService<JobStore>().AddAsync(
                JobKind.ModelFit, currency, new ModelFitParams(asOf, ThenScore: true, Named: false), $"nightly {today:yyyy-MM-dd} {currency}", cancellationToken);
            await AskForInsightAsync(services.GetRequiredService<JobStore>(), currency, asOf, today, cancellationToken);
        }

        await services.GetRequiredService<JobStore>().AddAsync(
            JobKind.IssueScan, IssueScanJob.AnyCurrency, new IssueScanParams(today), $"nightly {today:yyyy-MM-dd} issues", cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            DELETE FROM report_outputs o USING jobs j WHERE j.id = o.run_id AND j.finished_at < @before
                AND EXISTS (SELECT FROM report_outputs newer WHERE newer.report_id = o.report_id AND newer.run_id > o.run_id)
            """,
            new { before = time.GetUtcNow() - options.Value.ReportRetention },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    /// <summary>Offers first, since alerts look at them; scores are as fresh as the last purchase.</summary>
    private async Task AskForInsightAsync(JobStore jobs, string currency, DateOnly asOf, DateOnly today, CancellationToken cancellationToken)
    {
        var night = $"nightly {today:yyyy-MM-dd} {currency}";
        await jobs.AddAsync(JobKind.OfferRules, currency, new OfferRulesParams(asOf.AddMonths(-options.Value.RfmWindowMonths), asOf), night + " offers", cancellationToken);
        await jobs.AddAsync(JobKind.AlertScan, currency, new AlertScanParams(asOf), night + " alerts", cancellationToken);
        await jobs.AddAsync(JobKind.Segmentation, currency, new SegmentationParams(8), night + " segments", cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "The nightly refit could not be queued and is tried again in a minute: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

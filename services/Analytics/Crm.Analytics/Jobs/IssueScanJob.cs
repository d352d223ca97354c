using Crm.Analytics.Models.Inference;
using Crm.Analytics.Models.Signals;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Jobs;

internal sealed record IssueScanParams(DateOnly AsOf);

internal sealed record IssueScanResult(int Streams, int Alarms, int Raised);

/// <summary>
/// Watches the returns and complaints of every product: CUSUM over the last 26 weeks against the Gamma-Poisson baseline of the 26 before,
/// then a false discovery rate of 5 % over all streams of the scan. Each signal is one transaction.
/// </summary>
internal sealed class IssueScanJob(UnitOfWork unitOfWork, ProductIssueStore issues) : IJobHandler
{
    public const string AnyCurrency = "XXX"; // ISO 4217: no currency is involved
    private const double FalseDiscoveryRate = 0.05;
    private static readonly string[] Signals = [ProductIssueStore.Returns, ProductIssueStore.Complaints];

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var asOf = job.Job.ParamsAs<IssueScanParams>().AsOf;
        var result = job.Job.ResultAs<IssueScanResult>() ?? new IssueScanResult(0, 0, 0);
        for (var done = (int)job.Job.Done; done < Signals.Length; done++)
        {
            var streams = await issues.StreamsAsync(Signals[done], asOf, sku: null, cancellationToken);
            var alarms = Alarms(streams);
            var raised = 0;
            foreach (var (stream, alarm) in alarms)
            {
                var beganOn = asOf.AddDays(1 - (7 * (RateStream.BaselinePeriods - Math.Min(alarm.ChangedAt, RateStream.BaselinePeriods - 1))));
                var (lot, reasons) = await issues.ExplainAsync(stream.Sku, beganOn, asOf, cancellationToken);
                if (await issues.RaiseAsync(job.Job.Id, stream, Signals[done], beganOn, alarm, lot, reasons, cancellationToken)) raised++;
            }

            result = new IssueScanResult(result.Streams + streams.Count, result.Alarms + alarms.Count, result.Raised + raised);
            await job.StoreResultAsync(unitOfWork, result, cancellationToken);
            await job.SaveAsync(unitOfWork, Signals[done], done + 1, Signals.Length, null, cancellationToken);
        }

        await job.CompleteAsync(unitOfWork, cancellationToken, result);
    }

    /// <summary>The streams that ring, less those that so many streams would ring by chance.</summary>
    internal static List<(ProductStream Stream, RateAlarm Alarm)> Alarms(IReadOnlyList<ProductStream> streams)
    {
        var half = RateStream.BaselinePeriods;
        var (allEvents, allExposure) = (streams.Sum(stream => stream.Weeks[..half].Sum(week => week.Events)), streams.Sum(stream => stream.Weeks[..half].Sum(week => week.Exposure)));
        // Nothing sold before: the rate of the watched weeks themselves is the only one there is.
        var overall = allExposure > 0
            ? (allEvents + 0.5) / (allExposure + 1)
            : (streams.Sum(stream => stream.Weeks[half..].Sum(week => week.Events)) + 0.5) / (streams.Sum(stream => stream.Weeks[half..].Sum(week => week.Exposure)) + 1);
        var watched = streams.Select(stream =>
        {
            var (events, exposure) = (stream.Weeks[..half].Sum(week => week.Events), stream.Weeks[..half].Sum(week => week.Exposure));
            var baseline = RateStream.Baseline(events, exposure, overall, PriorExposure(overall));
            return (stream, Alarm: RateStream.Watch(stream.Weeks[half..], baseline, launched: exposure <= 0));
        }).ToArray();
        var threshold = FalseDiscovery.Threshold(watched.Select(item => item.Alarm?.P ?? 1), FalseDiscoveryRate);
        return [.. watched.Where(item => item.Alarm is { } alarm && alarm.P <= threshold).Select(item => (item.stream, item.Alarm!))];
    }

    /// <summary>The prior weighs as much as exposure that brings two events.</summary>
    private static double PriorExposure(double overallRate) => 2 / overallRate;
}

using Crm.Analytics.Models.Inference;

namespace Crm.Analytics.Models.Signals;

/// <summary>A period of a stream: so many events among so much exposure (returns among units shipped).</summary>
public readonly record struct RatePeriod(long Events, double Exposure);

/// <summary>A rate that has risen.</summary>
/// <param name="Score">C_t of the CUSUM at the end.</param>
/// <param name="Limit">Alarm at this score.</param>
/// <param name="ChangedAt">Index of the first period after the last zero of C: the best guess of when it began.</param>
/// <param name="RateRatio">Observed over expected since then, with its exact 95 % interval.</param>
/// <param name="P">Chance of so many events since then at the baseline rate, times the number of periods it could have begun in (Bonferroni).</param>
public sealed record RateAlarm(
    double Score, double Limit, int ChangedAt, long Events, double Expected, double RateRatio, double RatioLow, double RatioHigh, double P);

/// <summary>Watches one stream of events by the log-likelihood-ratio CUSUM for a rate that has grown by the factor ρ.</summary>
public static class RateStream
{
    public const double Ratio = 2;
    public const double TargetArl = 400;
    public const int BaselinePeriods = 26;
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<double, double> Limits = new();

    /// <summary>
    /// Baseline λ0 of each stream: (events + s·prior) / (exposure + s), the mean of the Gamma-Poisson posterior whose prior is the rate of
    /// all streams together, worth <paramref name="priorExposure"/> units of exposure.
    /// </summary>
    public static double Baseline(long events, double exposure, double overallRate, double priorExposure) =>
        exposure + priorExposure > 0 ? (events + (priorExposure * overallRate)) / (exposure + priorExposure) : 0;

    /// <summary>Null while the chart is below its limit, and where there is no baseline to compare with.</summary>
    /// <param name="launched">The product is new: the chart starts at half its limit.</param>
    public static RateAlarm? Watch(IReadOnlyList<RatePeriod> periods, double baseline, bool launched)
    {
        if (periods.Count == 0 || !(baseline > 0)) return null;
        var meanEvents = periods.Average(period => period.Exposure) * baseline;
        if (!(meanEvents > 0)) return null;

        var limit = LimitOf(meanEvents);
        var score = launched ? limit / 2 : 0;
        var (start, events, expected) = (0, 0L, 0.0);
        for (var t = 0; t < periods.Count; t++)
        {
            score += (periods[t].Events * Math.Log(Ratio)) - (periods[t].Exposure * baseline * (Ratio - 1));
            events += periods[t].Events;
            expected += periods[t].Exposure * baseline;
            if (score <= 0) (score, start, events, expected) = (0, t + 1, 0, 0);
        }

        if (score < limit || events == 0 || !(expected > 0)) return null;
        var (low, high) = GammaDistribution.PoissonInterval(events, 0.95);
        return new RateAlarm(
            score, limit, start, events, expected, events / expected, low / expected, high / expected,
            Math.Min(1, periods.Count * GammaDistribution.PoissonAtLeast(events, expected)));
    }

    /// <summary>Limits are looked up on a grid of the expected count (steps of a quarter of a power of two), on the safe side.</summary>
    private static double LimitOf(double mean)
    {
        var rounded = Math.Pow(2, Math.Round(Math.Log2(Math.Clamp(mean, 0.01, 200)) * 4) / 4);
        return Limits.GetOrAdd(rounded, key => Cusum.LimitFor(key, Ratio, TargetArl));
    }
}

namespace Crm.Analytics.Models;

/// <summary>A number with its interval.</summary>
public readonly record struct Estimate(double Value, double Low, double High);

/// <summary>Intervals of shares, means and the net promoter score.</summary>
public static class Intervals
{
    // The t distribution with so many degrees of freedom is the normal one to more digits than are shown.
    private const double Many = 1e9;

    /// <summary>z with P(|Z| &gt; z) = 1 - confidence.</summary>
    public static double NormalCritical(double confidence) => StudentT.Critical(1 - confidence, Many);

    /// <summary>Score interval of Wilson (1927) for a share; null without observations.</summary>
    public static Estimate? Wilson(double successes, double n, double confidence = 0.95)
    {
        if (!(n > 0)) return null;
        var (z, p) = (NormalCritical(confidence), successes / n);
        var (centre, spread, scale) = (p + (z * z / (2 * n)), z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n))), 1 + (z * z / n));
        return new Estimate(p, successes <= 0 ? 0 : (centre - spread) / scale, successes >= n ? 1 : (centre + spread) / scale);
    }

    /// <summary>Mean with Student's t interval; null without observations, without an interval (NaN-free: the value itself) for one.</summary>
    public static Estimate? Mean(double sum, double sumOfSquares, long n, double confidence = 0.95)
    {
        if (n < 1) return null;
        var mean = sum / n;
        if (n == 1) return new Estimate(mean, mean, mean);
        var variance = Math.Max(0, (sumOfSquares - (n * mean * mean)) / (n - 1));
        var margin = StudentT.Critical(1 - confidence, n - 1) * Math.Sqrt(variance / n);
        return new Estimate(mean, mean - margin, mean + margin);
    }

    /// <summary>
    /// NPS = 100 (P - D) / n with the adjusted Wald interval (n' = n + 3, P' = P + 3/4, D' = D + 3/4), clamped to [-100, 100]: best of
    /// those compared by Rocks (2016), "Interval estimation for the net promoter score", The American Statistician 70(4).
    /// </summary>
    public static Estimate? NetPromoterScore(long promoters, long detractors, long n, double confidence = 0.95)
    {
        if (n < 1) return null;
        var (centre, error) = AdjustedNps(promoters, detractors, n);
        var margin = NormalCritical(confidence) * error;
        return new Estimate(100.0 * (promoters - detractors) / n, Math.Max(-100, 100 * (centre - margin)), Math.Min(100, 100 * (centre + margin)));
    }

    /// <summary>Difference of two waves on the same variances; only an interval without 0 is a change.</summary>
    public static Estimate? NpsDifference((long Promoters, long Detractors, long N) now, (long Promoters, long Detractors, long N) before, double confidence = 0.95)
    {
        if (now.N < 1 || before.N < 1) return null;
        var ((centre, error), (centreBefore, errorBefore)) = (AdjustedNps(now.Promoters, now.Detractors, now.N), AdjustedNps(before.Promoters, before.Detractors, before.N));
        var margin = NormalCritical(confidence) * Math.Sqrt((error * error) + (errorBefore * errorBefore));
        var value = (100.0 * (now.Promoters - now.Detractors) / now.N) - (100.0 * (before.Promoters - before.Detractors) / before.N);
        return new Estimate(value, 100 * (centre - centreBefore - margin), 100 * (centre - centreBefore + margin));
    }

    private static (double Centre, double Error) AdjustedNps(long promoters, long detractors, long n)
    {
        var m = n + 3.0;
        var (p, d) = ((promoters + 0.75) / m, (detractors + 0.75) / m);
        return (p - d, Math.Sqrt((p + d - ((p - d) * (p - d))) / m));
    }
}

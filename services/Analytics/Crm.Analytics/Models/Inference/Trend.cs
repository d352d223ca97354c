namespace Crm.Analytics.Models.Inference;

public enum TrendDirection
{
    Flat,
    Rising,
    Falling,
}

/// <summary>A series' direction, robust to single outliers.</summary>
/// <param name="Slope">Theil-Sen: the median of all pairwise slopes, per step.</param>
/// <param name="RelativeSlope">Slope over the median level; null where that is 0.</param>
/// <param name="P">Mann-Kendall, two-sided, with ties and continuity corrected (Kendall 1975).</param>
public sealed record Trend(double Slope, double? RelativeSlope, double P)
{
    public const double Level = 0.05;

    public TrendDirection Direction => P >= Level || Slope == 0 ? TrendDirection.Flat : Slope > 0 ? TrendDirection.Rising : TrendDirection.Falling;

    /// <summary>Null with fewer than four values, about which nothing can be said, or with one that is not a number.</summary>
    public static Trend? Of(ReadOnlySpan<double> values)
    {
        var n = values.Length;
        if (n < 4) return null;
        foreach (var value in values)
        {
            if (!double.IsFinite(value)) return null;
        }

        var slopes = new List<double>(n * (n - 1) / 2);
        var s = 0;
        for (var i = 0; i < n; i++)
        {
            for (var j = i + 1; j < n; j++)
            {
                slopes.Add((values[j] - values[i]) / (j - i));
                s += Math.Sign(values[j] - values[i]);
            }
        }

        var ties = 0.0;
        foreach (var group in values.ToArray().GroupBy(value => value))
        {
            double t = group.Count();
            ties += t * (t - 1) * ((2 * t) + 5);
        }

        var variance = (((double)n * (n - 1) * ((2 * n) + 5)) - ties) / 18;
        var z = variance > 0 ? (s - Math.Sign(s)) / Math.Sqrt(variance) : 0;
        var level = Robust.Median(values.ToArray());
        var slope = Robust.Median([.. slopes]);
        return new Trend(slope, level == 0 ? null : slope / Math.Abs(level), GammaDistribution.NormalTwoSided(z));
    }
}

/// <summary>Location and spread that a few wild values do not move.</summary>
public static class Robust
{
    public static double Median(double[] values)
    {
        if (values.Length == 0) throw new ArgumentException("No values.", nameof(values));
        var sorted = values.Order().ToArray();
        var half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>1.4826 times the median absolute deviation: σ of a normal sample.</summary>
    public static double Sigma(double[] values)
    {
        var median = Median(values);
        return 1.4826 * Median([.. values.Select(value => Math.Abs(value - median))]);
    }
}

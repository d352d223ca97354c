namespace Crm.Analytics.Models.Voice;

/// <summary>Mean of p(positive) - p(negative), -1 to 1, with a 95 % percentile bootstrap interval (Efron 1979) from a fixed seed.</summary>
/// <param name="Reason">Why there is no interval: fewer than <see cref="LeastTexts"/> texts.</param>
public sealed record SentimentIndex(double? Value, double? Low, double? High, int N, string? Reason)
{
    public const int LeastTexts = 30;
    public const int Resamples = 400;

    /// <summary>Above so many, a fixed random part of them stands for all in the resamples; the interval is scaled to the whole.</summary>
    public const int MaxResampled = 4000;

    public static SentimentIndex Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0) return new SentimentIndex(null, null, null, 0, "no_texts");
        var mean = values.Average();
        if (values.Count < LeastTexts) return new SentimentIndex(mean, null, null, values.Count, "n_below_30");
        var random = new Random(values.Count);
        var n = Math.Min(values.Count, MaxResampled);
        var scale = Math.Sqrt((double)n / values.Count);
        var means = new double[Resamples];
        for (var resample = 0; resample < Resamples; resample++)
        {
            var sum = 0.0;
            for (var i = 0; i < n; i++) sum += values[random.Next(values.Count)];
            means[resample] = sum / n;
        }

        Array.Sort(means);
        return new SentimentIndex(mean, mean + (scale * (means[(int)(0.025 * Resamples)] - mean)), mean + (scale * (means[(int)(0.975 * Resamples) - 1] - mean)), values.Count, null);
    }
}

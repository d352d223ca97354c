namespace Crm.Campaign.Domain.Experiments;

/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct Interval(double Low, double High);

/// <summary>How many of how many.</summary>
internal readonly record struct Share(long Successes, long Trials)
{
    public double Rate => Trials == 0 ? 0 : (double)Successes / Trials;
}

/// <summary>The textbook methods for shares, each named.</summary>
internal static class Proportions
{
    /// <summary>Below this expected number in any cell the normal approximation is not used (Cochran 1954).</summary>
    public const double SmallestExpected = 5;

    /// <summary>Score interval (Wilson 1927).</summary>
    public static Interval Wilson(Share share, double z)
    {
        if (share.Trials == 0) return new Interval(0, 1);
        var (n, p) = ((double)share.Trials, share.Rate);
        var centre = p + (z * z / (2 * n));
        var spread = z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n)));
        var scale = 1 + (z * z / n);
        return new Interval(share.Successes == 0 ? 0 : Math.Max(0, (centre - spread) / scale), share.Successes == share.Trials ? 1 : Math.Min(1, (centre + spread) / scale));
    }

    /// <summary>Interval of the difference <paramref name="a"/> - <paramref name="b"/> from the two score intervals (Newcombe 1998, method 10).</summary>
    public static Interval Newcombe(Share a, Share b, double z)
    {
        var (first, second, difference) = (Wilson(a, z), Wilson(b, z), a.Rate - b.Rate);
        return new Interval(
            difference - Math.Sqrt(Square(a.Rate - first.Low) + Square(second.High - b.Rate)),
            difference + Math.Sqrt(Square(first.High - a.Rate) + Square(b.Rate - second.Low)));
    }

    /// <summary>Whether every cell of the two-by-two table has at least <see cref="SmallestExpected"/> expected.</summary>
    public static bool EnoughForNormal(Share a, Share b)
    {
        var (trials, successes) = (a.Trials + b.Trials, a.Successes + b.Successes);
        if (trials == 0) return false;
        var smallest = (double)Math.Min(a.Trials, b.Trials) / trials;
        return smallest * Math.Min(successes, trials - successes) >= SmallestExpected;
    }

    /// <summary>Two-sided p of equal shares: two-proportion z with the pooled variance.</summary>
    public static double ZTest(Share a, Share b)
    {
        var trials = a.Trials + b.Trials;
        var pooled = (double)(a.Successes + b.Successes) / trials;
        var variance = pooled * (1 - pooled) * ((1.0 / a.Trials) + (1.0 / b.Trials));
        return variance > 0 ? 2 * Normal.UpperTail(Math.Abs(a.Rate - b.Rate) / Math.Sqrt(variance)) : 1;
    }

    /// <summary>Two-sided p of equal shares by Fisher's exact test: all tables with these margins that are no more likely than the one seen.</summary>
    public static double FisherTest(Share a, Share b)
    {
        var (trials, successes) = (a.Trials + b.Trials, a.Successes + b.Successes);
        if (a.Trials == 0 || b.Trials == 0 || successes == 0 || successes == trials) return 1;
        double LogProbability(long inA) =>
            LogChoose(a.Trials, inA) + LogChoose(b.Trials, successes - inA) - LogChoose(trials, successes);

        var seen = LogProbability(a.Successes);
        var sum = 0.0;
        for (var inA = Math.Max(0, successes - b.Trials); inA <= Math.Min(a.Trials, successes); inA++)
        {
            var probability = LogProbability(inA);
            if (probability <= seen + 1e-7) sum += Math.Exp(probability);
        }

        return Math.Min(1, sum);
    }

    /// <summary>p-values adjusted for being several (Holm 1979), in the order given.</summary>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var largest = 0.0;
        foreach (var (value, index, rank) in p.Select((value, index) => (value, index)).OrderBy(pair => pair.value).Select((pair, rank) => (pair.value, pair.index, rank)))
        {
            largest = Math.Max(largest, Math.Min(1, value * (p.Count - rank)));
            adjusted[index] = largest;
        }

        return adjusted;
    }

    /// <summary>Recipients per arm to find the difference between two shares with that power (Fleiss, Levin and Paik 2003, without correction).</summary>
    public static long SampleSize(double baseline, double effect, double alpha, double power)
    {
        var other = baseline + effect;
        var mean = (baseline + other) / 2;
        var (za, zb) = (Normal.Quantile(1 - (alpha / 2)), Normal.Quantile(power));
        var numerator = (za * Math.Sqrt(2 * mean * (1 - mean))) + (zb * Math.Sqrt((baseline * (1 - baseline)) + (other * (1 - other))));
        return (long)Math.Ceiling(Square(numerator / effect));
    }

    private static double Square(double x) => x * x;

    private static double LogChoose(long n, long k) => LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);

    /// <summary>Stirling's series (DLMF 5.11.1) above 20, products below.</summary>
    private static double LogFactorial(long n)
    {
        if (n < 20)
        {
            var product = 1.0;
            for (var i = 2; i <= n; i++) product *= i;
            return Math.Log(product);
        }

        var x = n + 1.0;
        var y = 1 / (x * x);
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + ((1.0 / 12 - (y * (1.0 / 360 - (y * (1.0 / 1260 - (y / 1680)))))) / x);
    }
}

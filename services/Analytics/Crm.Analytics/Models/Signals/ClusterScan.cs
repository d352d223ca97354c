namespace Crm.Analytics.Models.Signals;

/// <summary>A place (a lot, a region) with its events and its exposure.</summary>
public readonly record struct ScanCell(string Key, long Events, double Exposure);

/// <param name="Expected">Events it would have at the rate of all cells together.</param>
/// <param name="P">Share of random distributions, and the observed one, whose strongest cell is at least as strong.</param>
public sealed record ScanCluster(string Key, long Events, double Expected, double LogLikelihoodRatio, double P);

/// <summary>Poisson scan for the cell whose rate is too high (Kulldorff 1997), its p-value by random redistribution of the events.</summary>
public static class ClusterScan
{
    public const int Permutations = 999;

    /// <summary>c ln(c/E) + (C-c) ln((C-c)/(C-E)) where c is above E, else 0.</summary>
    public static double LogLikelihoodRatio(long events, double expected, long total)
    {
        if (!(events > expected) || !(expected > 0)) return 0;
        var outside = total - events;
        return (events * Math.Log(events / expected)) + (outside > 0 ? outside * Math.Log(outside / (total - expected)) : 0);
    }

    /// <summary>The strongest cell; null without events or exposure, or where no cell is above its expectation. The seed makes it reproducible.</summary>
    public static ScanCluster? Strongest(IReadOnlyList<ScanCell> cells, int seed, int permutations = Permutations)
    {
        var total = cells.Sum(cell => cell.Events);
        var exposure = cells.Sum(cell => cell.Exposure);
        if (total == 0 || !(exposure > 0) || cells.Count < 2) return null;

        var expected = cells.Select(cell => total * cell.Exposure / exposure).ToArray();
        var (best, strength) = (-1, 0.0);
        for (var i = 0; i < cells.Count; i++)
        {
            var ratio = LogLikelihoodRatio(cells[i].Events, expected[i], total);
            if (ratio > strength) (best, strength) = (i, ratio);
        }

        if (best < 0) return null;
        var random = new Random(seed);
        var (cumulative, counts) = (new double[cells.Count], new long[cells.Count]);
        var sum = 0.0;
        for (var i = 0; i < cells.Count; i++) cumulative[i] = sum += cells[i].Exposure / exposure;
        var asStrong = 1;
        for (var permutation = 0; permutation < permutations; permutation++)
        {
            Array.Clear(counts);
            for (var e = 0L; e < total; e++)
            {
                var at = Array.BinarySearch(cumulative, random.NextDouble());
                counts[Math.Min(at < 0 ? ~at : at, cells.Count - 1)]++;
            }

            for (var i = 0; i < cells.Count; i++)
            {
                if (LogLikelihoodRatio(counts[i], expected[i], total) < strength) continue;
                asStrong++;
                break;
            }
        }

        return new ScanCluster(cells[best].Key, cells[best].Events, expected[best], strength, (double)asStrong / (permutations + 1));
    }
}

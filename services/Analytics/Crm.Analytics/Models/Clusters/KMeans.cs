namespace Crm.Analytics.Models.Clusters;

/// <param name="Centres">In the units of the standardised features; ordered by the first feature, highest first, so that numbers are stable.</param>
/// <param name="Members">Cluster of each row.</param>
/// <param name="Silhouette">Mean simplified silhouette (distances to centres): 1 for clear-cut, 0 for arbitrary.</param>
public sealed record Clustering(double[][] Centres, int[] Members, double Inertia, double Silhouette)
{
    public int[] Sizes => [.. Enumerable.Range(0, Centres.Length).Select(cluster => Members.Count(member => member == cluster))];
}

/// <summary>
/// k-means by Lloyd's iteration (1982) from k-means++ starts (Arthur and Vassilvitskii 2007). The seed makes it reproducible; rows that are
/// not finite are refused.
/// </summary>
public static class KMeans
{
    private const int Restarts = 8;
    private const int MaxIterations = 100;

    /// <summary>Below this silhouette the rows do not fall into groups, and saying so is better than cutting them anyway.</summary>
    public const double LeastSilhouette = 0.25;

    /// <summary>The number of clusters from 2 to <paramref name="maxClusters"/> with the best silhouette; null where no cut is good enough.</summary>
    public static Clustering? Best(double[][] rows, int maxClusters, int seed, CancellationToken cancellationToken = default) =>
        Enumerable.Range(2, Math.Max(0, maxClusters - 1)).Where(k => k < Distinct(rows))
            .Select(k => Fit(rows, k, seed, cancellationToken))
            .Where(clustering => clustering.Silhouette >= LeastSilhouette)
            .MaxBy(clustering => clustering.Silhouette);

    public static Clustering Fit(double[][] rows, int k, int seed, CancellationToken cancellationToken = default)
    {
        if (k < 1 || rows.Length < k) throw new ArgumentOutOfRangeException(nameof(k), k, "From 1 to the number of rows.");
        if (rows.Any(row => row.Any(value => !double.IsFinite(value)))) throw new ArgumentException("A row is not finite.", nameof(rows));
        var random = new Random(seed);
        return Enumerable.Range(0, Restarts).Select(_ => Once(rows, k, random, cancellationToken)).MinBy(clustering => clustering.Inertia)!;
    }

    /// <summary>Columns to mean 0 and standard deviation 1; a column that does not vary becomes 0.</summary>
    public static double[][] Standardise(double[][] rows)
    {
        if (rows.Length == 0) return [];
        var width = rows[0].Length;
        var means = Enumerable.Range(0, width).Select(column => rows.Average(row => row[column])).ToArray();
        var deviations = Enumerable.Range(0, width).Select(column => Math.Sqrt(rows.Average(row => Math.Pow(row[column] - means[column], 2)))).ToArray();
        return [.. rows.Select(row => row.Select((value, column) => deviations[column] > 1e-12 ? (value - means[column]) / deviations[column] : 0).ToArray())];
    }

    private static Clustering Once(double[][] rows, int k, Random random, CancellationToken cancellationToken)
    {
        var centres = Start(rows, k, random);
        var members = new int[rows.Length];
        Array.Fill(members, -1);
        for (var iteration = 0; iteration < MaxIterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = false;
            for (var i = 0; i < rows.Length; i++)
            {
                var (nearest, _, _) = Nearest(rows[i], centres);
                changed |= nearest != members[i];
                members[i] = nearest;
            }

            if (!changed) break;
            var (sums, counts) = (centres.Select(centre => new double[centre.Length]).ToArray(), new int[k]);
            for (var i = 0; i < rows.Length; i++)
            {
                counts[members[i]]++;
                for (var column = 0; column < rows[i].Length; column++) sums[members[i]][column] += rows[i][column];
            }

            for (var cluster = 0; cluster < k; cluster++)
            {
                if (counts[cluster] > 0) centres[cluster] = [.. sums[cluster].Select(sum => sum / counts[cluster])];
            }
        }

        return Ordered(rows, centres, members);
    }

    private static Clustering Ordered(double[][] rows, double[][] centres, int[] members)
    {
        var order = Enumerable.Range(0, centres.Length).OrderByDescending(cluster => centres[cluster][0]).ThenBy(cluster => cluster).ToArray();
        var place = new int[centres.Length];
        for (var i = 0; i < order.Length; i++) place[order[i]] = i;
        var (inertia, silhouette) = (0.0, 0.0);
        for (var i = 0; i < rows.Length; i++)
        {
            var (_, near, next) = Nearest(rows[i], centres);
            inertia += near;
            silhouette += next > 0 && centres.Length > 1 ? 1 - Math.Sqrt(near / next) : 0;
        }

        return new Clustering([.. order.Select(cluster => centres[cluster])], [.. members.Select(member => place[member])], inertia, silhouette / rows.Length);
    }

    private static double[][] Start(double[][] rows, int k, Random random)
    {
        var centres = new List<double[]> { rows[random.Next(rows.Length)].ToArray() };
        var distances = rows.Select(row => Squared(row, centres[0])).ToArray();
        while (centres.Count < k)
        {
            var at = random.NextDouble() * distances.Sum();
            var chosen = 0;
            while (chosen < rows.Length - 1 && (at -= distances[chosen]) > 0) chosen++;
            centres.Add(rows[chosen].ToArray());
            for (var i = 0; i < rows.Length; i++) distances[i] = Math.Min(distances[i], Squared(rows[i], centres[^1]));
        }

        return [.. centres];
    }

    /// <summary>The nearest centre, and the squared distances to it and to the second nearest.</summary>
    private static (int Cluster, double Near, double Next) Nearest(double[] row, double[][] centres)
    {
        var (cluster, near, next) = (0, double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < centres.Length; i++)
        {
            var distance = Squared(row, centres[i]);
            if (distance < near) (cluster, near, next) = (i, distance, near);
            else if (distance < next) next = distance;
        }

        return (cluster, near, next);
    }

    private static double Squared(double[] one, double[] other)
    {
        var sum = 0.0;
        for (var i = 0; i < one.Length; i++) sum += (one[i] - other[i]) * (one[i] - other[i]);
        return sum;
    }

    private static int Distinct(double[][] rows) => rows.Select(row => string.Join('|', row.Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))).Distinct().Take(100).Count();
}

using Crm.Analytics.Models.Inference;

namespace Crm.Analytics.Models.Baskets;

/// <summary>"Who buys A also buys B", with what it rests on. Items are numbers from 0.</summary>
/// <param name="Both">Baskets with all of A and B.</param>
/// <param name="AntecedentCount">Baskets with all of A.</param>
/// <param name="ConsequentCount">Baskets with B.</param>
/// <param name="Baskets">All baskets.</param>
public sealed record AssociationRule(int[] Antecedent, int Consequent, int Both, int AntecedentCount, int ConsequentCount, int Baskets)
{
    public double Support => (double)Both / Baskets;

    public double Confidence => (double)Both / AntecedentCount;

    /// <summary>How many times more often B is bought with A than at all.</summary>
    public double Lift => Confidence * Baskets / ConsequentCount;

    /// <summary>Pearson's χ² of the 2×2 table of A and B, without continuity correction; one degree of freedom.</summary>
    public double ChiSquare
    {
        get
        {
            double n = Baskets, a = AntecedentCount, b = ConsequentCount;
            var (difference, margins) = ((n * Both) - (a * b), a * b * (n - a) * (n - b));
            return margins > 0 ? n * difference * difference / margins : 0;
        }
    }

    public double P => GammaDistribution.ChiSquareTail(ChiSquare, 1);
}

/// <summary>
/// Frequent item sets and association rules with one item on the right (Agrawal, Imieliński and Swami 1993), found depth first over lists
/// of the baskets that hold a set (Eclat, Zaki 2000). Pairs are counted first in one pass, so that only pairs that are frequent are
/// followed. The result does not depend on the order of the baskets.
/// </summary>
public sealed class AssociationRules
{
    private readonly Dictionary<int[], int> _supports = new(ItemSetComparer.Instance);
    private readonly int _leastCount;
    private readonly int _maxSize;
    private int[] _pairs = [];
    private int _frequentItems;
    private int[] _scratch = [];

    private AssociationRules(int baskets, int leastCount, int maxSize) => (Baskets, _leastCount, _maxSize) = (baskets, leastCount, maxSize);

    public int Baskets { get; }

    /// <summary>Frequent sets, items ascending, with the number of baskets that hold them.</summary>
    public IReadOnlyDictionary<int[], int> ItemSets => _supports;

    /// <param name="baskets">Items of each basket; twice the same item counts once.</param>
    /// <param name="items">Items are below this number.</param>
    /// <param name="leastCount">A set is frequent when so many baskets hold it.</param>
    /// <param name="maxSize">Largest set looked for.</param>
    public static AssociationRules Mine(IReadOnlyList<int[]> baskets, int items, int leastCount, int maxSize, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leastCount, 1);
        var rules = new AssociationRules(baskets.Count, leastCount, maxSize);
        var counts = new int[items];
        var distinct = new int[baskets.Count][];
        for (var t = 0; t < baskets.Count; t++)
        {
            var basket = distinct[t] = Distinct(baskets[t]);
            foreach (var item in basket) counts[item]++;
        }

        // Frequent items get numbers in a row, so that pairs fit a triangle.
        var frequent = Enumerable.Range(0, items).Where(item => counts[item] >= leastCount).ToArray();
        var rank = new int[items];
        Array.Fill(rank, -1);
        for (var i = 0; i < frequent.Length; i++) rank[frequent[i]] = i;
        var holders = Array.ConvertAll(frequent, item => new int[counts[item]]);
        var filled = new int[frequent.Length];
        var pairs = new int[(long)frequent.Length * (frequent.Length - 1) / 2];
        var ranked = new int[items];
        for (var t = 0; t < distinct.Length; t++)
        {
            if ((t & 0xFFFF) == 0) cancellationToken.ThrowIfCancellationRequested();
            var n = 0;
            foreach (var item in distinct[t])
            {
                if (rank[item] >= 0) ranked[n++] = rank[item];
            }

            for (var i = 0; i < n; i++)
            {
                holders[ranked[i]][filled[ranked[i]]++] = t;
                var row = Row(ranked[i], frequent.Length);
                for (var j = i + 1; j < n; j++) pairs[row + ranked[j]]++;
            }
        }

        for (var i = 0; i < frequent.Length; i++) rules._supports.Add([frequent[i]], holders[i].Length);
        (rules._pairs, rules._frequentItems) = (pairs, frequent.Length);
        rules._scratch = new int[holders.Length == 0 ? 0 : holders.Max(list => list.Length)];
        if (maxSize >= 2) rules.Extend([], [.. holders.Select((list, i) => new Extension(i, list))], frequent, cancellationToken);
        return rules;
    }

    /// <summary>Rules with at least this confidence, by lift, then confidence, then items.</summary>
    public IReadOnlyList<AssociationRule> Rules(double leastConfidence)
    {
        var rules = new List<AssociationRule>();
        var single = new int[1];
        var buffers = Enumerable.Range(0, _maxSize + 1).Select(size => new int[size]).ToArray();
        foreach (var (set, both) in _supports)
        {
            if (set.Length < 2) continue;
            var antecedent = buffers[set.Length - 1];
            for (var at = 0; at < set.Length; at++)
            {
                Array.Copy(set, 0, antecedent, 0, at);
                Array.Copy(set, at + 1, antecedent, at, set.Length - at - 1);
                var antecedentCount = _supports[antecedent];
                if (both < leastConfidence * antecedentCount) continue;
                single[0] = set[at];
                rules.Add(new AssociationRule([.. antecedent], set[at], both, antecedentCount, _supports[single], Baskets));
            }
        }

        rules.Sort(ByStrength);
        return rules;
    }

    /// <summary>
    /// Rules that are more than chance: lift above 1, and χ² significant when at most a share <paramref name="falseDiscoveryRate"/> of those
    /// kept may be false.
    /// </summary>
    public IReadOnlyList<AssociationRule> SignificantRules(double leastConfidence, double falseDiscoveryRate)
    {
        var rules = Rules(leastConfidence).Where(rule => rule.Lift > 1).ToArray();
        var threshold = FalseDiscovery.Threshold(rules.Select(rule => rule.P), falseDiscoveryRate);
        return [.. rules.Where(rule => rule.P <= threshold)];
    }

    private void Extend(int[] prefix, List<Extension> extensions, int[] frequent, CancellationToken cancellationToken)
    {
        for (var i = 0; i < extensions.Count; i++)
        {
            if (prefix.Length == 0) cancellationToken.ThrowIfCancellationRequested();
            var first = extensions[i];
            var row = Row(first.Rank, _frequentItems);
            var next = new List<Extension>();
            int[] set = [.. prefix, frequent[first.Rank]];
            for (var j = i + 1; j < extensions.Count; j++)
            {
                var second = extensions[j];
                if (_pairs[row + second.Rank] < _leastCount) continue;
                var shared = Intersect(first.Baskets, second.Baskets);
                if (shared is null) continue;
                _supports.Add([.. set, frequent[second.Rank]], shared.Length);
                next.Add(new Extension(second.Rank, shared));
            }

            if (next.Count > 1 && set.Length + 2 <= _maxSize) Extend(set, next, frequent, cancellationToken);
        }
    }

    /// <summary>What both ascending lists hold; null, as soon as that is certain, where it is less than asked for.</summary>
    private int[]? Intersect(int[] one, int[] other)
    {
        // Which list goes on is as good as random, so the steps are sums and not branches.
        var (shared, least) = (_scratch, _leastCount);
        int i = 0, j = 0, n = 0;
        while (i < one.Length && j < other.Length)
        {
            var (a, b) = (one[i], other[j]);
            shared[n] = a;
            n += a == b ? 1 : 0;
            i += a <= b ? 1 : 0;
            j += b <= a ? 1 : 0;
            if (n + Math.Min(one.Length - i, other.Length - j) < least) return null;
        }

        return n < least ? null : shared[..n];
    }

    private static int[] Distinct(int[] basket)
    {
        var sorted = basket.ToArray();
        Array.Sort(sorted);
        var n = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i == 0 || sorted[i] != sorted[i - 1]) sorted[n++] = sorted[i];
        }

        return n == sorted.Length ? sorted : sorted[..n];
    }

    /// <summary>Start of a row in the triangle of pairs (i, j), i below j, less j's own offset.</summary>
    private static int Row(int i, int n) => (int)(((long)i * ((2L * n) - i - 1) / 2) - i - 1);

    private static int ByStrength(AssociationRule one, AssociationRule other)
    {
        // Compared as fractions: rules with the same lift must not be told apart by rounding.
        var byLift = (other.Both * (double)one.AntecedentCount * one.ConsequentCount).CompareTo(one.Both * (double)other.AntecedentCount * other.ConsequentCount);
        if (byLift != 0) return byLift;
        var byConfidence = ((long)other.Both * one.AntecedentCount).CompareTo((long)one.Both * other.AntecedentCount);
        if (byConfidence != 0) return byConfidence;
        var bySize = one.Antecedent.Length.CompareTo(other.Antecedent.Length);
        if (bySize != 0) return bySize;
        var byItems = one.Antecedent.AsSpan().SequenceCompareTo(other.Antecedent);
        return byItems != 0 ? byItems : one.Consequent.CompareTo(other.Consequent);
    }

    private readonly record struct Extension(int Rank, int[] Baskets);

    private sealed class ItemSetComparer : IEqualityComparer<int[]>
    {
        public static readonly ItemSetComparer Instance = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] set)
        {
            var hash = 17;
            foreach (var item in set) hash = (hash * 31) ^ (item * 0x5BD1E995);
            return hash;
        }
    }
}

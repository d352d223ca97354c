namespace Crm.Analytics.Models;

/// <summary>How unevenly value is spread over customers: the measured form of "80/20".</summary>
public sealed class Concentration
{
    private readonly decimal[] _cumulative;

    private Concentration(decimal[] descending, int negative, decimal negativeSum)
    {
        (Customers, NegativeCustomers, NegativeTotal) = (descending.Length, negative, negativeSum);
        _cumulative = new decimal[descending.Length + 1];
        for (var i = 0; i < descending.Length; i++) _cumulative[i + 1] = _cumulative[i] + descending[i];
        var n = descending.Length;
        CompensatedSum ranked = default, squares = default;
        for (var i = 0; i < n; i++)
        {
            ranked.Add((n - i) * (double)descending[i]);
            var share = (double)(descending[i] / Total);
            squares.Add(share * share);
        }
        Gini = 2 * ranked.Value / (n * (double)Total) - (n + 1.0) / n;
        HerfindahlHirschman = squares.Value;
    }

    /// <summary>n, customers of non-negative value.</summary>
    public int Customers { get; }
    public decimal Total => _cumulative[^1];

    /// <summary>Customers of negative value are set apart: shares would not mean anything with them.</summary>
    public int NegativeCustomers { get; }
    public decimal NegativeTotal { get; }

    /// <summary>2 Σ k v_(k) / (n Σ v) - (n+1)/n, values ascending: 0 all equal, towards 1 all with one.</summary>
    public double Gini { get; }

    /// <summary>Sum of squared shares.</summary>
    public double HerfindahlHirschman { get; }

    /// <returns>Null where no customer has positive value.</returns>
    public static Concentration? Of(IEnumerable<decimal> values)
    {
        var all = values.ToArray();
        Array.Sort(all, (a, b) => b.CompareTo(a));
        var negative = all.Count(value => value < 0);
        var kept = all[..(all.Length - negative)];
        return kept.Length == 0 || kept[0] == 0 ? null : new Concentration(kept, negative, all[kept.Length..].Sum());
    }

    /// <summary>Share of the total that the best ⌈p·n⌉ customers hold.</summary>
    public double ShareOfBest(double fraction) => Share(CountOf(fraction));

    /// <summary>Smallest share of customers who together hold at least this share of the total.</summary>
    public double SmallestFractionHolding(double share) => (double)CountHolding(share) / Customers;

    /// <summary>Lorenz curve: share of the total held by the poorest 0, 1, ..., 100 % of customers.</summary>
    public double[] LorenzCurve() =>
        [.. Enumerable.Range(0, 101).Select(percent => 1 - Share(Customers - (int)((long)Customers * percent / 100)))];

    /// <summary>How many of the best customers make class A (80 % of the total), B (the next 15 %) and C.</summary>
    public (int A, int B, int C) AbcClasses()
    {
        var (a, b) = (CountHolding(0.80), CountHolding(0.95));
        return (a, b - a, Customers - b);
    }

    private double Share(int count) => (double)(_cumulative[count] / Total);

    // 1e-9 keeps 0.2 · 100 from counting 21 customers by rounding.
    private int CountOf(double fraction) => Math.Clamp((int)Math.Ceiling(fraction * Customers - 1e-9), 0, Customers);

    private int CountHolding(double share)
    {
        var target = (decimal)share * Total;
        var index = Array.BinarySearch(_cumulative, target);
        if (index < 0) return Math.Min(~index, Customers);
        while (index > 0 && _cumulative[index - 1] >= target) index--;
        return index;
    }
}

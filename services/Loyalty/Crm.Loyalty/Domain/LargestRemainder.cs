namespace Crm.Loyalty.Domain;

/// <summary>Divides whole points over lines in proportion to their amounts (Hamilton's method), so that the parts add up exactly.</summary>
public static class LargestRemainder
{
    private const decimal Scale = 10_000; // amounts have four decimals

    /// <summary>Every line gets its quota rounded down; what is left goes to the largest remainders, the earlier line first on a tie.</summary>
    public static long[] Allocate(long points, IReadOnlyList<decimal> amounts)
    {
        var weights = amounts.Select(amount => amount <= 0 ? UInt128.Zero : (UInt128)(amount * Scale)).ToArray();
        var total = weights.Aggregate(UInt128.Zero, (sum, weight) => sum + weight);
        var parts = new long[amounts.Count];
        if (total == UInt128.Zero) return parts;

        var left = points;
        var remainders = new UInt128[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            (var quota, remainders[i]) = UInt128.DivRem((UInt128)points * weights[i], total);
            parts[i] = (long)quota;
            left -= parts[i];
        }

        foreach (var i in Enumerable.Range(0, parts.Length).OrderByDescending(i => remainders[i]).Take((int)left)) parts[i]++;
        return parts;
    }
}

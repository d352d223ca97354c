namespace Crm.Analytics.Models.Inference;

/// <summary>How far two mixes are apart. Mixes are counts or shares over the same categories; they are normalised here.</summary>
public static class Divergence
{
    /// <summary>Jensen-Shannon divergence in bits: 0 for the same mix, 1 for mixes without anything in common. Null where one of them is empty.</summary>
    public static double? JensenShannon(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        if (one.Length != other.Length) throw new ArgumentException("The mixes have different categories.", nameof(other));
        var (sumOne, sumOther) = (Sum(one), Sum(other));
        if (!(sumOne > 0 && sumOther > 0)) return null;
        var divergence = 0.0;
        for (var i = 0; i < one.Length; i++)
        {
            var (p, q) = (Math.Max(one[i], 0) / sumOne, Math.Max(other[i], 0) / sumOther);
            var middle = (p + q) / 2;
            if (p > 0) divergence += p / 2 * Math.Log2(p / middle);
            if (q > 0) divergence += q / 2 * Math.Log2(q / middle);
        }

        return Math.Clamp(divergence, 0, 1);
    }

    /// <summary>Population stability index: Σ (p - q) ln(p / q); above 0.2 a population has moved. Null where a category is empty in one.</summary>
    public static double? StabilityIndex(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        if (one.Length != other.Length) throw new ArgumentException("The mixes have different categories.", nameof(other));
        var (sumOne, sumOther) = (Sum(one), Sum(other));
        var index = 0.0;
        for (var i = 0; i < one.Length; i++)
        {
            if (!(one[i] > 0 && other[i] > 0)) return null;
            var (p, q) = (one[i] / sumOne, other[i] / sumOther);
            index += (p - q) * Math.Log(p / q);
        }

        return index;
    }

    private static double Sum(ReadOnlySpan<double> mix)
    {
        var sum = 0.0;
        foreach (var part in mix) sum += Math.Max(part, 0);
        return sum;
    }
}

namespace Crm.Analytics.Models.Inference;

/// <summary>Many tests at once: which findings stand when at most a share <c>q</c> of them may be false (Benjamini and Hochberg 1995).</summary>
public static class FalseDiscovery
{
    /// <summary>The largest p-value that is still accepted; below 0 where none is. A p-value that is not a number is never accepted.</summary>
    public static double Threshold(IEnumerable<double> pValues, double q)
    {
        var sorted = pValues.Select(p => double.IsNaN(p) ? 1 : p).Order().ToArray();
        for (var rank = sorted.Length; rank >= 1; rank--)
        {
            if (sorted[rank - 1] <= q * rank / sorted.Length) return sorted[rank - 1];
        }

        return -1;
    }
}

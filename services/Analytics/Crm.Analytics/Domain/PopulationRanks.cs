namespace Crm.Analytics.Domain;

/// <summary>
/// Where the scores of a population lie, so that one customer can be placed among the others without reading them: for each of the RFM
/// scores 2 to 5 the worst value that still earns it (null where nobody does), and the quantiles of CLV in steps of a thousandth.
/// </summary>
internal sealed record PopulationRanks(IReadOnlyList<int?> MostDaysSince, IReadOnlyList<int?> FewestPurchaseDays, IReadOnlyList<decimal?> LeastSpend, decimal[] ClvQuantiles)
{
    public int RecencyScore(int daysSince) => 1 + MostDaysSince.Count(most => daysSince <= most);

    public int FrequencyScore(int purchaseDays) => 1 + FewestPurchaseDays.Count(fewest => purchaseDays >= fewest);

    public int MonetaryScore(decimal spend) => 1 + LeastSpend.Count(least => spend >= least);

    /// <summary>Share of the population with a CLV that is lower or equal, to a thousandth.</summary>
    public double ClvPercentile(decimal clv)
    {
        var (low, high) = (0, ClvQuantiles.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ClvQuantiles[middle] <= clv) low = middle + 1;
            else high = middle;
        }

        return (double)low / ClvQuantiles.Length;
    }
}

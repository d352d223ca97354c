namespace Crm.Analytics.Models;

/// <param name="DaysSinceLastPurchase">Recency; lower is better.</param>
/// <param name="PurchaseDays">Frequency.</param>
/// <param name="NetSpend">Monetary value.</param>
public readonly record struct RfmFacts(int DaysSinceLastPurchase, int PurchaseDays, decimal NetSpend);

/// <summary>Scores from 1 (worst fifth) to 5 (best).</summary>
public readonly record struct RfmScore(int Recency, int Frequency, int Monetary)
{
    public RfmSegment Segment => Rfm.SegmentOf(this);

    public override string ToString() => $"{Recency}{Frequency}{Monetary}";
}

/// <summary>The eleven customary RFM segments.</summary>
public enum RfmSegment
{
    Champions, LoyalCustomers, PotentialLoyalists, NewCustomers, Promising, NeedAttention, AboutToSleep, CannotLoseThem, AtRisk,
    Hibernating, Lost,
}

/// <summary>
/// Recency, frequency and monetary scores: 1 + ⌊5 · #{strictly worse} / n⌋. Customers with equal facts get equal scores whatever their
/// order, which NTILE would not give.
/// </summary>
public static class Rfm
{
    /// <summary>Days of history that the facts are taken from: 24 months.</summary>
    public const int WindowMonths = 24;

    // Rows: R = 5..1; columns: (F + M) / 2, rounded half up, = 1..5.
    private static readonly RfmSegment[][] Segments =
    [
        [RfmSegment.NewCustomers, RfmSegment.PotentialLoyalists, RfmSegment.PotentialLoyalists, RfmSegment.Champions, RfmSegment.Champions],
        [RfmSegment.Promising, RfmSegment.PotentialLoyalists, RfmSegment.PotentialLoyalists, RfmSegment.LoyalCustomers, RfmSegment.LoyalCustomers],
        [RfmSegment.AboutToSleep, RfmSegment.AboutToSleep, RfmSegment.NeedAttention, RfmSegment.LoyalCustomers, RfmSegment.LoyalCustomers],
        [RfmSegment.Hibernating, RfmSegment.Hibernating, RfmSegment.AtRisk, RfmSegment.AtRisk, RfmSegment.CannotLoseThem],
        [RfmSegment.Lost, RfmSegment.Hibernating, RfmSegment.AtRisk, RfmSegment.AtRisk, RfmSegment.CannotLoseThem],
    ];

    public static RfmSegment SegmentOf(RfmScore score) => Segments[5 - score.Recency][(score.Frequency + score.Monetary + 1) / 2 - 1];

    /// <summary>Scores in the order of the facts.</summary>
    public static RfmScore[] Score(IReadOnlyList<RfmFacts> customers)
    {
        var recency = Fifths(customers, customer => -customer.DaysSinceLastPurchase);
        var frequency = Fifths(customers, customer => customer.PurchaseDays);
        var monetary = Fifths(customers, customer => customer.NetSpend);
        return [.. Enumerable.Range(0, customers.Count).Select(i => new RfmScore(recency[i], frequency[i], monetary[i]))];
    }

    private static int[] Fifths<TValue>(IReadOnlyList<RfmFacts> customers, Func<RfmFacts, TValue> goodness) where TValue : IComparable<TValue>
    {
        var n = customers.Count;
        TValue[] values = [.. customers.Select(goodness)];
        int[] order = [.. Enumerable.Range(0, n)];
        Array.Sort((TValue[])values.Clone(), order);
        var scores = new int[n];
        var worse = 0;
        for (var rank = 0; rank < n; rank++)
        {
            if (rank > 0 && values[order[rank]].CompareTo(values[order[rank - 1]]) != 0) worse = rank;
            scores[order[rank]] = 1 + (int)(5L * worse / n);
        }
        return scores;
    }
}

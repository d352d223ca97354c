using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class RfmAndConcentrationTests
{
    [CdnowFact]
    public void RFM_scores_of_the_CDNOW_sample()
    {
        var reference = new DateOnly(1998, 7, 1);
        RfmFacts[] facts = [.. Cdnow.SampleLog.GroupBy(purchase => purchase.Customer).OrderBy(customer => customer.Key).Select(customer =>
            new RfmFacts(reference.DayNumber - customer.Max(purchase => purchase.Day).DayNumber,
                customer.Select(purchase => purchase.Day).Distinct().Count(), customer.Sum(purchase => purchase.Value)))];
        var scores = Rfm.Score(facts);
        Assert.Equal(["444", "134", "111", "111", "112"], scores.Take(5).Select(score => score.ToString()));
        Assert.Equal(new Dictionary<int, int> { [1] = 1218, [3] = 403, [4] = 358, [5] = 378 },
            scores.CountBy(score => score.Frequency).OrderBy(pair => pair.Key).ToDictionary());
        Assert.Equal(60, scores.Distinct().Count());
        Assert.Equal(233, scores.Count(score => score == new RfmScore(5, 5, 5)));
        Assert.Equal(177, scores.Count(score => score == new RfmScore(1, 1, 1)));
    }

    [Fact]
    public void Every_cell_has_a_segment_and_the_corners_have_the_known_ones()
    {
        for (var cell = 0; cell < 125; cell++) _ = new RfmScore(cell / 25 + 1, cell / 5 % 5 + 1, cell % 5 + 1).Segment;
        Assert.Equal(RfmSegment.Champions, new RfmScore(5, 5, 5).Segment);
        Assert.Equal(RfmSegment.NewCustomers, new RfmScore(5, 1, 1).Segment);
        Assert.Equal(RfmSegment.CannotLoseThem, new RfmScore(1, 5, 5).Segment);
        Assert.Equal(RfmSegment.Lost, new RfmScore(1, 1, 1).Segment);
        Assert.Equal(RfmSegment.LoyalCustomers, new RfmScore(4, 4, 3).Segment);
    }

    [Fact]
    public void Equal_customers_have_equal_scores_and_nobody_has_none()
    {
        Assert.Empty(Rfm.Score([]));
        Assert.All(Rfm.Score([.. Enumerable.Repeat(new RfmFacts(3, 2, 10), 9)]), score => Assert.Equal(new RfmScore(1, 1, 1), score));
    }

    [CdnowFact]
    public void Concentration_of_the_CDNOW_sample()
    {
        var concentration = Revenue(Cdnow.SampleLog);
        foreach (var (fraction, share) in new[] { (0.01, 0.1455), (0.05, 0.3607), (0.10, 0.5081), (0.20, 0.6746), (0.50, 0.8945) })
            Near.Absolute(share, concentration.ShareOfBest(fraction), 5.1e-5);
        Near.Absolute(0.3297, concentration.SmallestFractionHolding(0.8), 6e-5);
        Near.Absolute(0.6309, concentration.Gini, 6e-5);
        Near.Absolute(0.002286, concentration.HerfindahlHirschman, 6e-7);
        var lorenz = concentration.LorenzCurve();
        Assert.Equal(101, lorenz.Length);
        Assert.Equal((0, 1), (lorenz[0], lorenz[100]));
        Near.Absolute(1 - 0.8945, lorenz[50], 1e-3);
        Assert.Equal((777, 2357), (concentration.AbcClasses().A, concentration.AbcClasses() is var (a, b, c) ? a + b + c : 0));
    }

    [CdnowFact]
    public void Concentration_of_the_CDNOW_master()
    {
        var concentration = Revenue(Cdnow.MasterLog());
        Near.Absolute(0.6778, concentration.ShareOfBest(0.20), 6e-5);
        Near.Absolute(0.3265, concentration.SmallestFractionHolding(0.8), 6e-5);
        Near.Absolute(0.6346, concentration.Gini, 6e-5);
    }

    [Fact]
    public void Concentration_of_hand_made_values()
    {
        var concentration = Concentration.Of([3, -2, 1, 0, 4, -5])!;
        Assert.Equal((4, 8m, 2, -7m), (concentration.Customers, concentration.Total, concentration.NegativeCustomers, concentration.NegativeTotal));
        Assert.Equal(0.5, concentration.ShareOfBest(0.25));
        Assert.Equal(0.25, concentration.SmallestFractionHolding(0.5));
        // Ascending 0, 1, 3, 4: 2 (0 + 2 + 9 + 16) / (4 · 8) - 5/4
        Near.Absolute(0.4375, concentration.Gini, 1e-12);
        Assert.Null(Concentration.Of([]));
        Assert.Null(Concentration.Of([0, -1]));
    }

    private static Concentration Revenue(IEnumerable<Purchase<int>> log) => Concentration.Of(
        log.GroupBy(purchase => purchase.Customer).Select(customer => customer.Sum(purchase => purchase.Value)))!;
}

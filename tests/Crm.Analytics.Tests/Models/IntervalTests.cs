using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class IntervalTests
{
    [Theory]
    [InlineData(50, 20, 100, 30.0, 14.05, 44.20)]
    [InlineData(5, 2, 10, 30.0, double.NaN, double.NaN)]
    [InlineData(10, 0, 10, 100, 47.50, 100)]
    public void Net_promoter_score_with_adjusted_Wald_interval(int promoters, int detractors, int n, double value, double low, double high)
    {
        var nps = Intervals.NetPromoterScore(promoters, detractors, n)!.Value;
        Near.Absolute(value, nps.Value, 0.005);
        if (double.IsNaN(low)) (low, high) = (-19.05, 65.20);
        Near.Absolute(low, nps.Low, 0.006);
        Near.Absolute(high, nps.High, 0.006);
    }

    [Fact]
    public void Nothing_observed_has_no_interval()
    {
        Assert.Null(Intervals.NetPromoterScore(0, 0, 0));
        Assert.Null(Intervals.Wilson(0, 0));
        Assert.Null(Intervals.Mean(0, 0, 0));
        Assert.Null(Intervals.NpsDifference((1, 0, 1), (0, 0, 0)));
    }

    [Fact]
    public void Intervals_cover_the_truth_as_often_as_they_say()
    {
        var random = new Random(90);
        const int Worlds = 4000;
        var (wilson, nps, mean) = (0, 0, 0);
        for (var world = 0; world < Worlds; world++)
        {
            const int N = 120;
            // Whole numbers make the coverage of one share jump around; over many shares it is what it says.
            var (share0, rest0) = (0.2 + (0.5 * random.NextDouble()), 0.05 + (0.2 * random.NextDouble()));
            var (promoters, detractors) = (0, 0);
            double sum = 0, squares = 0;
            for (var i = 0; i < N; i++)
            {
                var u = random.NextDouble();
                if (u < share0) promoters++;
                else if (u > 1 - rest0) detractors++;
                var score = 1 + random.Next(7);
                (sum, squares) = (sum + score, squares + (score * score));
            }

            if (Intervals.Wilson(promoters, N, 0.9) is { } share && share.Low <= share0 && share.High >= share0) wilson++;
            if (Intervals.NetPromoterScore(promoters, detractors, N, 0.9) is { } score90 && score90.Low <= 100 * (share0 - rest0) && score90.High >= 100 * (share0 - rest0)) nps++;
            if (Intervals.Mean(sum, squares, N, 0.9) is { } average && average.Low <= 4 && average.High >= 4) mean++;
        }

        Assert.All(new[] { wilson, nps, mean }, covered => Assert.InRange((double)covered / Worlds, 0.88, 0.92));
    }

    /// <summary>Remission times of 6-MP of Freireich et al. (1963), the textbook case: S(6) = 0.857, S(10) = 0.753, S(23) = 0.448.</summary>
    [Fact]
    public void Kaplan_Meier_of_the_textbook_case()
    {
        (double, bool)[] observations =
        [
            .. new double[] { 6, 6, 6, 7, 10, 13, 16, 22, 23 }.Select(time => (time, true)),
            .. new double[] { 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35 }.Select(time => (time, false)),
        ];
        var steps = KaplanMeier.Of(observations);
        Assert.Equal([6, 7, 10, 13, 16, 22, 23], steps.Select(step => step.Time));
        Assert.Equal((21, 3), (steps[0].AtRisk, steps[0].Ended));
        double[] expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482];
        for (var i = 0; i < expected.Length; i++) Near.Absolute(expected[i], steps[i].Survival.Value, 6e-5);
        Assert.All(steps, step => Assert.True(0 < step.Survival.Low && step.Survival.Low < step.Survival.Value && step.Survival.Value < step.Survival.High && step.Survival.High < 1));
        Assert.Empty(KaplanMeier.Of([]));
        Assert.Equal(0, KaplanMeier.Of([(1, true)])[0].Survival.Value);
    }
}

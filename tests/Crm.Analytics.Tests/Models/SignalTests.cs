using Crm.Analytics.Models.Inference;
using Crm.Analytics.Models.Signals;

namespace Crm.Analytics.Tests.Models;

/// <summary>Golden values of analytics.md 1.6, and false-alarm rates by simulation with fixed seeds.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData(4, 167.7, 8.38)]
    [InlineData(5, 465.4, 10.4)]
    public void The_normal_cusum_has_the_textbook_run_lengths(double h, double inControl, double shifted)
    {
        Assert.Equal(inControl, Cusum.NormalArl(0.5, h, 0), 0.06);
        Assert.Equal(shifted, Cusum.NormalArl(0.5, h, 1), 0.05);
    }

    [Theory]
    [InlineData(2, 4, 3, 7, 1, 894.0, 7.18, 847.8, 4.02)]
    [InlineData(1, 2, 1.5, 6, 0.5, 602.3, 11.41, null, 7.35)]
    [InlineData(0.5, 1.5, 1, 4, 1, 632.7, 7.67, null, 4.87)]
    [InlineData(5, 10, 7, 10, 1, 2409.8, 3.98, null, 2.43)]
    public void The_poisson_cusum_has_the_exact_run_lengths(
        double mean, double raised, double k, double h, double step, double inControl, double outOfControl, double? inControlHeadStart, double outOfControlHeadStart)
    {
        Assert.Equal(inControl, Cusum.PoissonArl(mean, k, h, step, headStart: false), 0.051);
        Assert.Equal(outOfControl, Cusum.PoissonArl(raised, k, h, step, headStart: false), 0.0051);
        if (inControlHeadStart is { } started) Assert.Equal(started, Cusum.PoissonArl(mean, k, h, step, headStart: true), 0.06);
        Assert.Equal(outOfControlHeadStart, Cusum.PoissonArl(raised, k, h, step, headStart: true), 0.0051);
    }

    [Fact]
    public void The_scan_statistic_and_the_divergences_have_their_golden_values()
    {
        Assert.Equal(5.161059, ClusterScan.LogLikelihoodRatio(18, 8, 100), 6);
        Assert.Equal(0, ClusterScan.LogLikelihoodRatio(8, 18, 100));
        Assert.Equal(0.095816, Divergence.JensenShannon([.5, .3, .2], [.2, .3, .5])!.Value, 6);
        Assert.Equal(0.549774, Divergence.StabilityIndex([.5, .3, .2], [.2, .3, .5])!.Value, 6);
        Assert.Equal(1, Divergence.JensenShannon([1, 0], [0, 1])!.Value, 12);
        Assert.Null(Divergence.JensenShannon([0, 0], [1, 0]));
        Assert.Null(Divergence.StabilityIndex([1, 0], [1, 1]));
    }

    [Fact]
    public void Tails_and_exact_limits_have_their_table_values()
    {
        Assert.Equal(0.05, GammaDistribution.ChiSquareTail(3.841458820694124, 1), 12);
        Assert.Equal(0.05, GammaDistribution.NormalTwoSided(1.959963984540054), 12);
        Assert.Equal(1.2441921148543639e-15, GammaDistribution.NormalTwoSided(8), 1e-18);
        var (low, high) = GammaDistribution.PoissonInterval(10, 0.95);
        Assert.Equal((4.7954, 18.3904), (Math.Round(low, 4), Math.Round(high, 4)));
        Assert.Equal((0.0, 3.6889), (GammaDistribution.PoissonInterval(0, 0.95).Low, Math.Round(GammaDistribution.PoissonInterval(0, 0.95).High, 4)));
        Assert.Equal(1 - (Math.Exp(-2) * (1 + 2)), GammaDistribution.PoissonAtLeast(2, 2), 12);
    }

    [Fact]
    public void A_stream_at_its_baseline_alarms_as_seldom_as_planned_and_a_doubled_rate_is_found_in_weeks()
    {
        var random = new Random(20240301);
        const double Baseline = 0.02;
        // 4,000 streams of 52 quiet weeks: with an ARL of at least 400 weeks no more than about one in eight may ring in a year.
        var alarms = Enumerable.Range(0, 4000).Count(_ => RateStream.Watch(Weeks(random, 52, _ => Baseline), Baseline, launched: false) is not null);
        Assert.InRange(alarms / 4000.0, 0, 0.13);

        var delays = Enumerable.Range(0, 300).Select(_ =>
        {
            var weeks = Weeks(random, 60, week => week < 20 ? Baseline : 3 * Baseline);
            return Enumerable.Range(20, 40).First(week => RateStream.Watch([.. weeks.Take(week + 1)], Baseline, launched: false) is not null) - 19;
        }).ToArray();
        Assert.InRange(delays.Average(), 1, 3.5);

        var found = RateStream.Watch(Weeks(new Random(7), 30, week => week < 24 ? Baseline : 3 * Baseline), Baseline, launched: false)!;
        Assert.InRange(found.ChangedAt, 21, 26);
        Assert.InRange(found.RateRatio, 2, 4.5);
        Assert.True(found.RatioLow < found.RateRatio && found.RateRatio < found.RatioHigh && found.P < 1e-4);
    }

    [Fact]
    public void The_scan_keeps_its_level_and_finds_the_bad_lot()
    {
        var random = new Random(11);
        var cells = (Func<double, ScanCell[]>)(raised => [.. Enumerable.Range(0, 12).Select(lot => new ScanCell($"L{lot}", Poisson(random, 4 * (lot == 5 ? raised : 1)), 200))]);
        var falseAlarms = Enumerable.Range(0, 400).Count(trial => ClusterScan.Strongest(cells(1), trial, 199) is { P: <= 0.05 });
        Assert.InRange(falseAlarms / 400.0, 0.01, 0.08);
        var found = ClusterScan.Strongest(cells(5), seed: 1)!;
        Assert.Equal("L5", found.Key);
        Assert.InRange(found.P, 0.001, 0.01);
        Assert.Null(ClusterScan.Strongest([], 1));
        Assert.Null(ClusterScan.Strongest([new ScanCell("a", 0, 10), new ScanCell("b", 0, 10)], 1));
    }

    [Fact]
    public void A_trend_is_seen_where_there_is_one_and_noise_is_flat_at_the_stated_level()
    {
        double[] falling = [120, 118, 110, 111, 100, 96, 90, 91, 80, 76, 70, 66];
        var trend = Trend.Of(falling)!;
        Assert.Equal(TrendDirection.Falling, trend.Direction);
        Assert.InRange(trend.Slope, -5.5, -4.5);
        Assert.Null(Trend.Of([1, 2, 3]));
        Assert.Null(Trend.Of([1, 2, double.NaN, 4]));
        Assert.Equal((TrendDirection.Flat, null), (Trend.Of([0, 0, 0, 0, 0])!.Direction, Trend.Of([0, 0, 0, 0, 0])!.RelativeSlope));
        var random = new Random(3);
        var alarms = Enumerable.Range(0, 3000).Count(_ => Trend.Of([.. Enumerable.Range(0, 12).Select(_ => random.NextDouble())])!.Direction != TrendDirection.Flat);
        Assert.InRange(alarms / 3000.0, 0.02, 0.06);
    }

    [Fact]
    public void Findings_are_cut_where_a_share_of_q_may_be_false()
    {
        Assert.Equal(0.03, FalseDiscovery.Threshold([0.001, 0.01, 0.03, 0.041, 0.6], 0.05));
        Assert.Equal(-1, FalseDiscovery.Threshold([0.2, 0.6, double.NaN], 0.05));
        Assert.Equal(-1, FalseDiscovery.Threshold([], 0.05));
    }

    [Fact]
    public void Robust_measures_ignore_one_wild_value()
    {
        Assert.Equal(3, Robust.Median([1, 2, 3, 4, 1000]));
        Assert.Equal(1.4826, Robust.Sigma([1, 2, 3, 4, 1000]), 9);
    }

    private static RatePeriod[] Weeks(Random random, int count, Func<int, double> rate) =>
        [.. Enumerable.Range(0, count).Select(week => new RatePeriod(Poisson(random, 150 * rate(week)), 150))];

    internal static int Poisson(Random random, double mean)
    {
        var (limit, product, count) = (Math.Exp(-mean), random.NextDouble(), 0);
        while (product > limit)
        {
            product *= random.NextDouble();
            count++;
        }

        return count;
    }
}

using Crm.Campaign.Domain.Experiments;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Experiments;

/// <summary>Values published or computed with R; see each.</summary>
public sealed class ProportionTests
{
    private const double Z95 = 1.959963984540054;

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1.959963984540054, 0.975)]
    [InlineData(-2.5758293035489, 0.005)]
    [InlineData(6, 0.9999999990134123)]
    public void The_normal_distribution_is_that_of_the_tables(double z, double p)
    {
        Assert.Equal(p, Normal.Cdf(z), 12);
        Assert.Equal(z, Normal.Quantile(p), z > 5 ? 5 : 9);
    }

    /// <summary>Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10: the published intervals.</summary>
    [Theory]
    [InlineData(56, 70, 48, 80, 0.0524, 0.3339)]
    [InlineData(9, 10, 3, 10, 0.1705, 0.8090)]
    [InlineData(6, 7, 2, 7, 0.0582, 0.8062)]
    [InlineData(5, 56, 0, 29, -0.0381, 0.1926)]
    [InlineData(0, 10, 0, 20, -0.1611, 0.2775)]
    [InlineData(10, 10, 0, 10, 0.6075, 1.0000)]
    public void Newcombes_interval_is_the_published_one(long a, long n, long b, long m, double low, double high)
    {
        var interval = Proportions.Newcombe(new Share(a, n), new Share(b, m), Z95);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    /// <summary>Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3.</summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilsons_interval_is_the_published_one(long successes, long trials, double low, double high)
    {
        var interval = Proportions.Wilson(new Share(successes, trials), Z95);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    /// <summary>Fisher's tea (3 of 4 against 1 of 4) and the smallest p of those margins: 0.4857 and 2/70.</summary>
    [Theory]
    [InlineData(3, 4, 1, 4, 0.48571428571)]
    [InlineData(4, 4, 0, 4, 0.02857142857)]
    [InlineData(0, 10, 0, 10, 1)]
    public void Fishers_test_is_exact(long a, long n, long b, long m, double p) => Assert.Equal(p, Proportions.FisherTest(new Share(a, n), new Share(b, m)), 9);

    /// <summary>The pooled z of 1,200 of 10,000 against 900 of 9,000 is 4.39011, by hand.</summary>
    [Fact]
    public void The_z_test_pools() => Assert.Equal(2 * Normal.UpperTail(4.39011), Proportions.ZTest(new Share(1200, 10_000), new Share(900, 9_000)), 8);

    [Fact]
    public void Holms_adjustment_is_monotone_and_keeps_the_order_given() =>
        Assert.Equal([0.03, 0.06, 0.06, 0.02], Proportions.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 10)));

    /// <summary>Fleiss, Levin and Paik: 0.10 against 0.12 at 5 % and 80 % takes 3,841 an arm (3,842 with power.prop.test's rounding up).</summary>
    [Fact]
    public void The_sample_size_is_that_of_the_textbook() => Assert.InRange(Proportions.SampleSize(0.10, 0.02, 0.05, 0.8), 3_840, 3_842);

    [Fact]
    public void Tests_are_symmetric_and_intervals_contain_what_was_seen()
    {
        var shares = from trials in Gen.Choose(1, 400) from successes in Gen.Choose(0, trials) select new Share(successes, trials);
        Prop.ForAll(shares.ToArbitrary(), shares.ToArbitrary(), (a, b) =>
        {
            var (interval, mirrored) = (Proportions.Newcombe(a, b, Z95), Proportions.Newcombe(b, a, Z95));
            var fisher = Proportions.FisherTest(a, b);
            return Math.Abs(fisher - Proportions.FisherTest(b, a)) < 1e-9 && fisher is >= 0 and <= 1
                && Math.Abs(Proportions.ZTest(a, b) - Proportions.ZTest(b, a)) < 1e-12
                && interval.Low <= a.Rate - b.Rate + 1e-12 && interval.High >= a.Rate - b.Rate - 1e-12
                && Math.Abs(interval.Low + mirrored.High) < 1e-12 && interval.Low >= -1 - 1e-12 && interval.High <= 1 + 1e-12;
        }).QuickCheckThrowOnFailure();
    }
}

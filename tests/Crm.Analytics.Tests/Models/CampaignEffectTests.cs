using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public sealed class CampaignEffectTests
{
    [Theory]
    [InlineData(2.2281388519649385, 10, 0.05)]
    [InlineData(12.706204736432095, 1, 0.05)]
    [InlineData(2.677793270940844, 50, 0.01)]
    public void Students_t_is_that_of_the_tables(double t, double degrees, double p)
    {
        Assert.Equal(p, StudentT.TwoSided(t, degrees), 10);
        Assert.Equal(t, StudentT.Critical(p, degrees), 8);
    }

    /// <summary>The golden value of the definition: 1,200 of 10,000 against 900 of 9,000 is 0.02, z 4.411.</summary>
    [Fact]
    public void The_conversion_lift_is_the_one_of_the_definition()
    {
        var lift = CampaignEffect.Conversion(new EffectArm(10_000, 1_200, 0, 0), new EffectArm(9_000, 900, 0, 0), 0.95);
        Assert.Equal(0.02, lift.Difference, 12);
        Assert.Equal(4.411, lift.Statistic, 3);
        Assert.Equal(0.0111, lift.Low, 4);
        Assert.Equal(0.0289, lift.High, 4);
        Assert.InRange(lift.P, 1.0e-5, 1.1e-5);
    }

    /// <summary>Newcombe 1998, table II: 56 of 70 against 48 of 80.</summary>
    [Fact]
    public void The_interval_of_the_lift_is_Newcombes()
    {
        var lift = CampaignEffect.Conversion(new EffectArm(70, 56, 0, 0), new EffectArm(80, 48, 0, 0), 0.95);
        Assert.Equal((0.0524, 0.3339), (Math.Round(lift.Low, 4), Math.Round(lift.High, 4)));
    }

    /// <summary>By hand: means 20 and 18, variances 16 and 9, n 25 and 36: t = 2/sqrt(0.89), 41.95 degrees of freedom.</summary>
    [Fact]
    public void The_revenue_lift_is_Welchs()
    {
        var lift = CampaignEffect.Revenue(new EffectArm(25, 0, 20, 16), new EffectArm(36, 0, 18, 9), 0.95)!.Value;
        Assert.Equal(2, lift.Difference, 12);
        Assert.Equal(2 / Math.Sqrt(0.89), lift.Statistic, 12);
        var degrees = 0.89 * 0.89 / ((0.64 * 0.64 / 24) + (0.25 * 0.25 / 35));
        Assert.Equal(2 - (StudentT.Critical(0.05, degrees) * Math.Sqrt(0.89)), lift.Low, 10);
        Assert.Null(CampaignEffect.Revenue(new EffectArm(1, 0, 20, 0), new EffectArm(36, 0, 18, 9), 0.95));
    }

    [Fact]
    public void Return_on_investment_is_of_all_treated_customers()
    {
        var lift = CampaignEffect.Roi(CampaignEffect.Times(CampaignEffect.Times(new Lift(2, 1, 3, 0, 0), 1_000), 0.5), 400);
        Assert.Equal((1.5, 0.25, 2.75), (lift.Difference, lift.Low, lift.High));
    }

    /// <summary>Intervals hold what they promise: nine in ten contain the true lift (goal A6).</summary>
    [Fact]
    public void Nine_of_ten_intervals_contain_the_truth()
    {
        const int Runs = 2_000;
        var random = new Random(5);
        var (conversions, revenues) = (0, 0);
        for (var run = 0; run < Runs; run++)
        {
            var (treated, holdout) = (Draw(random, 900, 0.12), Draw(random, 300, 0.10));
            if (Contains(CampaignEffect.Conversion(treated, holdout, 0.9), 0.02)) conversions++;
            if (Contains(CampaignEffect.Revenue(treated, holdout, 0.9)!.Value, 0.02 * 50)) revenues++;
        }

        Assert.InRange((double)conversions / Runs, 0.88, 0.92);
        Assert.InRange((double)revenues / Runs, 0.88, 0.92);
    }

    private static bool Contains(Lift lift, double value) => lift.Low <= value && value <= lift.High;

    /// <summary>Customers of whom a share buys for an exponential amount of 50 in the mean.</summary>
    private static EffectArm Draw(Random random, int customers, double rate)
    {
        var (converted, sum, squares) = (0, 0.0, 0.0);
        for (var i = 0; i < customers; i++)
        {
            if (random.NextDouble() >= rate) continue;
            var amount = -50 * Math.Log(1 - random.NextDouble());
            converted++;
            sum += amount;
            squares += amount * amount;
        }

        return new EffectArm(customers, converted, sum / customers, (squares - (sum * sum / customers)) / (customers - 1));
    }
}

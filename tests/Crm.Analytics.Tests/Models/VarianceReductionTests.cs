using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class VarianceReductionTests
{
    [Fact]
    public void CUPED_keeps_the_lift_covers_the_truth_and_takes_the_explained_variance_away()
    {
        var random = new Random(5);
        const int Worlds = 1500;
        var (covered, sum, share) = (0, 0.0, 0.0);
        for (var world = 0; world < Worlds; world++)
        {
            var adjusted = VarianceReduction.Of(Arm(200, 3), Arm(100, 0), 0.9)!.Value;
            if (adjusted.Lift.Low <= 3 && adjusted.Lift.High >= 3) covered++;
            sum += adjusted.Lift.Difference;
            share += adjusted.VarianceShare;
        }

        Assert.InRange((double)covered / Worlds, 0.88, 0.92);
        Near.Absolute(3, sum / Worlds, 0.1);
        // y = x + noise of the same variance: half of it is explained.
        Near.Absolute(0.5, share / Worlds, 0.02);

        PairedArm Arm(int n, double effect)
        {
            var x = Enumerable.Range(0, n).Select(_ => 10 + (5 * Normal())).ToArray();
            var y = x.Select(value => value + effect + (5 * Normal())).ToArray();
            var (mx, my) = (x.Average(), y.Average());
            return new PairedArm(
                n, mx, my, x.Sum(value => (value - mx) * (value - mx)) / (n - 1), y.Sum(value => (value - my) * (value - my)) / (n - 1),
                x.Zip(y, (a, b) => (a - mx) * (b - my)).Sum() / (n - 1));
        }

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    [Fact]
    public void Nothing_to_adjust_by_leaves_the_plain_lift_and_tiny_arms_have_none()
    {
        var adjusted = VarianceReduction.Of(new(50, 0, 7, 0, 4, 0), new(50, 0, 5, 0, 4, 0), 0.95)!.Value;
        Assert.Equal((0, 1, 2), (adjusted.Theta, adjusted.VarianceShare, adjusted.Lift.Difference));
        Assert.Null(VarianceReduction.Of(new(1, 0, 7, 0, 0, 0), new(50, 0, 5, 0, 4, 0), 0.95));
    }

    [Fact]
    public void Qini_rewards_a_ranking_that_finds_the_persuadable()
    {
        // Of 100 customers the first 50 buy only when treated; every second one is treated.
        (double Rank, bool Treated, double Outcome)[] good = [.. Enumerable.Range(0, 100).Select(i => ((double)-i, i % 2 == 0, i < 50 && i % 2 == 0 ? 1.0 : 0.0))];
        var (curve, coefficient) = Qini.Of(good)!.Value;
        Assert.Equal(25, curve[^1].Gain);
        Assert.Equal(25, curve[5].Gain);
        // Area of the curve 25 · (0.5 / 2 + 0.5) less 25 / 2, per customer; whole customers make it a step.
        Near.Absolute(0.0625, coefficient, 0.002);
        var backwards = Qini.Of(good.Select(customer => (-customer.Rank, customer.Treated, customer.Outcome)))!.Value;
        Near.Absolute(-0.0625, backwards.Coefficient, 0.002);
        // Without any order there is one step, which is the straight line.
        Assert.Equal(0, Qini.Of(good.Select(customer => (0.0, customer.Treated, customer.Outcome)))!.Value.Coefficient);
        Assert.Null(Qini.Of(good.Where(customer => customer.Treated)));
    }
}

using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Experiments;

namespace Crm.Campaign.Tests.Experiments;

/// <summary>Goal G13: how often the declared test is wrong where nothing differs, and right where something does. Seeds are fixed.</summary>
public sealed class ExperimentSimulationTests
{
    private const int Runs = 10_000;
    private const double Alpha = 0.05;

    /// <summary>Three standard errors of a share of 5 % in so many runs.</summary>
    private static readonly double Tolerance = 3 * Math.Sqrt(Alpha * (1 - Alpha) / Runs);

    [Theory]
    [InlineData(2, 2_000, 0.05)]
    [InlineData(2, 150, 0.01)] // few enough for the exact test
    [InlineData(3, 1_000, 0.10)]
    [InlineData(5, 1_000, 0.04)]
    public void Where_nothing_differs_a_winner_is_named_no_more_often_than_the_error_that_was_declared(int arms, int sample, double rate)
    {
        var random = new Random(arms * sample);
        var winners = 0;
        for (var run = 0; run < Runs; run++)
        {
            var result = ExperimentEvaluation.Evaluate(
                [.. Enumerable.Range(0, arms).Select(arm => (((char)('A' + arm)).ToString(), new Share(Binomial(random, sample, rate), sample)))], Alpha, 0);
            if (result.Outcome == ExperimentEvaluation.Winner) winners++;
        }

        Assert.True(winners <= (Alpha + Tolerance) * Runs, $"{winners} of {Runs} experiments named a winner.");
    }

    [Theory]
    [InlineData(0.10, 0.02, 0.8)]
    [InlineData(0.05, 0.01, 0.9)]
    [InlineData(0.30, -0.05, 0.8)]
    public void With_the_sample_that_was_hinted_at_the_power_is_what_was_asked_for(double baseline, double effect, double power)
    {
        var sample = Proportions.SampleSize(baseline, effect, Alpha, power);
        var random = new Random(11);
        var right = 0;
        for (var run = 0; run < Runs; run++)
        {
            var result = ExperimentEvaluation.Evaluate(
                [("A", new Share(Binomial(random, sample, baseline), sample)), ("B", new Share(Binomial(random, sample, baseline + effect), sample))], Alpha, 0);
            if (result.Winner == (effect > 0 ? "B" : "A")) right++;
        }

        Assert.InRange((double)right / Runs, power - 0.02, power + 0.02);
    }

    [Fact]
    public void An_arm_below_the_minimum_sample_makes_the_experiment_inconclusive()
    {
        var result = ExperimentEvaluation.Evaluate([("A", new Share(90, 100)), ("B", new Share(1, 99))], Alpha, 100);
        Assert.Equal(("inconclusive", "too_few", null), (result.Outcome, result.Reason, result.Winner));
        Assert.Equal("winner", ExperimentEvaluation.Evaluate([("A", new Share(90, 100)), ("B", new Share(1, 100))], Alpha, 100).Outcome);
    }

    [Fact]
    public void Assignment_depends_on_salt_and_customer_only_and_splits_by_weight()
    {
        const int Customers = 60_000;
        var random = new Random(3);
        Guid NextId()
        {
            var bytes = new byte[16];
            random.NextBytes(bytes);
            return new Guid(bytes);
        }

        var customers = Enumerable.Range(0, Customers).Select(_ => NextId()).ToArray();
        Arm[] arms = [new("A", 1), new("B", 2), new("C", 3)];
        var assignment = new VariantAssignment("salt", arms, 50);
        var assigned = customers.Select(assignment.Of).ToArray();

        Assert.Equal(assigned, customers.Reverse().Select(new VariantAssignment("salt", arms, 50).Of).Reverse());
        Assert.NotEqual(assigned, customers.Select(new VariantAssignment("pepper", arms, 50).Of));
        var expected = new Dictionary<string, double> { ["A"] = Customers / 12.0, ["B"] = Customers / 6.0, ["C"] = Customers / 4.0, [""] = Customers / 2.0 };
        Assert.True(ChiSquare(expected, assigned) < 11.345, "p < 0.01 at three degrees of freedom");

        // Independent of the hold-out: within each arm as many are kept back as in all.
        var campaign = NextId();
        var kept = customers.Where(customer => Holdout.Contains(campaign, customer, 20)).Select(assignment.Of).ToArray();
        Assert.True(ChiSquare(expected.ToDictionary(pair => pair.Key, pair => pair.Value * kept.Length / Customers), kept) < 11.345, "p < 0.01");
        var split = new Dictionary<string, double> { ["in"] = Customers * 0.2, ["out"] = Customers * 0.8 };
        Assert.True(ChiSquare(split, [.. customers.Select(customer => Holdout.Contains(campaign, customer, 20) ? "in" : "out")]) < 6.635, "p < 0.01 at one degree of freedom");
    }

    private static double ChiSquare(Dictionary<string, double> expected, IReadOnlyList<string?> seen) =>
        expected.Sum(pair => Math.Pow(seen.Count(value => (value ?? "") == pair.Key) - pair.Value, 2) / pair.Value);

    private static long Binomial(Random random, long n, double p)
    {
        // By the geometric gaps between successes: exact, and quick for small p.
        var (count, position, log) = (0L, -1L, Math.Log(1 - p));
        while (true)
        {
            position += 1 + (long)Math.Floor(Math.Log(1 - random.NextDouble()) / log);
            if (position >= n) return count;
            count++;
        }
    }
}

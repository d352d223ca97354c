using Crm.Analytics.Models.Prices;

namespace Crm.Analytics.Tests.Models;

public sealed class PriceElasticityTests
{
    [Theory]
    [InlineData(-2.0, 0.0)]
    [InlineData(-0.4, 0.7)]
    [InlineData(0.3, -1.1)]
    public void Demand_that_follows_the_formula_exactly_gives_its_elasticity(double elasticity, double trend)
    {
        PricedWeek[] weeks = [.. Enumerable.Range(0, 40).Select(t => (t, p: 10 + (t * 7 % 5))).Select(item =>
            new PricedWeek(500 * Math.Pow(item.p, elasticity) * Math.Exp(trend * item.t / 40.0), item.p))];
        var estimate = PriceElasticity.Of(weeks);
        Assert.Null(estimate.Reason);
        Near.Absolute(elasticity, estimate.Value!.Value, 1e-8);
        Near.Absolute(0, estimate.StandardError!.Value, 1e-6);
    }

    /// <summary>Against the profile likelihood, maximised by a grid and golden sections.</summary>
    [Fact]
    public void The_estimate_is_where_the_likelihood_is_highest()
    {
        double[] quantity = [12, 0, 7, 9, 3, 15, 8, 0, 11, 6, 4, 10, 9, 2, 13, 5], price = [9, 12, 10, 10, 13, 8, 10, 14, 9, 11, 12, 9, 10, 14, 8, 12];
        PricedWeek[] weeks = [.. quantity.Zip(price, (q, p) => new PricedWeek(q, p))];
        var estimate = PriceElasticity.Of(weeks);
        var best = Enumerable.Range(-400, 801).Select(step => estimate.Value!.Value + (step * 1e-3)).MaxBy(Profile);
        Near.Absolute(estimate.Value!.Value, best, 1e-3 + 1e-9);
        Assert.True(estimate.Low < estimate.Value && estimate.Value < estimate.High && estimate.Value < -1);

        double Profile(double elasticity)
        {
            // For given ε and b the best a is closed; b by golden section.
            double At(double b)
            {
                double sum = 0, total = quantity.Sum();
                for (var t = 0; t < 16; t++) sum += Math.Exp((elasticity * Math.Log(price[t])) + (b * ((2.0 * t) - 15) / 16));
                var a = Math.Log(total / sum);
                var value = 0.0;
                for (var t = 0; t < 16; t++) value += quantity[t] * (a + (elasticity * Math.Log(price[t])) + (b * ((2.0 * t) - 15) / 16));
                return value - total;
            }

            var (low, high) = (-3.0, 3.0);
            for (var step = 0; step < 80; step++)
            {
                var (one, two) = (high - ((high - low) / 1.618033988749895), low + ((high - low) / 1.618033988749895));
                if (At(one) > At(two)) high = two;
                else low = one;
            }

            return At((low + high) / 2);
        }
    }

    /// <summary>1,000 simulated products with twice the variance of Poisson, weeks without sales among them.</summary>
    [Fact]
    public void The_interval_holds_what_it_promises()
    {
        var random = new Random(44);
        var held = 0;
        const int Worlds = 1000;
        for (var world = 0; world < Worlds; world++)
        {
            var weeks = Enumerable.Range(0, 52).Select(_ =>
            {
                var price = 8 + random.Next(5);
                var mean = 4 * Math.Pow(price / 10.0, -1.8);
                // Pairs that come together double the variance.
                return new PricedWeek(2 * Poisson(mean / 2, random), price);
            }).ToArray();
            var estimate = PriceElasticity.Of(weeks, 0.9);
            Assert.Null(estimate.Reason);
            if (estimate.Low <= -1.8 && estimate.High >= -1.8) held++;
        }

        Assert.InRange(held / (double)Worlds, 0.87, 0.93);
    }

    [Fact]
    public void What_cannot_be_estimated_has_its_reason_and_no_number()
    {
        PricedWeek[] Weeks(int n, Func<int, (double Quantity, double Price)> week) => [.. Enumerable.Range(0, n).Select(week).Select(item => new PricedWeek(item.Quantity, item.Price))];
        foreach (var (weeks, reason) in new[]
        {
            (Weeks(0, t => (1, 1)), "no_sales"),
            (Weeks(20, t => (0, 10 + (t % 2))), "no_sales"),
            (Weeks(11, t => (10, 10 + (t % 2))), "too_few_weeks"),
            (Weeks(20, t => (1, 10 + (t % 2))), "too_few_pieces"),
            (Weeks(20, t => (10, 10)), "price_does_not_vary"),
            (Weeks(20, t => (10, 10 + (0.001 * t))), "price_does_not_vary"),
            (Weeks(20, t => (10, Math.Exp(0.1 * t))), "price_moves_with_time"),
            (Weeks(20, t => (10, t == 3 ? 0 : 10 + t)), "not_estimable"),
            (Weeks(20, t => (t == 3 ? double.NaN : 10, 10 + t)), "not_estimable"),
        })
        {
            var estimate = PriceElasticity.Of(weeks);
            Assert.Equal((reason, (double?)null, (double?)null), (estimate.Reason, estimate.Value, estimate.High));
        }
    }

    private static int Poisson(double mean, Random random)
    {
        var (limit, product, count) = (Math.Exp(-mean), random.NextDouble(), 0);
        for (; product > limit; count++) product *= random.NextDouble();
        return count;
    }
}

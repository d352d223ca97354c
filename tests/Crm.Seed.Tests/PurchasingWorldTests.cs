using Crm.Seed.Shop;

namespace Crm.Seed.Tests;

/// <summary>Moments of the drawn world against the closed forms of the papers.</summary>
public sealed class PurchasingWorldTests
{
    private const int Customers = 200_000;
    private static readonly PurchasingWorld World = PurchasingWorld.Shop;

    [Theory]
    [InlineData(8)]
    [InlineData(39)]
    [InlineData(78)]
    public void Repeat_purchases_are_those_of_the_model(double weeks)
    {
        var counts = Enumerable.Range(0, Customers).Select(i => World.Draw(new RandomStream($"moments {weeks} {i}"), weeks).Count() - 1).ToList();

        // P(X(t) = 0) = (α / (α + t))^r, and E[X(t)] by equation 9 of the BG/NBD paper.
        var never = Math.Pow(World.Alpha / (World.Alpha + weeks), World.R);
        var mean = (World.A + World.B - 1) / (World.A - 1)
            * (1 - (Math.Pow(World.Alpha / (World.Alpha + weeks), World.R) * Hypergeometric(World.R, World.B, World.A + World.B - 1, weeks / (World.Alpha + weeks))));
        Assert.Equal(never, counts.Count(count => count == 0) / (double)Customers, 4 * Math.Sqrt(never * (1 - never) / Customers));
        Assert.Equal(mean, counts.Average(), 4 * Deviation(counts.Select(count => (double)count)) / Math.Sqrt(Customers));
    }

    [Fact]
    public void Amounts_are_those_of_the_model()
    {
        var amounts = Enumerable.Range(0, Customers).Select(i => World.Draw(new RandomStream($"amounts {i}"), 0).Single().Amount).ToList();

        // E[Z] = p γ / (q - 1).
        Assert.Equal(World.P * World.Gamma / (World.Q - 1), amounts.Average(), 4 * Deviation(amounts) / Math.Sqrt(Customers));
    }

    [Fact]
    public void A_longer_observation_only_adds_purchases()
    {
        for (var i = 0; i < 500; i++)
        {
            var longer = World.Draw(new RandomStream($"{i}"), 78).ToList();
            Assert.Equal(longer.Where(purchase => purchase.Week <= 20), World.Draw(new RandomStream($"{i}"), 20));
        }
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(6.25)]
    public void Gamma_draws_have_their_mean_and_variance(double shape)
    {
        var random = new RandomStream($"gamma {shape}");
        var draws = Enumerable.Range(0, Customers).Select(_ => random.Gamma(shape, 2)).ToList();

        Assert.Equal(shape / 2, draws.Average(), 4 * Math.Sqrt(shape / 4 / Customers));
        Assert.Equal(shape / 4, Math.Pow(Deviation(draws), 2), 0.05 * shape / 4);
    }

    /// <summary>Computed from SHA-256 and SplitMix64 by an independent program.</summary>
    [Fact]
    public void Draws_never_change()
    {
        var random = new RandomStream("golden");

        double[] expected = [0.05354183546477187, 0.8936927217388803, 0.6853435442948626];
        double[] drawn = [random.Uniform(), random.Uniform(), random.Uniform()];
        Assert.Equal(expected, drawn);
    }

    private static double Deviation(IEnumerable<double> values)
    {
        var all = values.ToList();
        var mean = all.Average();
        return Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / all.Count);
    }

    /// <summary>Gauss' 2F1 by its series; |z| &lt; 1.</summary>
    private static double Hypergeometric(double a, double b, double c, double z)
    {
        var (sum, term) = (1.0, 1.0);
        for (var n = 0; n < 100_000 && Math.Abs(term) > 1e-15; n++)
        {
            term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
            sum += term;
        }

        return sum;
    }
}

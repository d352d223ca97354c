using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>BG/BB on the donations of Fader, Hardie and Shang (2010, table 1), sBG on the contracts of Fader and Hardie (2007).</summary>
public class DiscreteModelTests
{
    private static readonly (DiscreteHistory History, long Customers)[] Donations =
    [
        .. new (int X, int Last, long N)[]
        {
            (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284), (3, 5, 225), (2, 5, 173), (1, 5, 119),
            (4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322), (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464),
        }.Select(row => (new DiscreteHistory(row.X, row.Last, 6), row.N)),
    ];

    [Fact]
    public void BG_BB_has_the_published_parameters_likelihood_and_standard_errors()
    {
        Assert.Equal(11_104, Donations.Sum(row => row.Customers));
        var fit = BgBb.Fit(Donations);
        Assert.True(fit.Diagnostics.Converged);
        Near.AllRelative([1.203523, 0.749716, 0.656718, 2.783442], [fit.Model.Alpha, fit.Model.Beta, fit.Model.Gamma, fit.Model.Delta], 1e-4);
        Near.Absolute(-33225.5813, fit.LogLikelihood, 1e-3);
        Near.AllRelative([0.069391, 0.029448, 0.051009, 0.320814], fit.StandardErrors.Select(error => error!.Value), 2e-4);
    }

    [Fact]
    public void BG_BB_foretells_donations_as_published()
    {
        var model = new BgBb(1.203523, 0.749716, 0.656718, 2.783442);
        Near.Absolute(0.1081, model.ProbabilityAlive(new(0, 0, 6)), 6e-5);
        Near.Absolute(0.5897, model.ProbabilityAlive(new(2, 4, 6)), 6e-5);
        Near.Absolute(0.9304, model.ProbabilityAlive(new(6, 6, 6)), 6e-5);
        Near.Absolute(12_884.16, Donations.Sum(row => row.Customers * model.ExpectedPurchases(row.History, 5)), 0.05);
        var probabilities = model.ProbabilitiesOfPurchases(6);
        Near.Absolute(3454.9, 11_104 * probabilities[0], 0.06);
        Near.Absolute(1253.1, 11_104 * probabilities[6], 0.06);
        Near.Absolute(1, probabilities.Sum(), 1e-12);
    }

    [Theory]
    [InlineData(new[] { 100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1 }, 0.7041, 1.1820, -1680.2652, 3.694765, 5.441933)]
    [InlineData(new[] { 100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1 }, 0.6681, 3.8061, -1611.1581, 5.922205, 6.619870)]
    public void SBG_has_the_published_parameters_and_lifetimes(double[] survivors, double alpha, double beta, double logLikelihood, double lifetime, double residual)
    {
        var fit = ShiftedBetaGeometric.Fit([.. survivors.Select(value => 10 * value)]);
        Assert.True(fit.Diagnostics.Converged);
        Near.Absolute(alpha, fit.Model.Alpha, 6e-5);
        Near.Absolute(beta, fit.Model.Beta, 6e-5);
        Near.Absolute(logLikelihood, fit.LogLikelihood, 1e-3);
        Assert.All(fit.StandardErrors, error => Assert.True(error > 0));
        // The independent values come from parameters of four decimals.
        var rounded = new ShiftedBetaGeometric(alpha, beta);
        Near.Absolute(lifetime, rounded.DiscountedExpectedLifetime(0.1), 1e-6);
        Near.Absolute(residual, rounded.DiscountedExpectedResidualLifetime(4, 0.1), 1e-6);
        Near.Relative(fit.Model.Survival(3), fit.Model.RetentionRate(1) * fit.Model.RetentionRate(2) * fit.Model.RetentionRate(3), 1e-12);
    }

    [Fact]
    public void Nasty_data_end_with_finite_numbers()
    {
        foreach (var rows in new (DiscreteHistory, long)[][] { [(new(0, 0, 6), 1)], [(new(6, 6, 6), 40)], [(new(0, 0, 0), 3)], [(new(1, 1, 1), 1), (new(0, 0, 300), 5)] })
        {
            var fit = BgBb.Fit(rows);
            Assert.True(double.IsFinite(fit.LogLikelihood));
            Assert.All(rows, row => Assert.InRange(fit.Model.ProbabilityAlive(row.Item1), 0, 1));
            Assert.All(rows, row => Assert.True(double.IsFinite(fit.Model.ExpectedPurchases(row.Item1, 5))));
        }

        foreach (var survivors in new double[][] { [1, 1], [1, 0], [1000, 1000, 1000], [5, 0, 0] })
        {
            var fit = ShiftedBetaGeometric.Fit(survivors);
            Assert.True(double.IsFinite(fit.LogLikelihood) && double.IsFinite(fit.Model.DiscountedExpectedLifetime(0.1)));
        }

        Assert.Throws<ArgumentException>(() => BgBb.Fit([]));
        Assert.Throws<ArgumentException>(() => BgBb.Fit([(new(3, 2, 6), 1)]));
        Assert.Throws<ArgumentException>(() => ShiftedBetaGeometric.Fit([10, 12]));
        Assert.Throws<ArgumentException>(() => ShiftedBetaGeometric.Fit([0, 0]));
    }
}

using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>Fits on the CDNOW sample against the published values (Fader, Hardie and Lee 2005 and others) and scipy's.</summary>
public class FitTests
{
    [CdnowFact]
    public void BG_NBD_has_the_published_parameters_likelihood_and_standard_errors()
    {
        var fit = BgNbd.Fit(Cdnow.Histogram());
        Assert.True(fit.Diagnostics.Converged);
        Assert.Equal("BFGS", fit.Diagnostics.Method);
        Near.AllRelative([0.242593, 4.413531, 0.792886, 2.425754], [fit.Model.R, fit.Model.Alpha, fit.Model.A, fit.Model.B], 1e-5);
        Near.Absolute(-9582.4256, fit.LogLikelihood, 1e-4);
        Near.AllRelative([0.012557, 0.378221, 0.185717, 0.705337], fit.StandardErrors.Select(error => error!.Value), 1e-4);
    }

    [CdnowFact]
    public void MBG_NBD_has_the_published_parameters_likelihood_and_standard_errors()
    {
        var fit = MbgNbd.Fit(Cdnow.Histogram());
        Assert.True(fit.Diagnostics.Converged);
        Near.AllRelative([0.524838, 6.182992, 0.891356, 1.613999], [fit.Model.R, fit.Model.Alpha, fit.Model.A, fit.Model.B], 1e-5);
        Near.Absolute(-9582.1327, fit.LogLikelihood, 1e-4);
        Near.AllRelative([0.083263, 0.695593, 0.154784, 0.537465], fit.StandardErrors.Select(error => error!.Value), 1e-4);
    }

    [CdnowFact]
    public void Pareto_NBD_has_the_published_parameters_likelihood_and_standard_errors()
    {
        var fit = ParetoNbd.Fit(Cdnow.Histogram());
        Assert.True(fit.Diagnostics.Converged);
        Near.AllRelative([0.553276, 10.577612, 0.606214, 11.667911], [fit.Model.R, fit.Model.Alpha, fit.Model.S, fit.Model.Beta], 1e-4);
        Near.Absolute(-9594.9739, fit.LogLikelihood, 1e-3);
        Near.AllRelative([0.047629, 0.842723, 0.187278, 6.210970], fit.StandardErrors.Select(error => error!.Value), 1e-4);
    }

    [CdnowFact]
    public void Gamma_Gamma_has_the_published_parameters_likelihood_and_standard_errors()
    {
        var buyers = Cdnow.Summary.Select(customer => customer.Spend).ToArray();
        var fit = GammaGamma.Fit(buyers);
        Assert.True(fit.Diagnostics.Converged);
        Assert.Equal(946, fit.Customers);
        Near.AllRelative([6.248804, 3.744588, 15.447741], [fit.Model.P, fit.Model.Q, fit.Model.V], 1e-4);
        Near.Absolute(-4055.9232, fit.LogLikelihood, 1e-3);
        Near.AllRelative([1.189672, 0.290163, 4.159938], fit.StandardErrors.Select(error => error!.Value), 2e-4);
        Near.Absolute(35.1710, fit.Model.PopulationMean, 1e-3);
        Near.Absolute(0.1139, GammaGamma.FrequencyValueCorrelation(buyers)!.Value, 1e-4);
    }

    [CdnowFact]
    public void Exact_days_instead_of_rounded_weeks_give_CLVTools_parameters()
    {
        var histogram = PurchaseHistogram.Of(
            [.. PurchaseSummary.Of(Cdnow.SampleLog, Cdnow.CalibrationEnd).Select(customer => customer.History)]);
        var bg = BgNbd.Fit(histogram);
        Near.AllRelative([0.2425945, 4.4136019, 0.7929199, 2.4258881], [bg.Model.R, bg.Model.Alpha, bg.Model.A, bg.Model.B], 1e-4);
        Near.Absolute(-9582.429, bg.LogLikelihood, 1e-3);
        var pareto = ParetoNbd.Fit(histogram);
        Near.Absolute(-9594.976, pareto.LogLikelihood, 1e-3);
        // CLVTools stops a little short of the optimum: its own parameters have the lower likelihood.
        var published = new ParetoNbd(0.55315, 10.57633, 0.60625, 11.67150);
        var atPublished = Enumerable.Range(0, histogram.Rows).Sum(row => histogram[row].Customers * published.LogLikelihood(histogram[row].History));
        Assert.InRange(pareto.LogLikelihood - atPublished, 0, 1e-5);
        Near.AllRelative([published.R, published.Alpha, published.S, published.Beta],
            [pareto.Model.R, pareto.Model.Alpha, pareto.Model.S, pareto.Model.Beta], 3e-4);
        Near.AllRelative([0.0476264, 0.8427222, 0.1872594, 6.2105448], pareto.StandardErrors.Select(error => error!.Value), 1e-3);
    }

    [CdnowFact]
    public void Compression_keeps_1016_of_2357_rows_and_gives_the_same_bits_in_any_order_and_on_any_number_of_threads()
    {
        var customers = Cdnow.Summary.Select(customer => customer.History).ToArray();
        var histogram = PurchaseHistogram.Of(customers);
        Assert.Equal(1016, histogram.Rows);
        Assert.Equal(2357, histogram.Customers);
        // Many copies with jittered times, so that there are several chunks to share among threads.
        var random = new Random(7);
        PurchaseHistory[] many = [.. Enumerable.Range(0, 20).SelectMany(_ => customers).Select(history =>
            history with { Age = history.Age + Math.Round(random.NextDouble() * 10, 3) })];
        var reference = BgNbd.Fit(PurchaseHistogram.Of(many), new FitOptions(Threads: 1));
        random.Shuffle(many);
        foreach (var threads in new[] { 1, 2, 16 })
        {
            var fit = BgNbd.Fit(PurchaseHistogram.Of(many), new FitOptions(Threads: threads));
            Assert.Equal(reference.Model, fit.Model);
            Assert.Equal(reference.LogLikelihood, fit.LogLikelihood);
            Assert.Equal(reference.StandardErrors, fit.StandardErrors);
        }
    }

    [CdnowFact]
    public void Histogram_of_counts_equals_histogram_of_customers()
    {
        var histogram = Cdnow.Histogram();
        var counted = PurchaseHistogram.OfCounts(Enumerable.Range(0, histogram.Rows).Reverse().Select(row => histogram[row]));
        Assert.Equal(Enumerable.Range(0, histogram.Rows).Select(row => histogram[row]),
            Enumerable.Range(0, counted.Rows).Select(row => counted[row]));
        Assert.Equal(BgNbd.Fit(histogram).Model, BgNbd.Fit(counted).Model);
    }

    [CdnowFact]
    public void Fitting_in_days_instead_of_weeks_only_rescales_time()
    {
        var weeks = MbgNbd.Fit(Cdnow.Histogram()).Model;
        var days = MbgNbd.Fit(PurchaseHistogram.Of([.. Cdnow.Summary.Select(customer => customer.History)
            .Select(history => new PurchaseHistory(history.Frequency, 7 * history.Recency, 7 * history.Age))])).Model;
        Near.AllRelative([weeks.R, 7 * weeks.Alpha, weeks.A, weeks.B], [days.R, days.Alpha, days.A, days.B], 1e-5);
    }

    /// <summary>The 81 worlds of Fader, Hardie and Lee's simulation: r, s in 0.25..0.75, α, β in 5..15 weeks.</summary>
    [Fact]
    public void Every_model_converges_in_all_81_worlds()
    {
        double[] shapes = [0.25, 0.5, 0.75], rates = [5, 10, 15];
        var worlds = from r in shapes from alpha in rates from s in shapes from beta in rates select new ParetoNbd(r, alpha, s, beta);
        var random = new Random(81);
        foreach (var world in worlds)
        {
            var customers = new PurchaseHistory[600];
            for (var i = 0; i < customers.Length; i++) customers[i] = PurchaseSimulation.History(world, 52 - 12 * random.NextDouble(), random);
            var histogram = PurchaseHistogram.Of(customers);
            var pareto = ParetoNbd.Fit(histogram);
            Assert.True(
                pareto.Diagnostics.Converged && MbgNbd.Fit(histogram).Diagnostics.Converged && BgNbd.Fit(histogram).Diagnostics.Converged,
                $"{world}");
            Assert.True(pareto.LogLikelihood >= customers.Sum(history => world.LogLikelihood(history)), $"{world}: the optimum is below the truth");
        }
    }

    [Fact]
    public void A_simulated_world_is_found_again()
    {
        var world = new BgNbd(0.6, 6, 0.9, 2.5);
        var random = new Random(3);
        var customers = new PurchaseHistory[60_000];
        for (var i = 0; i < customers.Length; i++) customers[i] = PurchaseSimulation.History(world, 200 + random.Next(100), random);
        var fit = BgNbd.Fit(PurchaseHistogram.Of(customers));
        double[] truth = [world.R, world.Alpha, world.A, world.B], found = [fit.Model.R, fit.Model.Alpha, fit.Model.A, fit.Model.B];
        for (var i = 0; i < 4; i++) Near.Absolute(truth[i], found[i], 4 * fit.StandardErrors[i]!.Value);

        var spend = new GammaGamma(6, 4, 15);
        RepeatSpend[] buyers = [.. Enumerable.Range(1, 20_000).Select(i =>
            new RepeatSpend(1 + i % 7, PurchaseSimulation.PurchaseValues(spend, 1 + i % 7, random).Average()))];
        var spendFit = GammaGamma.Fit(buyers);
        double[] spendTruth = [6, 4, 15], spendFound = [spendFit.Model.P, spendFit.Model.Q, spendFit.Model.V];
        for (var i = 0; i < 3; i++) Near.Absolute(spendTruth[i], spendFound[i], 4 * spendFit.StandardErrors[i]!.Value);
    }

    [Fact]
    public void Without_anything_to_fit_the_fit_says_so()
    {
        Assert.Throws<ArgumentException>(() => BgNbd.Fit(PurchaseHistogram.Of([])));
        Assert.Throws<ArgumentException>(() => GammaGamma.Fit([new RepeatSpend(0, 0), new RepeatSpend(2, -5)]));
        Assert.Throws<ArgumentException>(() => PurchaseHistogram.Of([new PurchaseHistory(1, 5, 4)]));
    }

    [Fact]
    public void All_customers_without_a_repeat_purchase_end_on_a_bound_without_an_error_of_that_parameter()
    {
        var fit = BgNbd.Fit(PurchaseHistogram.Of([.. Enumerable.Repeat(new PurchaseHistory(0, 0, 20), 30)]));
        Assert.True(fit.Diagnostics.Converged);
        Assert.True(double.IsFinite(fit.LogLikelihood) && fit.LogLikelihood > -1e-3);
        Assert.All(fit.StandardErrors, error => Assert.True(error is null || double.IsFinite(error.Value)));
    }
}

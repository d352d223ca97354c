using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class ModelChoiceTests
{
    [CdnowFact]
    public void Pareto_NBD_is_chosen_for_CDNOW_and_its_holdout_beats_the_past_rate()
    {
        var chosen = PurchaseModelChoice.Choose(Cdnow.Histogram())!;
        Assert.Equal("pareto-nbd", chosen.Name);
        Assert.Empty(chosen.Refused);
        var first = Cdnow.SampleLog.GroupBy(purchase => purchase.Customer).ToDictionary(group => group.Key, group => group.Min(purchase => purchase.Day));
        var actual = PurchaseSummary.Of(Cdnow.SampleLog, Cdnow.HoldoutEnd).Zip(PurchaseSummary.Of(Cdnow.SampleLog, Cdnow.CalibrationEnd),
            (whole, calibration) => whole.History.Frequency - calibration.History.Frequency).ToArray();
        var accuracy = PurchaseModelChoice.Validate(
            chosen.Model, Cdnow.Summary.Select((customer, i) => (customer.History, first[customer.Customer], actual[i])), 39);
        Assert.Equal((2357, 1882), (accuracy[0].Customers, (int)accuracy[0].Actual));
        Near.Absolute(1665.53, accuracy[0].Expected, 0.2);
        Near.Absolute(0.7545, accuracy[0].MeanAbsoluteError, 2e-4);
        Near.Absolute(1.0237, accuracy[0].PastRateError, 2e-3);
        Assert.Equal([new DateOnly(1997, 1, 1), new DateOnly(1997, 2, 1), new DateOnly(1997, 3, 1)], accuracy.Skip(1).Select(cohort => cohort.Cohort!.Value));
        Assert.Equal(2357, accuracy.Skip(1).Sum(cohort => cohort.Customers));
    }

    [Fact]
    public void The_first_usable_model_is_taken_and_the_reasons_against_others_are_told()
    {
        static Func<ChosenModel> Fit(string name, bool converged, params string[] onBound) => () =>
            new ChosenModel(name, new BgNbd(1, 1, 1, 1), -1, [], new FitDiagnostics(converged, "BFGS", 1, 1, 0, onBound), []);
        var second = PurchaseModelChoice.Choose([Fit("a", true, "beta", "s"), Fit("b", true), Fit("c", true)]);
        Assert.Equal("b", second.Name);
        Assert.Equal(["a: beta, s on the bound"], second.Refused);
        var none = PurchaseModelChoice.Choose([Fit("a", false), Fit("b", true, "r")]);
        Assert.Equal("b", none.Name);
        Assert.Equal(["a: not converged", "b: r on the bound"], none.Refused);
        Assert.Empty(PurchaseModelChoice.Choose([Fit("a", true)]).Refused);
        Assert.Null(PurchaseModelChoice.Choose(PurchaseHistogram.Of([])));
        Assert.True(double.IsFinite(PurchaseModelChoice.Choose(PurchaseHistogram.Of([.. Enumerable.Repeat(new PurchaseHistory(0, 0, 20), 30)]))!.LogLikelihood));
    }

    [CdnowFact]
    public void Intervals_of_CLV_hold_the_expectation_and_are_the_same_each_time()
    {
        var (bg, spend) = (BgNbd.Fit(Cdnow.Histogram()), GammaGamma.Fit(Cdnow.Summary.Select(customer => customer.Spend)));
        CustomerValueInterval Make() => new(
            p => new BgNbd(p[0], p[1], p[2], p[3]), [bg.Model.R, bg.Model.Alpha, bg.Model.A, bg.Model.B], bg.LogCovariance, spend.Model, spend.LogCovariance);
        var (one, two) = (Make(), Make());
        var point = CustomerValue.Monthly(bg.Model);
        foreach (var (history, z) in new[] { (new PurchaseHistory(2, 30.43, 38.86), 22.35), (new PurchaseHistory(26, 30.86, 31), 40.0), (new PurchaseHistory(0, 0, 38.86), 0), (default, 0) })
        {
            var (low, high) = one.Of(history, z);
            Assert.Equal((low, high), two.Of(history, z));
            Assert.InRange(point.Of(history, spend.Model.ExpectedValue(history.Frequency, z)), low, high);
        }
    }

    /// <summary>In a simulated world the 90 % intervals of next year's revenue hold what happened to about 90 of 100 customers.</summary>
    [Fact]
    public void A_year_later_the_intervals_held_what_they_promised()
    {
        var world = new BgNbd(2.0, 8, 1.2, 6);
        var spend = new GammaGamma(6, 4, 15);
        var random = new Random(11);
        var interval = new CustomerValueInterval(p => new BgNbd(p[0], p[1], p[2], p[3]), [2.0, 8, 1.2, 6], null, spend, null, annualDiscountRate: 0);
        const int N = 600;
        var covered = 0;
        for (var i = 0; i < N; i++)
        {
            var days = PurchaseSimulation.PurchaseDays(world, 273 + 365.25, random);
            var seen = days.Where(day => day <= 273).ToArray();
            var history = new PurchaseHistory(seen.Length, seen.Length == 0 ? 0 : seen[^1] / 7, 39);
            var (low, high) = interval.Of(history, 20);
            // Money per purchase as the model expects it: the purchases are what is uncertain here.
            var actual = (days.Count - seen.Length) * spend.ExpectedValue(history.Frequency, 20);
            if (actual >= low - 1e-9 && actual <= high + 1e-9) covered++;
        }

        // Purchases are whole numbers, so that an interval holds a little more than it must.
        Assert.InRange((double)covered / N, 0.87, 0.97);
    }
}

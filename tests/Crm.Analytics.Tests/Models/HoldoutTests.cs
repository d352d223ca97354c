using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>Weeks 40 to 78 of the CDNOW sample, foretold from the first 39, against published and independently computed accuracy.</summary>
public class HoldoutTests
{
    private static readonly double[] ActualPurchases = Cdnow.Directory is null ? [] :
        [.. PurchaseSummary.Of(Cdnow.SampleLog, Cdnow.HoldoutEnd)
            .Zip(PurchaseSummary.Of(Cdnow.SampleLog, Cdnow.CalibrationEnd),
                (whole, calibration) => (double)(whole.History.Frequency - calibration.History.Frequency))];

    [CdnowFact]
    public void Calibration_histogram_of_BG_NBD()
    {
        var observed = Enumerable.Range(0, 8).Select(x =>
            (double)Cdnow.Summary.Count(customer => Math.Min(customer.History.Frequency, 7) == x)).ToArray();
        Assert.Equal([1411, 439, 214, 100, 62, 38, 29, 64], observed);
        var expected = new double[8];
        foreach (var ages in Cdnow.Summary.CountBy(customer => customer.History.Age))
        {
            var probabilities = FittedModels.BgNbd.ProbabilitiesOfPurchases(6, ages.Key);
            for (var x = 0; x < 7; x++) expected[x] += ages.Value * probabilities[x];
            expected[7] += ages.Value * (1 - probabilities.Sum());
        }
        foreach (var (want, got) in new[] { 1407.7, 460.3, 192.5, 101.2, 59.8, 38.1, 25.5, 71.9 }.Zip(expected)) Near.Absolute(want, got, 0.051);
        Near.Absolute(4.822, observed.Zip(expected, (o, e) => (o - e) * (o - e) / e).Sum(), 6e-4);
    }

    [CdnowFact]
    public void BG_NBD() => Check(FittedModels.BgNbd, 1653.42, 0.6256, 0.7855, 1.6080, 4160.6, 0.0263, 0.2251);

    [CdnowFact]
    public void MBG_NBD() => Check(FittedModels.MbgNbd, 1576.74, 0.6272, 0.7648, 1.6072, 4050.0, 0.0410, 0.1852);

    [CdnowFact]
    public void Pareto_NBD() => Check(FittedModels.ParetoNbd, 1665.53, 0.6302, 0.7545, 1.6029, 4270.1, 0.0131, 0.1384);

    [CdnowFact]
    public void Forecasts_of_BG_NBD_and_Pareto_NBD_agree() =>
        Near.Absolute(0.9955, Correlation(Forecast(FittedModels.BgNbd), Forecast(FittedModels.ParetoNbd)), 6e-5);

    [CdnowFact]
    public void Cumulative_repeat_purchases_by_week()
    {
        int[] weeks = [13, 26, 39, 52, 65];
        double[] actual = [828, 1746, 2457, 3183, 3844];
        double[] bg = [709.0, 1726.9, 2494.0, 3127.7, 3675.0], pareto = [698.8, 1733.1, 2524.9, 3184.4, 3758.0];
        for (var i = 0; i < weeks.Length; i++)
        {
            Assert.Equal(actual[i], ActualCumulative(weeks[i]));
            Near.Absolute(bg[i], Cumulative(FittedModels.BgNbd, weeks[i]), 0.051);
            Near.Absolute(pareto[i], Cumulative(FittedModels.ParetoNbd, weeks[i]), 0.051);
        }
    }

    private static void Check(IPurchaseModel model, double sum, double correlation, double mae, double rmse, double week78, double mape, double oneTime)
    {
        Assert.Equal(1882, ActualPurchases.Sum());
        var forecast = Forecast(model);
        Near.Absolute(sum, forecast.Sum(), 0.0051);
        Near.Absolute(correlation, Correlation(forecast, ActualPurchases), 6e-5);
        Near.Absolute(mae, forecast.Zip(ActualPurchases, (f, a) => Math.Abs(f - a)).Average(), 6e-5);
        Near.Absolute(rmse, Math.Sqrt(forecast.Zip(ActualPurchases, (f, a) => (f - a) * (f - a)).Average()), 6e-5);
        Near.Absolute(week78, Cumulative(model, 78), 0.051);
        Near.Absolute(mape, Enumerable.Range(40, 39).Average(week => Math.Abs(Cumulative(model, week) / ActualCumulative(week) - 1)), 6e-5);
        Near.Absolute(oneTime, forecast.Zip(Cdnow.Summary).Where(pair => pair.Second.History.Frequency == 0).Average(pair => pair.First), 6e-5);
        Near.Absolute(0.2367, ActualPurchases.Zip(Cdnow.Summary).Where(pair => pair.Second.History.Frequency == 0).Average(pair => pair.First), 6e-5);
    }

    private static double[] Forecast(IPurchaseModel model)
    {
        var forecast = new PurchaseForecast(model, 39);
        return [.. Cdnow.Summary.Select(customer =>
        {
            Span<double> expected = stackalloc double[1];
            forecast.Expected(customer.History, expected);
            return expected[0];
        })];
    }

    /// <summary>Expected repeat purchases of all customers by the end of a week; each counts from the first purchase on.</summary>
    private static double Cumulative(IPurchaseModel model, int week) => FirstDays
        .Sum(first => first.Value * model.ExpectedPurchasesOfNewCustomer(Math.Max(0, week - first.Key / 7.0)));

    private static double ActualCumulative(int week) =>
        PurchaseSummary.Of(Cdnow.SampleLog, Start.AddDays(7 * week - 1)).Sum(customer => customer.History.Frequency);

    private static readonly DateOnly Start = new(1997, 1, 1);

    private static readonly Dictionary<int, int> FirstDays = Cdnow.SampleLog.GroupBy(purchase => purchase.Customer)
        .CountBy(purchases => purchases.Min(purchase => purchase.Day).DayNumber - Start.DayNumber + 1)
        .ToDictionary(pair => pair.Key, pair => pair.Value);

    private static double Correlation(double[] a, double[] b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        return a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum()
            / Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
    }
}

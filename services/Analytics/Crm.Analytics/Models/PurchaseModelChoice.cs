namespace Crm.Analytics.Models;

/// <summary>How well a model foretold a period that it had not seen.</summary>
/// <param name="Cohort">First day of the cohort's month of acquisition; null for everybody.</param>
/// <param name="MeanAbsoluteError">Per customer, in purchases.</param>
/// <param name="PastRateError">The same of "carries on at the past rate", x / T · t: what the model must beat.</param>
/// <param name="Bias">Σ expected / Σ actual - 1; null where nobody bought.</param>
public sealed record HoldoutAccuracy(DateOnly? Cohort, long Customers, double Expected, double Actual, double MeanAbsoluteError, double PastRateError, double? Bias)
{
    /// <summary>A quarter better than the past rate, and the total within 10 %; else "not reliable".</summary>
    public bool IsReliable => MeanAbsoluteError <= 0.75 * PastRateError && Bias is { } bias && Math.Abs(bias) <= 0.10;
}

/// <summary>A model by name with what its fit said.</summary>
/// <param name="Refused">Models that were tried before, with the reason why they were not taken.</param>
public sealed record ChosenModel(string Name, IPurchaseModel Model, double LogLikelihood, IReadOnlyList<double?> StandardErrors, FitDiagnostics Diagnostics, IReadOnlyList<string> Refused);

/// <summary>The chain of models: Pareto/NBD, then MBG/NBD, then BG/NBD, the first that converged inside the permitted range.</summary>
public static class PurchaseModelChoice
{
    public static ChosenModel? Choose(PurchaseHistogram customers, CancellationToken cancellationToken = default)
    {
        if (customers.Customers == 0) return null;
        return Choose(
        [
            () => Of("pareto-nbd", ParetoNbd.Fit(customers, cancellationToken: cancellationToken)),
            () => Of("mbg-nbd", MbgNbd.Fit(customers, cancellationToken: cancellationToken)),
            () => Of("bg-nbd", BgNbd.Fit(customers, cancellationToken: cancellationToken)),
        ]);
    }

    /// <summary>The first usable one; the last one's best point, with all reasons, where none is.</summary>
    internal static ChosenModel Choose(IReadOnlyList<Func<ChosenModel>> fits)
    {
        var refused = new List<string>();
        for (var i = 0; ; i++)
        {
            var fit = fits[i]();
            var reason = !fit.Diagnostics.Converged ? "not converged" : fit.Diagnostics.OnBound.Count > 0 ? $"{string.Join(", ", fit.Diagnostics.OnBound)} on the bound" : null;
            if (reason is not null) refused.Add($"{fit.Name}: {reason}");
            if (reason is null || i == fits.Count - 1) return fit with { Refused = refused };
        }
    }

    /// <summary>Expected against actual purchases of a later period, for everybody and by month of acquisition.</summary>
    /// <param name="customers">History in the calibration period, first purchase day, purchases in the period after it.</param>
    /// <param name="length">Of the later period, in the model's unit.</param>
    public static IReadOnlyList<HoldoutAccuracy> Validate(
        IPurchaseModel model, IEnumerable<(PurchaseHistory History, DateOnly First, int Actual)> customers, double length)
    {
        var forecast = new PurchaseForecast(model, length);
        var rows = customers.Select(customer =>
        {
            Span<double> expected = stackalloc double[1];
            forecast.Expected(customer.History, expected);
            var past = customer.History.Age > 0 ? customer.History.Frequency / customer.History.Age * length : 0;
            return (Cohort: new DateOnly(customer.First.Year, customer.First.Month, 1), Expected: expected[0], customer.Actual, Past: past);
        }).ToArray();
        return rows.Length == 0
            ? []
            : [Of(null, rows), .. rows.GroupBy(row => row.Cohort).OrderBy(group => group.Key).Select(group => Of(group.Key, [.. group]))];

        static HoldoutAccuracy Of(DateOnly? cohort, (DateOnly Cohort, double Expected, int Actual, double Past)[] rows)
        {
            CompensatedSum expected = default, error = default, past = default;
            long actual = 0;
            foreach (var row in rows)
            {
                expected.Add(row.Expected);
                error.Add(Math.Abs(row.Expected - row.Actual));
                past.Add(Math.Abs(row.Past - row.Actual));
                actual += row.Actual;
            }

            return new HoldoutAccuracy(
                cohort, rows.Length, expected.Value, actual, error.Value / rows.Length, past.Value / rows.Length, actual == 0 ? null : (expected.Value / actual) - 1);
        }
    }

    private static ChosenModel Of<TModel>(string name, ModelFit<TModel> fit)
        where TModel : IPurchaseModel => new(name, fit.Model, fit.LogLikelihood, fit.StandardErrors, fit.Diagnostics, []);
}

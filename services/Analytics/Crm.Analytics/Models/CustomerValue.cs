namespace Crm.Analytics.Models;

/// <summary>
/// Customer lifetime value of the non-contractual kind: CLV(H) = Σ_{k=1..K} m · E[M] · (E[Y(k·D)] - E[Y((k-1)·D)]) / (1+i)^k with
/// periods of length D and discount i per period.
/// </summary>
public sealed class CustomerValue
{
    /// <summary>A twelfth of a Julian year.</summary>
    public const double DaysPerMonth = 30.4375;

    private readonly PurchaseForecast _forecast;
    private readonly double[] _discount;

    private CustomerValue(IPurchaseModel model, int periods, double periodLength, double discountPerPeriod)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(periods, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(discountPerPeriod);
        _forecast = new PurchaseForecast(model, [.. Enumerable.Range(1, periods).Select(k => k * periodLength)]);
        _discount = [.. Enumerable.Range(1, periods).Select(k => Math.Pow(1 + discountPerPeriod, -k))];
    }

    /// <summary>The platform's definition: months of 30.4375 days, annual discount rate (default 10 %), horizon in months.</summary>
    /// <param name="daysPerUnit">Time unit of the model: 7 where it was fitted in weeks.</param>
    public static CustomerValue Monthly(IPurchaseModel model, int months = 12, double annualDiscountRate = 0.10, double daysPerUnit = 7) =>
        new(model, months, DaysPerMonth / daysPerUnit, Math.Pow(1 + annualDiscountRate, 1 / 12.0) - 1);

    /// <summary>The convention of the Python package lifetimes: months of 4.345 weeks and a monthly discount rate; model in weeks.</summary>
    public static CustomerValue LifetimesConvention(IPurchaseModel model, int months = 12, double monthlyDiscountRate = 0.01) =>
        new(model, months, 4.345, monthlyDiscountRate);

    /// <summary>Purchases discounted to today, over the horizon.</summary>
    public double DiscountedPurchases(in PurchaseHistory history)
    {
        var factors = _forecast.ExpectedIfAlive(history.Frequency, history.Age);
        var (sum, before) = (0.0, 0.0);
        for (var k = 0; k < factors.Length; k++)
        {
            sum += (factors[k] - before) * _discount[k];
            before = factors[k];
        }
        return _forecast.Model.ProbabilityAlive(history) * sum;
    }

    /// <param name="valuePerPurchase">E[M], for instance <see cref="GammaGamma.ExpectedValue"/>.</param>
    /// <param name="marginRate">m: 1 gives CLV in revenue.</param>
    public double Of(in PurchaseHistory history, double valuePerPurchase, double marginRate = 1) =>
        marginRate * valuePerPurchase * DiscountedPurchases(history);

    /// <summary>CLV over an infinite horizon: m · E[M] · DERT(δ), δ = ln(1+d) per time unit.</summary>
    public static double Residual(
        ParetoNbd model, in PurchaseHistory history, double valuePerPurchase, double delta, double marginRate = 1) =>
        marginRate * valuePerPurchase * model.DiscountedExpectedResidualTransactions(history, delta);

    /// <summary>
    /// m = (w · own + 4 · segment) / (w + 4): a customer's trailing contribution margin rate, shrunk to the segment's by a weight of four
    /// orders.
    /// </summary>
    public static double ShrunkMarginRate(double own, int orders, double segment) => (orders * own + 4 * segment) / (orders + 4);
}

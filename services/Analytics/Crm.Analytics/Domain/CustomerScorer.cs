using Crm.Analytics.Models;

namespace Crm.Analytics.Domain;

/// <summary>Scores of a customer before comparison with the others.</summary>
/// <param name="ExpectedPurchases">E[Y] over the horizon, by BG/NBD.</param>
/// <param name="NoPurchase90Days">P(no purchase in the next 90 days).</param>
/// <param name="Overdue">P(a gap at least as long as the present one | alive): below 0.05 the customer is overdue.</param>
/// <param name="ExpectedValue">E[M], money per purchase day.</param>
/// <param name="Clv">Expected net revenue over the horizon, discounted.</param>
internal sealed record UnrankedScore(
    Guid CustomerId, int DaysSinceLast, int PurchaseDays, decimal NetSpend, PurchaseHistory History, double MeanRepeatValue,
    double Alive, double AliveBgNbd, double AliveMbgNbd, double ExpectedPurchases, double NoPurchase90Days, double Overdue, double ExpectedValue, decimal Clv);

/// <summary>
/// Applies fitted models to customers: BG/NBD for volumes, Gamma-Gamma for money per purchase, CLV(H) = Σ_k E[M] (E[Y(kD)] - E[Y((k-1)D)])
/// / (1+d)^(k/12) over months D, in revenue (m = 1).
/// </summary>
internal sealed class CustomerScorer
{
    /// <summary>Changes with the formulas, not with the fits.</summary>
    public const string FormulaVersion = "1";

    private readonly BgNbd _bgNbd;
    private readonly MbgNbd _mbgNbd;
    private readonly GammaGamma _spend;
    private readonly CustomerValue _value;
    private readonly PurchaseForecast _forecast;
    private readonly DateOnly _asOf;
    private readonly AliveModel _alive;

    public CustomerScorer(FittedModels fit, DateOnly asOf, int horizonDays, AnalyticsOptions options)
    {
        (_bgNbd, _mbgNbd, _spend, _asOf, _alive) = (fit.ToBgNbd(), fit.ToMbgNbd(), fit.ToGammaGamma(), asOf, options.AliveModel);
        _forecast = new PurchaseForecast(_bgNbd, horizonDays / 7.0);
        _value = CustomerValue.Monthly(_bgNbd, Math.Max(1, (int)Math.Round(horizonDays / CustomerValue.DaysPerMonth)), options.AnnualDiscountRate);
    }

    /// <summary>Names the fit and the model whose P(alive) is shown.</summary>
    public static string ModelVersion(AliveModel alive, Guid fitId) => $"{(alive == AliveModel.BgNbd ? "bg-nbd" : "mbg-nbd")}:{fitId}";

    public UnrankedScore Score(CustomerFeatures customer)
    {
        var history = customer.HistoryAt(_asOf);
        var (bg, mbg) = (_bgNbd.ProbabilityAlive(history), _mbgNbd.ProbabilityAlive(history));
        var value = _spend.ExpectedValue(history.Frequency, customer.MeanRepeatValue);
        return new UnrankedScore(
            customer.CustomerId, _asOf.DayNumber - customer.LastDay.DayNumber, customer.WindowPurchaseDays, customer.WindowNet, history,
            customer.MeanRepeatValue, _alive == AliveModel.BgNbd ? bg : mbg, bg, mbg,
            bg * _forecast.ExpectedIfAlive(history.Frequency, history.Age)[0],
            _bgNbd.ProbabilityOfNoPurchase(history, 90 / 7.0), _bgNbd.OverdueScore(history), value,
            decimal.Round((decimal)_value.Of(history, value), 4));
    }
}

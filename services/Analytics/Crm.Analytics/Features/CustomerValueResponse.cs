using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;

namespace Crm.Analytics.Features;

/// <summary>The scores of a customer as the API shows them.</summary>
/// <param name="HasRepeated">Whether there was a second purchase day; without one, BG/NBD's P(alive) is 1 and says nothing.</param>
/// <param name="ProbabilityAlive">By the model named in <paramref name="ModelVersion"/>.</param>
/// <param name="OverdueScore">P(a gap at least as long as the present one | alive); below 0.05 the customer is overdue.</param>
/// <param name="Clv">Expected net revenue over the horizon, discounted.</param>
/// <param name="ClvPercentile">Share of scored customers with a CLV that is lower or equal.</param>
internal sealed record CustomerValueResponse(
    Guid CustomerId, RfmResponse Rfm, PurchaseHistoryResponse History, bool HasRepeated, double ProbabilityAlive, double ProbabilityAliveBgNbd, double ProbabilityAliveMbgNbd,
    double ExpectedPurchases, int HorizonDays, double ProbabilityOfNoPurchase90Days, double OverdueScore, decimal Clv, string Currency, double ClvPercentile,
    string ModelVersion, string FormulaVersion, DateTimeOffset InputsAsOf, DateTimeOffset ComputedAt)
{
    public static CustomerValueResponse Of(CustomerValueRow row) => new(
        row.CustomerId,
        new RfmResponse(
            row.RecencyScore, row.FrequencyScore, row.MonetaryScore, new RfmScore(row.RecencyScore, row.FrequencyScore, row.MonetaryScore).Segment,
            row.DaysSinceLast, row.PurchaseDays, row.NetSpend),
        new PurchaseHistoryResponse(row.Frequency, row.RecencyWeeks, row.AgeWeeks, row.MeanRepeatValue, row.ExpectedValue),
        row.Frequency > 0, row.PAlive, row.PAliveBgNbd, row.PAliveMbgNbd, row.ExpectedPurchases, row.HorizonDays, row.PNoPurchase90d, row.Overdue,
        row.Clv, row.Currency, row.ClvPercentile, row.ModelVersion, CustomerScorer.FormulaVersion, row.InputsAsOf, row.ComputedAt);
}

/// <summary>Scores from 1 to 5, 5 best, with the facts that they come from.</summary>
internal sealed record RfmResponse(
    int Recency, int Frequency, int Monetary, RfmSegment Segment, int DaysSinceLastPurchase, int PurchaseDays, decimal NetSpend);

/// <summary>What the models know: x, t_x and T in weeks, z; and the value per purchase that Gamma-Gamma expects of it.</summary>
internal sealed record PurchaseHistoryResponse(int RepeatPurchases, double RecencyWeeks, double AgeWeeks, double MeanRepeatValue, double ExpectedValue);

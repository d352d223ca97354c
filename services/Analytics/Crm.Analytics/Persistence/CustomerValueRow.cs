using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>A row of <c>customer_scores</c> as it is read.</summary>
internal sealed record CustomerValueRow(
    Guid CustomerId, string Currency, int RecencyScore, int FrequencyScore, int MonetaryScore, int DaysSinceLast, int PurchaseDays, decimal NetSpend,
    int Frequency, double RecencyWeeks, double AgeWeeks, double MeanRepeatValue, double PAlive, double PAliveBgNbd, double PAliveMbgNbd,
    double ExpectedPurchases, double PNoPurchase90d, double Overdue, double ExpectedValue, decimal Clv, double ClvPercentile, int HorizonDays,
    string ModelVersion, DateTimeOffset InputsAsOf, DateTimeOffset ComputedAt)
{
    public const string Columns =
        """
        customer_id, currency, recency_score, frequency_score, monetary_score, days_since_last, purchase_days, net_spend, frequency, recency_weeks,
        age_weeks, mean_repeat_value, p_alive, p_alive_bg_nbd, p_alive_mbg_nbd, expected_purchases, p_no_purchase_90d, overdue, expected_value, clv,
        clv_percentile, horizon_days, model_version, inputs_as_of, computed_at
        """;

    public static Task<CustomerValueRow?> FindAsync(Guid customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<CustomerValueRow>(
            $"SELECT {Columns} FROM customer_scores WHERE customer_id = @customerId", new { customerId }, cancellationToken);
}

namespace Crm.Analytics.Contracts.Events.V1;

/// <summary>Customers (up to 500) have new scores.</summary>
/// <param name="ModelVersion">Fit that the scores come from.</param>
/// <param name="ComputedAt">A score with a later one replaces an earlier, in whatever order they arrive.</param>
/// <param name="InputsAsOf">Events before this instant are in the scores.</param>
public sealed record CustomersScored(
    Guid EventId, DateTimeOffset OccurredAt, string ModelVersion, DateTimeOffset ComputedAt, DateTimeOffset InputsAsOf,
    IReadOnlyList<CustomerScore> Scores);

/// <param name="RecencyScore">1 to 5, 5 best; analytics 5.13.</param>
/// <param name="ProbabilityAlive">0 to 1, from the model named in the model version.</param>
/// <param name="ExpectedPurchases">Over the next <paramref name="HorizonDays"/>.</param>
/// <param name="Clv">Expected net revenue over the horizon, discounted; in <paramref name="Currency"/>.</param>
/// <param name="ClvPercentile">Share of scored customers with a CLV that is lower or equal; the top fifth is above 0.8.</param>
public sealed record CustomerScore(
    Guid CustomerId, int RecencyScore, int FrequencyScore, int MonetaryScore, double ProbabilityAlive, double ExpectedPurchases,
    int HorizonDays, decimal Clv, string Currency, double ClvPercentile);

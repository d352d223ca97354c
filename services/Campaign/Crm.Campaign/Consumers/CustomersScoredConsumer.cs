using Crm.Analytics.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>The latest computation wins.</summary>
public sealed class CustomersScoredConsumer(UnitOfWork unitOfWork) : IConsumer<CustomersScored>
{
    public Task Consume(ConsumeContext<CustomersScored> context)
    {
        var scores = context.Message.Scores.DistinctBy(score => score.CustomerId).ToArray();
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience (customer_id, scored_at, recency_score, frequency_score, monetary_score, p_alive, expected_purchases, clv, clv_currency, clv_percentile)
            SELECT s.customer_id, @ComputedAt, s.r, s.f, s.m, s.alive, s.expected, s.clv, s.currency, s.percentile
            FROM unnest(@customers, @r, @f, @m, @alive, @expected, @clv, @currencies, @percentiles)
                AS s (customer_id, r, f, m, alive, expected, clv, currency, percentile)
            ORDER BY s.customer_id
            ON CONFLICT (customer_id) DO UPDATE SET
                scored_at = excluded.scored_at, recency_score = excluded.recency_score, frequency_score = excluded.frequency_score,
                monetary_score = excluded.monetary_score, p_alive = excluded.p_alive, expected_purchases = excluded.expected_purchases,
                clv = excluded.clv, clv_currency = excluded.clv_currency, clv_percentile = excluded.clv_percentile
            WHERE audience.scored_at IS NULL OR audience.scored_at < excluded.scored_at
            """,
            new
            {
                context.Message.ComputedAt,
                customers = scores.Select(score => score.CustomerId).ToArray(),
                r = scores.Select(score => score.RecencyScore).ToArray(),
                f = scores.Select(score => score.FrequencyScore).ToArray(),
                m = scores.Select(score => score.MonetaryScore).ToArray(),
                alive = scores.Select(score => score.ProbabilityAlive).ToArray(),
                expected = scores.Select(score => score.ExpectedPurchases).ToArray(),
                clv = scores.Select(score => score.Clv).ToArray(),
                currencies = scores.Select(score => score.Currency).ToArray(),
                percentiles = scores.Select(score => score.ClvPercentile).ToArray(),
            },
            context.CancellationToken);
    }
}

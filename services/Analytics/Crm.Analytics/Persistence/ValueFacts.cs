using Crm.Analytics.Domain;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>Facts beside purchases that value is counted from; logged as one event and projected. Each id counts once.</summary>
public sealed record ValueFactsRecorded(
    Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<SurveyAnswer> Surveys, IReadOnlyList<CustomerCost> Costs, IReadOnlyList<Referral> Referrals,
    IReadOnlyList<FeedbackItem> Feedback, IReadOnlyList<FeedbackBenefit> Benefits);

/// <param name="Kind">nps (0 to 10), csat (1 to 5) or ces (1 to 7).</param>
/// <param name="Wave">Of a customer's answers in a wave the latest counts.</param>
public sealed record SurveyAnswer(Guid AnswerId, Guid CustomerId, string Kind, string Wave, int Score, DateTimeOffset AnsweredAt);

/// <param name="Kind">One of <see cref="CostKinds"/>.</param>
/// <param name="Amount">Not negative.</param>
public sealed record CustomerCost(Guid CostId, Guid CustomerId, string Currency, DateOnly Day, string Kind, decimal Amount);

/// <param name="WouldHaveBought">Answer of the referee to "would you have bought without the recommendation?"; null where not asked.</param>
/// <param name="SavedAcquisition">What winning such a customer costs otherwise.</param>
/// <param name="MarketingCost">Spent on the referee.</param>
/// <param name="Reward">Paid to the referrer.</param>
public sealed record Referral(
    Guid ReferralId, Guid ReferrerId, Guid RefereeId, string Programme, DateTimeOffset AcceptedAt, bool? WouldHaveBought, decimal SavedAcquisition, decimal MarketingCost,
    decimal Reward, string Currency);

/// <param name="Quality">0.5 a signal, 1 reproducible, 2 with a solution.</param>
/// <param name="Cost">Handling and incentive.</param>
public sealed record FeedbackItem(Guid ItemId, Guid CustomerId, string Topic, decimal Quality, DateTimeOffset ReportedAt, decimal Cost, string Currency);

/// <param name="Benefit">B of 12 months, measured by the owner of the change.</param>
/// <param name="Evidence">Link to the measurement.</param>
public sealed record FeedbackBenefit(string Topic, decimal Benefit, string Currency, DateTimeOffset AcceptedAt, string Evidence);

/// <summary>Which costs make which margin: order-level ones CM2, service and marketing CM3; acquisition stands apart.</summary>
public static class CostKinds
{
    public static readonly string[] Order = ["payment", "freight", "picking", "returns", "reward", "commission"];
    public static readonly string[] Service = ["service", "marketing"];
    public const string Acquisition = "acquisition";

    public static bool Knows(string kind) => Order.Contains(kind) || Service.Contains(kind) || kind == Acquisition;
}

/// <summary>Projects facts of value; idempotent by their ids.</summary>
public sealed class ValueFacts(UnitOfWork unitOfWork, BusinessCalendar calendar)
{
    public async Task RecordAsync(ValueFactsRecorded facts, CancellationToken cancellationToken)
    {
        foreach (var answer in facts.Surveys)
        {
            await unitOfWork.ExecuteAsync(
                "INSERT INTO survey_answers (answer_id, customer_id, kind, wave, score, answered_at) VALUES (@AnswerId, @CustomerId, @Kind, @Wave, @Score, @AnsweredAt) ON CONFLICT DO NOTHING",
                answer, cancellationToken);
        }

        foreach (var cost in facts.Costs)
        {
            await unitOfWork.ExecuteAsync(
                "INSERT INTO customer_costs (cost_id, customer_id, currency, day, kind, amount) VALUES (@CostId, @CustomerId, @Currency, @Day, @Kind, @Amount) ON CONFLICT DO NOTHING",
                cost, cancellationToken);
        }

        foreach (var referral in facts.Referrals)
        {
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO referrals (referral_id, referrer_id, referee_id, programme, accepted_at, would_have_bought, saved_acquisition, marketing_cost, reward, currency)
                VALUES (@ReferralId, @ReferrerId, @RefereeId, @Programme, @AcceptedAt, @WouldHaveBought, @SavedAcquisition, @MarketingCost, @Reward, @Currency) ON CONFLICT DO NOTHING
                """,
                referral, cancellationToken);
        }

        foreach (var item in facts.Feedback)
        {
            await unitOfWork.ExecuteAsync(
                "INSERT INTO feedback_items (item_id, customer_id, topic, quality, reported_at, cost, currency) VALUES (@ItemId, @CustomerId, @Topic, @Quality, @ReportedAt, @Cost, @Currency) ON CONFLICT DO NOTHING",
                item, cancellationToken);
        }

        foreach (var benefit in facts.Benefits)
        {
            // Measured anew, the later acceptance replaces the earlier.
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO feedback_benefits AS b (topic, benefit, currency, accepted_at, evidence) VALUES (@Topic, @Benefit, @Currency, @AcceptedAt, @Evidence)
                ON CONFLICT (topic) DO UPDATE SET benefit = excluded.benefit, currency = excluded.currency, accepted_at = excluded.accepted_at, evidence = excluded.evidence
                WHERE b.accepted_at <= excluded.accepted_at
                """,
                benefit, cancellationToken);
        }
    }

    public Task RegisterAsync(IEnumerable<Guid> customers, DateTimeOffset at, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO registered_customers AS c (customer_id, registered_on) SELECT DISTINCT id, @day FROM unnest(@ids) AS id ORDER BY id
        ON CONFLICT (customer_id) DO UPDATE SET registered_on = excluded.registered_on WHERE excluded.registered_on < c.registered_on
        """,
        new { ids = customers.ToArray(), day = calendar.DayOf(at) },
        cancellationToken);
}

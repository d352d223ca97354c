using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Value;

/// <summary>
/// Takes in what value is counted from beside purchases: survey answers, costs, referrals, feedback and its booked benefits. Up to 500
/// together, all or none; a fact whose id is known is passed over. The event log keeps them as one event.
/// </summary>
internal static class RecordValueFacts
{
    private const int Most = 500;

    public sealed record Request(
        IReadOnlyList<SurveyAnswer>? Surveys = null, IReadOnlyList<CustomerCost>? Costs = null, IReadOnlyList<Referral>? Referrals = null,
        IReadOnlyList<FeedbackItem>? Feedback = null, IReadOnlyList<FeedbackBenefit>? Benefits = null);

    public sealed record Response(Guid EventId, int Facts);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/value-facts", async (
            Request request, EventLog log, Projections projections, Ids ids, TimeProvider time, BusinessCalendar calendar, CancellationToken cancellationToken) =>
            (await Handle(request, log, projections, ids, time, calendar, cancellationToken)).ToOk())
        .WithName("RecordValueFacts")
        .AllowRoles([.. Roles.Analytics, Roles.Integration]);

    private static async Task<Result<Response>> Handle(
        Request request, EventLog log, Projections projections, Ids ids, TimeProvider time, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        var facts = new ValueFactsRecorded(
            ids.Next(), time.GetUtcNow(), request.Surveys ?? [], request.Costs ?? [], request.Referrals ?? [], request.Feedback ?? [], request.Benefits ?? []);
        var count = facts.Surveys.Count + facts.Costs.Count + facts.Referrals.Count + facts.Feedback.Count + facts.Benefits.Count;
        if (count is 0 or > Most) return Error.Invalid("analytics.facts_out_of_range", $"Send 1 to {Most} facts.", "facts");
        if (Check(facts, calendar.Today, time.GetUtcNow()) is { } wrong) return wrong;
        await log.AppendAsync([facts], cancellationToken);
        await projections.ApplyAsync(facts, cancellationToken);
        return new Response(facts.EventId, count);
    }

    private static Error? Check(ValueFactsRecorded facts, DateOnly today, DateTimeOffset now)
    {
        foreach (var answer in facts.Surveys)
        {
            var most = answer.Kind switch { "nps" => 10, "csat" => 5, "ces" => 7, _ => -1 };
            if (most < 0) return Error.Invalid("analytics.survey_kind_unknown", "kind is nps, csat or ces.", "surveys.kind");
            if (answer.Score > most || answer.Score < (answer.Kind == "nps" ? 0 : 1)) return Error.Invalid("analytics.score_out_of_range", $"A score of {answer.Kind} is at most {most}.", "surveys.score");
            if (string.IsNullOrWhiteSpace(answer.Wave) || answer.Wave.Length > 100) return Error.Invalid("analytics.wave_invalid", "wave has 1 to 100 characters.", "surveys.wave");
            if (answer.AnsweredAt > now) return AnalyticsErrors.InTheFuture("surveys.answeredAt");
        }

        foreach (var cost in facts.Costs)
        {
            if (!CostKinds.Knows(cost.Kind)) return Error.Invalid("analytics.cost_kind_unknown", $"kind is one of {string.Join(", ", [.. CostKinds.Order, .. CostKinds.Service, CostKinds.Acquisition])}.", "costs.kind");
            if (IsNoAmount(cost.Amount)) return Error.Invalid("analytics.cost_negative", "A cost is not negative.", "costs.amount");
            if (!IsCurrency(cost.Currency)) return AnalyticsErrors.CurrencyInvalid;
            if (cost.Day > today) return AnalyticsErrors.InTheFuture("costs.day");
        }

        foreach (var referral in facts.Referrals)
        {
            if (referral.ReferrerId == referral.RefereeId) return Error.Invalid("analytics.referral_of_oneself", "Nobody refers themselves.", "referrals.refereeId");
            if (IsNoAmount(referral.SavedAcquisition) || IsNoAmount(referral.MarketingCost) || IsNoAmount(referral.Reward)) return Error.Invalid("analytics.cost_negative", "Amounts of a referral are not negative.", "referrals");
            if (string.IsNullOrWhiteSpace(referral.Programme)) return Error.Invalid("analytics.programme_missing", "A referral belongs to a programme.", "referrals.programme");
            if (!IsCurrency(referral.Currency)) return AnalyticsErrors.CurrencyInvalid;
            if (referral.AcceptedAt > now) return AnalyticsErrors.InTheFuture("referrals.acceptedAt");
        }

        foreach (var item in facts.Feedback)
        {
            if (item.Quality is not (0.5m or 1 or 2)) return Error.Invalid("analytics.quality_unknown", "quality is 0.5, 1 or 2.", "feedback.quality");
            if (string.IsNullOrWhiteSpace(item.Topic)) return Error.Invalid("analytics.topic_missing", "Feedback belongs to a topic.", "feedback.topic");
            if (IsNoAmount(item.Cost)) return Error.Invalid("analytics.cost_negative", "A cost is not negative.", "feedback.cost");
            if (!IsCurrency(item.Currency)) return AnalyticsErrors.CurrencyInvalid;
        }

        foreach (var benefit in facts.Benefits)
        {
            if (string.IsNullOrWhiteSpace(benefit.Topic)) return Error.Invalid("analytics.topic_missing", "A benefit belongs to a topic.", "benefits.topic");
            if (IsNoAmount(benefit.Benefit)) return Error.Invalid("analytics.benefit_negative", "A benefit is not negative.", "benefits.benefit");
            if (string.IsNullOrWhiteSpace(benefit.Evidence)) return Error.Invalid("analytics.evidence_missing", "A benefit needs a link to its measurement.", "benefits.evidence");
            if (!IsCurrency(benefit.Currency)) return AnalyticsErrors.CurrencyInvalid;
        }

        return null;
    }

    private static bool IsNoAmount(decimal amount) => amount is < 0 or >= 1_000_000_000_000_000m;

    private static bool IsCurrency(string? currency) => currency is not null && Currencies.IsCode(currency);
}

using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Value;

/// <summary>What a customer is worth: past margin, CLV, referral and feedback value, their sum, and the margins CM1 to CM3; explained on request.</summary>
internal static class GetTotalValue
{
    private const int MostRows = 1000;
    private static readonly Error NoCustomer = Error.NotFound("analytics.customer_not_bought", "This customer has bought nothing.");

    /// <param name="OfWhich">Loyalty value, contained in past margin and CLV: not added again.</param>
    public sealed record Response(
        Guid CustomerId, string Currency, Metric TotalValue, Metric PastMargin, Metric Clv, Metric ReferralValue, Metric FeedbackValue, IReadOnlyList<Metric> Margin, IReadOnlyList<Metric> OfWhich);

    /// <param name="Lines">The customer's own lines, newest 1,000.</param>
    public sealed record Explanation(
        Response Value, IReadOnlyList<ExplainedStep> Steps, IReadOnlyList<LineRow> Lines, IReadOnlyList<CostRow> Costs, IReadOnlyList<ReferralRow> Referrals, IReadOnlyList<FeedbackRow> Feedback);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/total-value", async (Guid id, CustomerValuation valuation, CancellationToken cancellationToken) =>
                (await valuation.OfAsync(id, cancellationToken) is { } value ? (Result<Response>)Of(value) : NoCustomer).ToOk())
            .WithName("GetTotalValue")
            .AllowRoles(Roles.Staff);
        api.MapGet("/customers/{id:guid}/total-value/explain", async (Guid id, CustomerValuation valuation, CancellationToken cancellationToken) =>
                (await valuation.OfAsync(id, cancellationToken) is { } value ? (Result<Explanation>)Explain(value) : NoCustomer).ToOk())
            .WithName("ExplainTotalValue")
            .AllowRoles(Roles.Staff);
    }

    private static Response Of(Valuation value) => new(
        value.CustomerId, value.Currency, value.Total, value.PastMargin, value.Clv, value.ReferralValue, value.FeedbackValue, value.Margin, value.Loyalty);

    private static Explanation Explain(Valuation value) => new(
        Of(value), value.Steps, [.. value.Lines.TakeLast(MostRows)], [.. value.Costs.TakeLast(MostRows)], [.. value.Referrals.TakeLast(MostRows)], [.. value.Feedback.TakeLast(MostRows)]);
}

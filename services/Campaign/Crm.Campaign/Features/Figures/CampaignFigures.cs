namespace Crm.Campaign.Features.Figures;

/// <summary>Amounts in one currency. Currencies are never added to each other.</summary>
/// <param name="Spent">Messages sent times their cost, and what external activities reported.</param>
/// <param name="Committed">Messages that wait times their cost, and what activities are still planned to cost; nothing once a campaign is over.</param>
/// <param name="Remaining">Of the budget, after what is spent and committed; negative: it does not suffice. Null without a budget.</param>
/// <param name="ExpectedRevenue">Of the plan.</param>
/// <param name="ActualRevenue">Of purchases that are credited to the campaign, less returns; null where there are none.</param>
public sealed record MoneyFigures(
    string Currency, decimal? Budget, decimal Spent, decimal Committed, decimal? Remaining, decimal? ExpectedRevenue, decimal? ActualRevenue);

/// <param name="Sent">By channel.</param>
/// <param name="Uncosted">Channels that sent messages whose cost the plan does not tell: they are not in the amounts.</param>
/// <param name="Roi">
/// Additional revenue by the hold-out, less cost, over cost. Null unless an effect is known: revenue of recipients who would have bought anyway is no return.
/// </param>
/// <param name="RoiReason">Why there is none: not_launched, no_holdout, effect_not_known.</param>
public sealed record FiguresResponse(
    Guid CampaignId, string Name, string State, IReadOnlyDictionary<string, long> Sent, IReadOnlyList<string> Uncosted, IReadOnlyList<MoneyFigures> Money,
    decimal? Roi, string? RoiReason);

internal static class FiguresSql
{
    /// <summary>
    /// Amounts of the campaigns in <c>chosen (id, ...)</c>, a line for each campaign and currency. Counts come from the chunks, as the
    /// statistics do; activities of a campaign count wherever it stands.
    /// </summary>
    public const string Lines =
        """
        counts AS (
            SELECT c.id, c.channel, c.state, coalesce(sum(k.sent), 0) AS sent, coalesce(sum(k.recipients - k.sent - k.failed - k.skipped - k.unknown), 0) AS waiting
            FROM chosen JOIN campaigns c ON c.id = chosen.id LEFT JOIN chunks k ON k.campaign_id = c.id GROUP BY c.id),
        parts AS (
            SELECT n.id, p.currency, p.budget, p.expected_revenue, n.sent * coalesce((p.message_costs ->> n.channel)::numeric, 0) AS spent,
                CASE WHEN n.state IN ('sending', 'paused') THEN n.waiting * coalesce((p.message_costs ->> n.channel)::numeric, 0) ELSE 0 END AS committed,
                NULL::numeric AS actual_revenue
            FROM counts n JOIN campaign_plans p ON p.campaign_id = n.id WHERE p.currency IS NOT NULL
            UNION ALL
            SELECT n.id, a.currency, NULL, NULL, coalesce(r.cost, 0),
                CASE WHEN n.state IN ('cancelled', 'finished') THEN 0 ELSE greatest(a.planned_cost - coalesce(r.cost, 0), 0) END, NULL
            FROM counts n JOIN activities a ON a.campaign_id = n.id
            LEFT JOIN LATERAL (SELECT sum(cost) AS cost FROM activity_results WHERE activity_id = a.id) r ON true
            UNION ALL
            SELECT n.id, v.currency, NULL, NULL, 0, 0, sum(v.revenue) FROM counts n JOIN conversions v ON v.campaign_id = n.id WHERE v.credited GROUP BY n.id, v.currency),
        lines AS (
            SELECT id, currency, sum(budget) AS budget, sum(spent) AS spent, sum(committed) AS committed, sum(expected_revenue) AS expected_revenue, sum(actual_revenue) AS actual_revenue
            FROM parts GROUP BY id, currency)
        """;
}

namespace Crm.Campaign.Features.Figures;

/// <summary>Amounts in one currency. Currencies are never added to each other.</summary>
/// <param name="Spent">All of <paramref name="Costs"/>.</param>
/// <param name="Committed">Messages that wait times their cost, and what activities are still planned to cost; nothing once a campaign is over.</param>
/// <param name="Remaining">Of the budget, after what is spent and committed; negative: it does not suffice. Null without a budget.</param>
/// <param name="ExpectedRevenue">Of the plan.</param>
/// <param name="ActualRevenue">Of purchases that are credited to the campaign, less returns; null where there are none.</param>
public sealed record MoneyFigures(
    string Currency, decimal? Budget, decimal Spent, CostFigures Costs, decimal Committed, decimal? Remaining, decimal? ExpectedRevenue, decimal? ActualRevenue);

/// <param name="Messages">Messages sent times what one costs.</param>
/// <param name="Activities">That external activities (advertisements) reported.</param>
/// <param name="Coupons">Codes redeemed times what a redemption costs.</param>
/// <param name="Points">Loyalty points given times what one costs.</param>
public sealed record CostFigures(decimal Messages, decimal Activities, decimal Coupons, decimal Points);

/// <param name="Sent">By channel.</param>
/// <param name="Uncosted">
/// Channels that sent messages whose cost the plan does not tell, <c>coupons</c> redeemed and <c>points</c> given of unknown cost: they are not in the amounts.
/// </param>
/// <param name="Effect">What was measured against the hold-out; null without one, with the reason in <paramref name="RoiReason"/>.</param>
/// <param name="Roi">
/// Additional revenue by the hold-out, less cost, over cost. Null unless an effect and all costs are known: revenue of recipients who would have
/// bought anyway is no return.
/// </param>
/// <param name="RoiReason">
/// Why there is none: not_launched, no_holdout, effect_not_known, analytics_unavailable, no_cost, cost_unknown, costs_in_several_currencies.
/// </param>
public sealed record FiguresResponse(
    Guid CampaignId, string Name, string State, IReadOnlyDictionary<string, long> Sent, IReadOnlyList<string> Uncosted, IReadOnlyList<MoneyFigures> Money,
    EffectFigures? Effect, decimal? Roi, string? RoiReason);

internal sealed record MoneyLine(
    string Currency, decimal? Budget, decimal Messages, decimal Activities, decimal Coupons, decimal Points, decimal Committed, decimal? ExpectedRevenue, decimal? ActualRevenue)
{
    public decimal Spent => Messages + Activities + Coupons + Points;

    public MoneyFigures ToFigures() => new(
        Currency, Budget, Spent, new CostFigures(Messages, Activities, Coupons, Points), Committed, Budget - Spent - Committed, ExpectedRevenue, ActualRevenue);
}

internal static class FiguresSql
{
    /// <summary>Columns of <see cref="MoneyLine"/> after the currency, added up.</summary>
    public const string Sums =
        """
        sum(budget) AS budget, sum(messages) AS messages, sum(activities) AS activities, sum(coupons) AS coupons, sum(points) AS points, sum(committed) AS committed,
            sum(expected_revenue) AS expected_revenue, sum(actual_revenue) AS actual_revenue
        """;

    /// <summary>
    /// Amounts of the campaigns in <c>chosen (id, ...)</c>, a line for each campaign and currency. Counts come from the chunks, as the
    /// statistics do; activities of a campaign count wherever it stands.
    /// </summary>
    public const string Lines =
        $"""
        counts AS (
            SELECT c.id, c.channel, c.state, coalesce(sum(k.sent), 0) AS sent, coalesce(sum(k.recipients - k.sent - k.failed - k.skipped - k.unknown), 0) AS waiting
            FROM chosen JOIN campaigns c ON c.id = chosen.id LEFT JOIN chunks k ON k.campaign_id = c.id GROUP BY c.id),
        parts (id, currency, budget, expected_revenue, messages, activities, coupons, points, committed, actual_revenue) AS (
            SELECT n.id, p.currency, p.budget, p.expected_revenue, n.sent * coalesce((p.message_costs ->> n.channel)::numeric, 0), 0, 0, 0,
                CASE WHEN n.state IN ('sending', 'paused') THEN n.waiting * coalesce((p.message_costs ->> n.channel)::numeric, 0) ELSE 0 END, NULL::numeric
            FROM counts n JOIN campaign_plans p ON p.campaign_id = n.id WHERE p.currency IS NOT NULL
            UNION ALL
            SELECT n.id, a.currency, NULL, NULL, 0, coalesce(r.cost, 0), 0, 0,
                CASE WHEN n.state IN ('cancelled', 'finished') THEN 0 ELSE greatest(a.planned_cost - coalesce(r.cost, 0), 0) END, NULL
            FROM counts n JOIN activities a ON a.campaign_id = n.id
            LEFT JOIN LATERAL (SELECT sum(cost) AS cost FROM activity_results WHERE activity_id = a.id) r ON true
            UNION ALL
            SELECT n.id, o.cost_currency, NULL, NULL, 0, 0, count(*) * o.cost, 0, 0, NULL
            FROM counts n JOIN coupon_codes k ON k.campaign_id = n.id AND k.redeemed_at IS NOT NULL JOIN coupon_pools o ON o.id = k.pool_id
            WHERE o.cost IS NOT NULL GROUP BY n.id, o.id
            UNION ALL
            SELECT n.id, p.currency, NULL, NULL, 0, 0, 0, sum(w.points) * p.point_cost, 0, NULL
            FROM counts n JOIN campaign_plans p ON p.campaign_id = n.id JOIN journey_awards w ON w.campaign_id = n.id AND w.posted_at IS NOT NULL
            WHERE p.currency IS NOT NULL AND p.point_cost IS NOT NULL GROUP BY n.id, p.campaign_id
            UNION ALL
            SELECT n.id, v.currency, NULL, NULL, 0, 0, 0, 0, 0, sum(v.revenue) FROM counts n JOIN conversions v ON v.campaign_id = n.id WHERE v.credited GROUP BY n.id, v.currency),
        lines AS (SELECT id, currency, {Sums} FROM parts GROUP BY id, currency)
        """;
}

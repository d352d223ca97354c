using Crm.Analytics.Contracts.V1;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Figures;

internal static class GetFigures
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/figures", async (Guid id, UnitOfWork unitOfWork, EffectReads.EffectReadsClient analytics, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, analytics, time, cancellationToken)).ToOk())
            .WithName("GetCampaignFigures").WithSummary("Budget, cost and revenue by currency; effect and return against the hold-out").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<FiguresResponse>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, EffectReads.EffectReadsClient analytics, TimeProvider time, CancellationToken cancellationToken)
    {
        var campaign = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT c.name, c.state, c.channel, c.holdout_percent, c.launched_at, coalesce((SELECT sum(sent) FROM chunks WHERE campaign_id = c.id), 0)::bigint AS sent,
                coalesce(p.message_costs ? c.channel, false) AS costed, p.currency,
                coalesce((SELECT a.window_days FROM campaign_attributions a WHERE a.campaign_id = c.id), 14) AS window_days,
                EXISTS (
                    SELECT FROM coupon_codes k JOIN coupon_pools o ON o.id = k.pool_id WHERE k.campaign_id = c.id AND k.redeemed_at IS NOT NULL AND o.cost IS NULL) AS coupons_uncosted,
                p.point_cost IS NULL AND EXISTS (SELECT FROM journey_awards w WHERE w.campaign_id = c.id AND w.posted_at IS NOT NULL) AS points_uncosted
            FROM campaigns c LEFT JOIN campaign_plans p ON p.campaign_id = c.id WHERE c.id = @id
            """,
            new { id },
            cancellationToken);
        if (campaign is null) return CampaignErrors.CampaignNotFound;

        var lines = await unitOfWork.QueryAsync<MoneyLine>(
            $"""
            WITH chosen AS (SELECT @id::uuid AS id), {FiguresSql.Lines}
            SELECT currency, budget, messages, activities, coupons, points, committed, expected_revenue, actual_revenue FROM lines ORDER BY currency
            """,
            new { id },
            cancellationToken);
        var uncosted = campaign.Uncosted().ToArray();
        var (effect, roi, reason) = await ReturnAsync(id, campaign, lines, uncosted, analytics, time, cancellationToken);
        return new FiguresResponse(
            id, campaign.Name, campaign.State, campaign.Sent > 0 ? new Dictionary<string, long> { [campaign.Channel] = campaign.Sent } : [],
            uncosted, [.. lines.Select(line => line.ToFigures())], effect, roi, reason);
    }

    /// <summary>Only what the hold-out shows, only against all costs, and only in one currency.</summary>
    private static async Task<(EffectFigures? Effect, decimal? Roi, string? Reason)> ReturnAsync(
        Guid id, Row campaign, IReadOnlyList<MoneyLine> lines, string[] uncosted, EffectReads.EffectReadsClient analytics, TimeProvider time, CancellationToken cancellationToken)
    {
        if (campaign.LaunchedAt is null) return (null, null, "not_launched");
        if (campaign.HoldoutPercent == 0) return (null, null, "no_holdout");

        var costs = lines.Where(line => line.Spent > 0).ToArray();
        var withoutRoi = uncosted.Length > 0 ? "cost_unknown" : costs.Length == 0 ? "no_cost" : costs.Length > 1 ? "costs_in_several_currencies" : null;
        var (effect, missing) = await CampaignEffect.AskAsync(
            id, campaign.WindowDays, costs.Length == 1 ? costs[0].Currency : campaign.Currency, withoutRoi is null ? costs[0].Spent : null, analytics, time, cancellationToken);
        return effect is null ? (null, null, missing) : (effect, effect.Roi is { } roi ? Math.Round((decimal)roi.Value, 6) : null, withoutRoi);
    }

    private sealed record Row(
        string Name, string State, string Channel, decimal HoldoutPercent, DateTimeOffset? LaunchedAt, long Sent, bool Costed, string? Currency, int WindowDays,
        bool CouponsUncosted, bool PointsUncosted)
    {
        public IEnumerable<string> Uncosted()
        {
            if (Sent > 0 && !Costed) yield return Channel;
            if (CouponsUncosted) yield return "coupons";
            if (PointsUncosted) yield return "points";
        }
    }
}

using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Figures;

internal static class GetFigures
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/figures", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCampaignFigures").WithSummary("Budget, cost and revenue, by currency").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<FiguresResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var campaign = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT c.name, c.state, c.channel, c.holdout_percent, c.launched_at, coalesce((SELECT sum(sent) FROM chunks WHERE campaign_id = c.id), 0)::bigint AS sent,
                coalesce((SELECT p.message_costs ? c.channel FROM campaign_plans p WHERE p.campaign_id = c.id), false) AS costed
            FROM campaigns c WHERE c.id = @id
            """,
            new { id },
            cancellationToken);
        if (campaign is null) return CampaignErrors.CampaignNotFound;

        var lines = await unitOfWork.QueryAsync<MoneyLine>(
            $"""
            WITH chosen AS (SELECT @id::uuid AS id), {FiguresSql.Lines}
            SELECT currency, budget, spent, committed, expected_revenue, actual_revenue FROM lines ORDER BY currency
            """,
            new { id },
            cancellationToken);
        return new FiguresResponse(
            id, campaign.Name, campaign.State, campaign.Sent > 0 ? new Dictionary<string, long> { [campaign.Channel] = campaign.Sent } : [],
            campaign.Sent > 0 && !campaign.Costed ? [campaign.Channel] : [], [.. lines.Select(line => line.ToFigures())], null,
            campaign.LaunchedAt is null ? "not_launched" : campaign.HoldoutPercent == 0 ? "no_holdout" : "effect_not_known");
    }

    private sealed record Row(string Name, string State, string Channel, decimal HoldoutPercent, DateTimeOffset? LaunchedAt, long Sent, bool Costed);
}

internal sealed record MoneyLine(string Currency, decimal? Budget, decimal Spent, decimal Committed, decimal? ExpectedRevenue, decimal? ActualRevenue)
{
    public MoneyFigures ToFigures() => new(Currency, Budget, Spent, Committed, Budget - Spent - Committed, ExpectedRevenue, ActualRevenue);
}

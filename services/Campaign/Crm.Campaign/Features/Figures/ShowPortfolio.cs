using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Figures;

/// <param name="Campaigns">How many are in the period.</param>
/// <param name="Money">Sums over them, by currency.</param>
/// <param name="WithoutCampaign">Activities of the period that belong to no campaign, by currency; not in the sums.</param>
public sealed record PortfolioResponse(
    DateTimeOffset From, DateTimeOffset To, long Campaigns, IReadOnlyDictionary<string, long> ByState, IReadOnlyList<MoneyFigures> Money, IReadOnlyList<ActivityCost> WithoutCampaign);

public sealed record ActivityCost(string Currency, decimal Planned, decimal Reported);

/// <summary>All campaigns that were launched, or are planned to be, in a period.</summary>
internal static class ShowPortfolio
{
    private const int MaxDays = 800;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/portfolio", async (DateTimeOffset from, DateTimeOffset to, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(from.ToUniversalTime(), to.ToUniversalTime(), unitOfWork, cancellationToken)).ToOk())
            .WithName("ShowPortfolio").WithSummary("Budget, cost and revenue of all campaigns of a period, by currency").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<PortfolioResponse>> HandleAsync(DateTimeOffset from, DateTimeOffset to, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (to <= from || to - from > TimeSpan.FromDays(MaxDays)) return Error.Invalid("campaign.period_invalid", $"A period is up to {MaxDays} days long.", "to");

        const string chosen =
            """
            chosen AS (
                SELECT c.id FROM campaigns c LEFT JOIN campaign_plans p ON p.campaign_id = c.id
                WHERE coalesce(c.launched_at, p.launch_at) >= @from AND coalesce(c.launched_at, p.launch_at) < @to)
            """;
        var states = await unitOfWork.QueryAsync<StateCount>(
            $"WITH {chosen} SELECT c.state, count(*) AS campaigns FROM chosen JOIN campaigns c ON c.id = chosen.id GROUP BY c.state ORDER BY c.state", new { from, to }, cancellationToken);
        var lines = await unitOfWork.QueryAsync<MoneyLine>(
            $"""
            WITH {chosen}, {FiguresSql.Lines}
            SELECT currency, {FiguresSql.Sums}
            FROM lines GROUP BY currency ORDER BY currency
            """,
            new { from, to },
            cancellationToken);
        var apart = await unitOfWork.QueryAsync<ActivityCost>(
            """
            SELECT a.currency, sum(a.planned_cost) AS planned, coalesce(sum(r.cost), 0) AS reported
            FROM activities a LEFT JOIN LATERAL (SELECT sum(cost) AS cost FROM activity_results WHERE activity_id = a.id) r ON true
            WHERE a.campaign_id IS NULL AND a.first_day < (@to AT TIME ZONE 'UTC')::date AND a.last_day >= (@from AT TIME ZONE 'UTC')::date GROUP BY a.currency ORDER BY a.currency
            """,
            new { from, to },
            cancellationToken);
        return new PortfolioResponse(
            from, to, states.Sum(row => row.Campaigns), states.ToDictionary(row => row.State, row => row.Campaigns), [.. lines.Select(line => line.ToFigures())], apart);
    }

    private sealed record StateCount(string State, long Campaigns);
}

using Crm.Analytics.Domain;
using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>Who was treated and who kept back, and what they bought since.</summary>
public sealed class CampaignAssignments(UnitOfWork unitOfWork, BusinessCalendar calendar)
{
    /// <summary>The first assignment counts; a variant may be told later, to those who waited for the outcome of a test phase.</summary>
    public async Task RecordAsync(CampaignAssigned assigned, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            "INSERT INTO campaigns (campaign_id, name, channel) VALUES (@CampaignId, @CampaignName, @Channel) ON CONFLICT DO NOTHING", assigned, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_assignments (campaign_id, customer_id, arm, variant, assigned_day)
            SELECT @CampaignId, a.customer_id, a.arm, a.variant, @day FROM unnest(@customers, @arms, @variants) AS a (customer_id, arm, variant) ORDER BY a.customer_id
            ON CONFLICT (campaign_id, customer_id) DO UPDATE SET
                variant = coalesce(campaign_assignments.variant, excluded.variant), assigned_day = least(campaign_assignments.assigned_day, excluded.assigned_day)
            WHERE (campaign_assignments.variant IS NULL AND excluded.variant IS NOT NULL) OR excluded.assigned_day < campaign_assignments.assigned_day
            """,
            new
            {
                assigned.CampaignId,
                day = calendar.DayOf(assigned.OccurredAt),
                customers = assigned.Customers.Select(customer => customer.CustomerId).ToArray(),
                arms = assigned.Customers.Select(customer => NameOf(customer.Group)).ToArray(),
                variants = assigned.Customers.Select(customer => customer.Variant).ToArray(),
            },
            cancellationToken);
    }

    internal Task<MeasuredCampaign?> FindAsync(Guid campaignId, CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<MeasuredCampaign>(
        """
        SELECT c.campaign_id, c.name, c.channel, (SELECT max(assigned_day) FROM campaign_assignments a WHERE a.campaign_id = c.campaign_id) AS last_assigned_day,
            (SELECT d.currency FROM campaign_assignments a JOIN purchase_days d ON d.customer_id = a.customer_id
             WHERE a.campaign_id = c.campaign_id GROUP BY d.currency ORDER BY count(*) DESC, d.currency LIMIT 1) AS main_currency
        FROM campaigns c WHERE c.campaign_id = @campaignId
        """,
        new { campaignId },
        cancellationToken);

    /// <summary>
    /// By arm, and treated ones also by variant: everybody who was assigned counts, reached or not. Revenue is net of returns and in one
    /// currency; whoever has an order left in the window has converted, whatever its currency.
    /// </summary>
    /// <param name="windowDays">From the day of the assignment on.</param>
    internal Task<IReadOnlyList<ArmTotals>> TotalsAsync(Guid campaignId, int windowDays, string currency, CancellationToken cancellationToken) => unitOfWork.QueryAsync<ArmTotals>(
        """
        WITH bought AS (
            SELECT a.arm, a.variant, coalesce(sum(d.net_revenue) FILTER (WHERE d.currency = @currency), 0) AS revenue, coalesce(bool_or(d.orders > 0), false) AS converted
            FROM campaign_assignments a
            LEFT JOIN purchase_days d ON d.customer_id = a.customer_id AND d.day >= a.assigned_day AND d.day < a.assigned_day + @windowDays
            WHERE a.campaign_id = @campaignId GROUP BY a.arm, a.variant, a.customer_id)
        SELECT arm, CASE WHEN grouping(variant) = 0 THEN variant END AS variant, grouping(variant) = 1 AS whole, count(*) AS customers,
            count(*) FILTER (WHERE converted) AS converted, sum(revenue) AS revenue, coalesce(avg(revenue), 0)::float8 AS mean, coalesce(var_samp(revenue), 0)::float8 AS variance
        FROM bought GROUP BY GROUPING SETS ((arm), (arm, variant)) ORDER BY arm, variant
        """,
        new { campaignId, windowDays, currency },
        cancellationToken);

    private static string NameOf(AssignedGroup group) => group switch
    {
        AssignedGroup.Treated => ArmTotals.Treated,
        AssignedGroup.Holdout => ArmTotals.Holdout,
        _ => ArmTotals.GlobalHoldout,
    };
}

internal sealed record MeasuredCampaign(Guid CampaignId, string Name, string Channel, DateOnly? LastAssignedDay, string? MainCurrency);

/// <param name="Whole">All of the arm, not one variant of it.</param>
/// <param name="Variance">Of revenue among its customers, n - 1 in the denominator.</param>
internal sealed record ArmTotals(string Arm, string? Variant, bool Whole, long Customers, long Converted, decimal Revenue, double Mean, double Variance)
{
    public const string Treated = "treated";
    public const string Holdout = "holdout";
    public const string GlobalHoldout = "global_holdout";
}

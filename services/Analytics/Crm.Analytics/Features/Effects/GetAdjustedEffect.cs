using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Effects;

/// <summary>
/// The revenue lift of a campaign with less noise: adjusted by what the same customers spent before (CUPED), and the Qini curve of ranking
/// by that past spend. Only with a hold-out; without one there is a reason and no number.
/// </summary>
internal static class GetAdjustedEffect
{
    private const string FormulaVersion = "campaign-effect-adjusted/1";
    private const int MostCustomers = 1_000_000;

    /// <param name="Theta">Of the adjustment.</param>
    /// <param name="VarianceShare">What the adjustment leaves of the variance: 0.4 is as good as 2.5 times as many customers.</param>
    /// <param name="Qini">Gain by the best-ranked tenths, and the area above the straight line, per customer.</param>
    public sealed record Response(
        Guid CampaignId, string Currency, int WindowDays, int BeforeDays, long Treated, long Holdout, Metric RevenueLift, double? Theta, double? VarianceShare, IReadOnlyList<QiniPoint> Qini,
        double? QiniCoefficient);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/campaign-effects/{campaignId:guid}/adjusted", async (
            Guid campaignId, int? windowDays, int? beforeDays, string? currency, CampaignAssignments assignments, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(campaignId, windowDays ?? 14, beforeDays ?? 90, currency, assignments, unitOfWork, time, cancellationToken)).ToOk())
        .WithName("GetAdjustedEffect")
        .AllowRoles([.. Roles.Analytics, .. Roles.Marketing, Roles.SalesManager, Roles.Viewer]);

    private static async Task<Result<Response>> Handle(
        Guid campaignId, int windowDays, int beforeDays, string? currency, CampaignAssignments assignments, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (windowDays is < 1 or > 365) return Error.Invalid("analytics.window_out_of_range", "windowDays is from 1 to 365.", "windowDays");
        if (beforeDays is < 1 or > 730) return Error.Invalid("analytics.window_out_of_range", "beforeDays is from 1 to 730.", "beforeDays");
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        if (await assignments.FindAsync(campaignId, cancellationToken) is not { LastAssignedDay: not null } campaign) return AnalyticsErrors.CampaignNotMeasured;
        var of = currency ?? campaign.MainCurrency ?? "IDR";
        var customers = await unitOfWork.QueryAsync<Row>(
            """
            SELECT a.arm = 'treated' AS treated,
                coalesce(sum(d.net_revenue) FILTER (WHERE d.day < a.assigned_day), 0)::float8 AS before, coalesce(sum(d.net_revenue) FILTER (WHERE d.day >= a.assigned_day), 0)::float8 AS after
            FROM campaign_assignments a
            LEFT JOIN purchase_days d ON d.customer_id = a.customer_id AND d.currency = @of AND d.day >= a.assigned_day - @beforeDays AND d.day < a.assigned_day + @windowDays
            WHERE a.campaign_id = @campaignId AND a.arm IN ('treated', 'holdout') GROUP BY a.customer_id, a.arm ORDER BY a.customer_id LIMIT @MostCustomers
            """,
            new { campaignId, of, beforeDays, windowDays, MostCustomers }, cancellationToken);
        var (treated, holdout, now) = (ArmOf(customers, true), ArmOf(customers, false), time.GetUtcNow());
        if (holdout.Customers == 0 || VarianceReduction.Of(treated, holdout, 0.95) is not { } adjusted)
        {
            var reason = holdout.Customers == 0 ? "no_holdout" : "too_few_customers";
            return new Response(campaignId, of, windowDays, beforeDays, treated.Customers, holdout.Customers, Metric.Undefined("revenueLift", reason, FormulaVersion, now, n: customers.Count), null, null, [], null);
        }

        var lift = adjusted.Lift;
        var qini = Qini.Of(customers.Select(customer => (customer.Before, customer.Treated, customer.After)));
        return new Response(
            campaignId, of, windowDays, beforeDays, treated.Customers, holdout.Customers,
            new Metric("revenueLift", lift.Difference, null, null, customers.Count, lift.Low, lift.High, 0.95, null, FormulaVersion, now), adjusted.Theta, adjusted.VarianceShare,
            qini?.Curve ?? [], qini?.Coefficient);
    }

    private static PairedArm ArmOf(IReadOnlyList<Row> customers, bool treated)
    {
        var arm = customers.Where(customer => customer.Treated == treated).ToArray();
        if (arm.Length < 2) return new PairedArm(arm.Length, 0, 0, 0, 0, 0);
        var (before, after) = (arm.Average(customer => customer.Before), arm.Average(customer => customer.After));
        CompensatedSum xx = default, yy = default, xy = default;
        foreach (var customer in arm)
        {
            var (x, y) = (customer.Before - before, customer.After - after);
            xx.Add(x * x);
            yy.Add(y * y);
            xy.Add(x * y);
        }

        var degrees = arm.Length - 1;
        return new PairedArm(arm.Length, before, after, xx.Value / degrees, yy.Value / degrees, xy.Value / degrees);
    }

    private sealed record Row(bool Treated, double Before, double After);
}

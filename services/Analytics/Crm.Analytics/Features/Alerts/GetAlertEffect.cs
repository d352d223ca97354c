using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Alerts;
using Crm.Analytics.Models;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Alerts;

/// <summary>
/// Whether alerts help: customers whose alert was shown against those held out, by what they bought in the days after it was raised. All
/// shown ones count, acted on or not (intention to treat); a customer counts once a kind, with the first alert.
/// </summary>
internal static class GetAlertEffect
{
    public sealed record Response(string Kind, int WindowDays, string Currency, Arm Shown, Arm HeldOut, Effect? Revenue, Effect? Conversion, string? WithoutEffect, double Confidence, string FormulaVersion, DateTimeOffset AsOf);

    /// <param name="Acted">Of the alerts; 0 among the held out.</param>
    public sealed record Arm(long Customers, long Converted, long Acted, double MeanRevenue);

    public sealed record Effect(double Value, double Low, double High, double P);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/alert-effects/{kind}", async (string kind, int? windowDays, string? currency, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(kind, windowDays ?? 60, currency ?? "IDR", unitOfWork, calendar, time, cancellationToken)).ToOk())
        .WithName("GetAlertEffect")
        .AllowRoles([.. Roles.Analytics, Roles.SalesManager, Roles.Viewer]);

    private static async Task<Result<Response>> Handle(
        string kind, int windowDays, string currency, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!AlertKind.All.Contains(kind)) return AnalyticsErrors.UnknownAlertKind;
        if (windowDays is < 1 or > 365) return Error.Invalid("analytics.window_out_of_range", "windowDays is from 1 to 365.", "windowDays");
        if (!Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            WITH first AS (
                SELECT DISTINCT ON (subject_id) subject_id::uuid AS customer_id, held_out, state, raised_day
                FROM alerts WHERE kind = @kind AND currency = @currency AND subject_type = 'customer' ORDER BY subject_id, raised_at
            ), spent AS (
                SELECT f.*, coalesce(sum(d.net_revenue), 0)::float8 AS revenue, coalesce(sum(d.orders), 0) > 0 AS bought
                FROM first f LEFT JOIN purchase_days d ON d.customer_id = f.customer_id AND d.currency = @currency
                    AND d.day > f.raised_day AND d.day <= f.raised_day + @windowDays
                WHERE f.raised_day + @windowDays <= @today
                GROUP BY f.customer_id, f.held_out, f.state, f.raised_day
            )
            SELECT held_out, count(*) AS customers, count(*) FILTER (WHERE bought) AS converted, count(*) FILTER (WHERE state = 'acted') AS acted,
                avg(revenue) AS mean, coalesce(var_samp(revenue), 0) AS variance
            FROM spent GROUP BY held_out
            """,
            new { kind, currency, windowDays, today = calendar.Today },
            cancellationToken);
        var (shown, held) = (rows.FirstOrDefault(row => !row.HeldOut), rows.FirstOrDefault(row => row.HeldOut));
        const double Confidence = 0.95;
        var reason = shown is null || held is null ? "no_finished_windows" : shown.Customers < 2 || held.Customers < 2 ? "too_few_customers" : null;
        var (revenue, conversion) = reason is null
            ? (CampaignEffect.Revenue(ToArm(shown!), ToArm(held!), Confidence), (Lift?)CampaignEffect.Conversion(ToArm(shown!), ToArm(held!), Confidence))
            : (null, null);
        return new Response(
            kind, windowDays, currency, Of(shown), Of(held), Of(revenue), Of(conversion), reason, Confidence, AlertRules.FormulaVersion, time.GetUtcNow());
    }

    private static EffectArm ToArm(Row row) => new(row.Customers, row.Converted, row.Mean, row.Variance);

    private static Arm Of(Row? row) => row is null ? new Arm(0, 0, 0, 0) : new Arm(row.Customers, row.Converted, row.Acted, row.Mean);

    private static Effect? Of(Lift? lift) => lift is { } known ? new Effect(known.Difference, known.Low, known.High, known.P) : null;

    private sealed record Row(bool HeldOut, long Customers, long Converted, long Acted, double Mean, double Variance);
}

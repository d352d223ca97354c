using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Retention;

/// <summary>Of the customers registered in a period: how many bought, bought again, bought in the last 90 days, and recommended somebody. Each stage of the one before.</summary>
internal static class GetLifecycleFunnel
{
    private const string FormulaVersion = "funnel/1";

    public sealed record Response(DateOnly From, DateOnly To, IReadOnlyList<Metric> Stages);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/metrics/lifecycle-funnel", async (
            DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(from, to, unitOfWork, calendar, time, cancellationToken)).ToOk())
        .WithName("GetLifecycleFunnel")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(
        DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        var (end, now) = (to ?? calendar.Today.AddDays(1), time.GetUtcNow());
        var start = from ?? end.AddMonths(-12);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        var row = (await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT count(*) AS registered, count(f.customer_id) AS bought, count(*) FILTER (WHERE f.purchase_days > 1) AS repeated,
                count(*) FILTER (WHERE f.purchase_days > 1 AND f.last_day > @today - 90) AS active,
                count(*) FILTER (WHERE f.purchase_days > 1 AND f.last_day > @today - 90 AND EXISTS (SELECT FROM referrals x WHERE x.referrer_id = r.customer_id)) AS advocates
            FROM registered_customers r LEFT JOIN customer_features f USING (customer_id) WHERE r.registered_on >= @start AND r.registered_on < @end
            """,
            new { start, end, today = calendar.Today }, cancellationToken))!;
        return new Response(start, end,
        [
            Metric.Amount("registered", row.Registered, row.Registered, FormulaVersion, now),
            Metric.Share("firstPurchase", row.Bought, row.Registered, FormulaVersion, now), Metric.Share("repeatPurchase", row.Repeated, row.Bought, FormulaVersion, now),
            Metric.Share("active", row.Active, row.Repeated, FormulaVersion, now), Metric.Share("advocate", row.Advocates, row.Active, FormulaVersion, now),
        ]);
    }

    private sealed record Row(long Registered, long Bought, long Repeated, long Active, long Advocates);
}

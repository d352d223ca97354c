using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Retention;

/// <summary>
/// Three metrics that are never mixed: period retention |active at start and end| / |active at start| with Wilson's interval, cohorts by
/// month of the first purchase, and Kaplan-Meier survival under a stated inactivity rule with its sBG projection. Revenue retention (GRR,
/// NRR) of the same two windows.
/// </summary>
internal static class GetRetention
{
    private const string FormulaVersion = "retention/1";
    private const int DefaultActiveDays = 90;
    private static readonly Error ActiveDaysOutOfRange = Error.Invalid("analytics.active_days_out_of_range", "activeDays is from 1 to 730.", "activeDays");
    private static readonly Error CohortOutOfRange = Error.Invalid("analytics.cohort_out_of_range", "from and to span at most 36 months.", "to");

    public sealed record PeriodResponse(string Currency, DateOnly Start, DateOnly End, int ActiveDays, Metric Retention, Metric GrossRevenueRetention, Metric NetRevenueRetention);

    /// <param name="Active">Customers of the cohort who bought in month 0, 1, ... after the first purchase.</param>
    public sealed record Cohort(DateOnly Month, long Size, IReadOnlyList<long> Active, IReadOnlyList<Metric> Rates);

    public sealed record CohortResponse(string Currency, IReadOnlyList<Cohort> Cohorts);

    /// <param name="InactivityDays">A customer has ended at the last purchase once so many days have passed without another.</param>
    public sealed record SurvivalResponse(
        string Currency, int InactivityDays, long Customers, IReadOnlyList<SurvivalStep> Steps, double? Alpha, double? Beta, IReadOnlyList<double> Projection, string? Reason, string FormulaVersion,
        DateTimeOffset AsOf);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/retention/period", async (
                DateOnly start, DateOnly end, int? activeDays, string? currency, FeatureQueries features, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await Period(start, end, activeDays ?? DefaultActiveDays, currency, features, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("GetPeriodRetention").AllowRoles(Roles.Staff);
        api.MapGet("/retention/cohorts", async (
                DateOnly from, DateOnly to, string? currency, FeatureQueries features, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await Cohorts(from, to, currency, features, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("GetCohortRetention").AllowRoles(Roles.Staff);
        api.MapGet("/retention/survival", async (
                int? inactivityDays, DateOnly? asOf, string? currency, FeatureQueries features, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
                (await Survival(inactivityDays ?? 180, asOf ?? calendar.Today, currency, features, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("GetSurvival").AllowRoles(Roles.Staff);
    }

    /// <summary>Active = a net-positive purchase day in the trailing <paramref name="activeDays"/> up to and including the day.</summary>
    private static async Task<Result<PeriodResponse>> Period(
        DateOnly start, DateOnly end, int activeDays, string? currency, FeatureQueries features, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        if (activeDays is < 1 or > 730) return ActiveDaysOutOfRange;
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        if ((currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } of) return AnalyticsErrors.NoPurchases;
        var row = await unitOfWork.QuerySingleOrDefaultAsync<PeriodRow>(
            """
            WITH spent AS (
                SELECT customer_id,
                    coalesce(sum(net_revenue) FILTER (WHERE day > @start - @activeDays AND day <= @start), 0) AS before,
                    coalesce(sum(net_revenue) FILTER (WHERE day > @end - @activeDays AND day <= @end), 0) AS after,
                    bool_or(net_revenue > 0 AND day > @start - @activeDays AND day <= @start) AS at_start,
                    bool_or(net_revenue > 0 AND day > @end - @activeDays AND day <= @end) AS at_end
                FROM purchase_days WHERE currency = @of AND orders > 0
                  AND ((day > @start - @activeDays AND day <= @start) OR (day > @end - @activeDays AND day <= @end)) GROUP BY customer_id)
            SELECT count(*) FILTER (WHERE at_start) AS active, count(*) FILTER (WHERE at_start AND at_end) AS kept, coalesce(sum(before) FILTER (WHERE at_start), 0) AS before,
                coalesce(sum(least(before, after)) FILTER (WHERE at_start AND at_end), 0) AS gross, coalesce(sum(after) FILTER (WHERE at_start AND at_end), 0) AS net
            FROM spent
            """,
            new { of, start, end, activeDays }, cancellationToken);
        var (known, now) = (row!, time.GetUtcNow());
        return new PeriodResponse(
            of, start, end, activeDays, Metric.Share("retention", known.Kept, known.Active, FormulaVersion, now), Money("grossRevenueRetention", known.Gross), Money("netRevenueRetention", known.Net));

        Metric Money(string name, decimal amount) => known.Before > 0
            ? new Metric(name, (double)(amount / known.Before), (double)amount, (double)known.Before, known.Active, null, null, null, null, FormulaVersion, now)
            : Metric.Undefined(name, "empty_denominator", FormulaVersion, now, (double)amount, (double)known.Before);
    }

    private static async Task<Result<CohortResponse>> Cohorts(
        DateOnly from, DateOnly to, string? currency, FeatureQueries features, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (from >= to) return AnalyticsErrors.EmptyPeriod;
        if (to > from.AddMonths(36)) return CohortOutOfRange;
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        if ((currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } of) return AnalyticsErrors.NoPurchases;
        var rows = await unitOfWork.QueryAsync<CohortRow>(
            """
            SELECT date_trunc('month', f.first_day)::date AS month,
                ((extract(year FROM d.day) - extract(year FROM f.first_day)) * 12 + extract(month FROM d.day) - extract(month FROM f.first_day))::int AS age, count(DISTINCT f.customer_id) AS active
            FROM customer_features f JOIN purchase_days d ON d.customer_id = f.customer_id AND d.currency = f.currency AND d.orders > 0
            WHERE f.currency = @of AND f.first_day >= @from AND f.first_day < @to GROUP BY 1, 2 ORDER BY 1, 2
            """,
            new { of, from, to }, cancellationToken);
        var now = time.GetUtcNow();
        return new CohortResponse(of,
        [
            .. rows.GroupBy(row => row.Month).Select(cohort =>
            {
                var active = new long[cohort.Max(row => row.Age) + 1];
                foreach (var row in cohort) active[row.Age] = row.Active;
                return new Cohort(cohort.Key, active[0], active, [.. active.Select((count, age) => Metric.Share($"month{age}", count, active[0], FormulaVersion, now))]);
            }),
        ]);
    }

    private static async Task<Result<SurvivalResponse>> Survival(
        int inactivityDays, DateOnly asOf, string? currency, FeatureQueries features, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (inactivityDays is < 1 or > 730) return ActiveDaysOutOfRange with { Field = "inactivityDays" };
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        if ((currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } of) return AnalyticsErrors.NoPurchases;
        // The histogram is all that it takes: lifetimes in whole months, ended or censored at the last purchase seen.
        var rows = await unitOfWork.QueryAsync<LifetimeRow>(
            """
            SELECT ((last_day - first_day) / 30)::int AS months, @asOf - last_day >= @inactivityDays AS ended, sum(customers)::bigint AS customers
            FROM purchase_histogram WHERE currency = @of AND last_day <= @asOf GROUP BY 1, 2 HAVING sum(customers) > 0
            """,
            new { of, asOf, inactivityDays }, cancellationToken);
        var customers = rows.Sum(row => row.Customers);
        if (customers == 0) return new SurvivalResponse(of, inactivityDays, 0, [], null, null, [], "empty_denominator", FormulaVersion, time.GetUtcNow());
        var steps = KaplanMeier.Of(rows.SelectMany(row => Enumerable.Repeat(((double)row.Months + 1, row.Ended), (int)Math.Min(row.Customers, 1_000_000))));
        double[] survivors = [customers, .. steps.Select(step => customers * step.Survival.Value)];
        var sbg = survivors.Length >= 3 ? ShiftedBetaGeometric.Fit(survivors, cancellationToken: cancellationToken) : null;
        return new SurvivalResponse(
            of, inactivityDays, customers, steps, sbg?.Model.Alpha, sbg?.Model.Beta, sbg is null ? [] : [.. Enumerable.Range(1, 24).Select(sbg.Model.Survival)], sbg is null ? "too_few_ends_to_project" : null,
            FormulaVersion, time.GetUtcNow());
    }

    private sealed record PeriodRow(long Active, long Kept, decimal Before, decimal Gross, decimal Net);

    private sealed record CohortRow(DateOnly Month, int Age, long Active);

    private sealed record LifetimeRow(int Months, bool Ended, long Customers);
}

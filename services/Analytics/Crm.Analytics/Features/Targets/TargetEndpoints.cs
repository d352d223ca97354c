using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Targets;

/// <param name="Actual">Up to today; null where nothing was measured, with <paramref name="Reason"/>.</param>
/// <param name="DueToDate">The target's share of the days that are over; for satisfaction the target itself.</param>
/// <param name="Attainment">Actual over due to date.</param>
internal sealed record TargetResponse(
    Guid Id, string Unit, string Measure, string? Source, string Currency, DateOnly From, DateOnly To, decimal Amount, string Owner, decimal? Actual, long N,
    decimal DueToDate, decimal? Attainment, string? Reason, string FormulaVersion, DateTimeOffset AsOf);

/// <summary>
/// Operational targets by unit, each with what has been reached: net revenue and margin (less returns), purchases, satisfaction (mean sentiment
/// index), new customers.
/// </summary>
internal static class TargetEndpoints
{
    public const string FormulaVersion = "targets/2";

    /// <param name="Source">Which purchases or feedback are the unit's: their source; a new customer is of the source of the first purchase. Without it all are.</param>
    /// <param name="To">First day after the period.</param>
    public sealed record Request(
        [property: Required, StringLength(100, MinimumLength = 1)] string Unit,
        [property: Required, RegularExpression("net_revenue|margin|purchases|satisfaction|new_customers")] string Measure,
        [property: RegularExpression("^[A-Z]{3}$")] string Currency,
        DateOnly From, DateOnly To,
        [property: Range(-1e15, 1e15)] decimal Amount,
        [property: Required, StringLength(200, MinimumLength = 1)] string Owner,
        [property: StringLength(100)] string? Source = null);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/targets", async (
                Request request, UnitOfWork unitOfWork, Ids ids, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
                (await SetAsync(request, unitOfWork, ids, calendar, time, cancellationToken)).ToCreated(target => $"/api/analytics/v1/targets/{target.Id}"))
            .WithName("SetTarget").AllowRoles([.. Roles.Analytics, Roles.SalesManager]);
        api.MapGet("/targets", async (PageRequest page, string? unit, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
                TypedResults.Ok(await ListAsync(page, unit, unitOfWork, calendar, time, cancellationToken)))
            .WithName("ListTargets").AllowRoles(Roles.Staff);
    }

    private static async Task<Result<TargetResponse>> SetAsync(
        Request request, UnitOfWork unitOfWork, Ids ids, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.From >= request.To) return AnalyticsErrors.EmptyPeriod;
        if (request.Measure == "satisfaction" ? request.Amount is < -1 or > 1 : request.Amount <= 0)
        {
            return Error.Invalid("analytics.target_amount_invalid", "A target is more than 0; one of satisfaction is from -1 to 1.", "amount");
        }

        var id = ids.Next();
        var stored = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO targets (id, unit, measure, source, currency, period_from, period_to, amount, owner, created_at)
            VALUES (@id, @Unit, @Measure, @Source, @Currency, @From, @To, @Amount, @Owner, @now) ON CONFLICT DO NOTHING
            """,
            new { id, request.Unit, request.Measure, request.Source, request.Currency, request.From, request.To, request.Amount, request.Owner, now = time.GetUtcNow() },
            cancellationToken);
        if (stored == 0) return AnalyticsErrors.TargetExists;
        return Measured((await RowsAsync("t.id = @id", new { id, today = calendar.Today, limit = 1 }, unitOfWork, cancellationToken)).Single(), calendar.Today, time);
    }

    private static async Task<Page<TargetResponse>> ListAsync(
        PageRequest page, string? unit, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            "(@unit::text IS NULL OR t.unit = @unit) AND (@after::uuid IS NULL OR t.id < @after)",
            new { unit, after = page.After<Position>()?.Id, today = calendar.Today, limit = page.Limit + 1 }, unitOfWork, cancellationToken);
        return Page<TargetResponse>.From([.. rows.Select(row => Measured(row, calendar.Today, time))], page.Limit, row => new Position(row.Id));
    }

    /// <summary>Targets whose period is running.</summary>
    public static async Task<IReadOnlyList<TargetResponse>> RunningAsync(DateOnly today, int limit, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
        [.. (await RowsAsync("t.period_from <= @today AND t.period_to > @today", new { today, limit }, unitOfWork, cancellationToken)).Select(row => Measured(row, today, time))];

    private static Task<IReadOnlyList<Row>> RowsAsync(string where, object args, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Row>(
        $"""
        SELECT t.id, t.unit, t.measure, t.source, t.currency, t.period_from, t.period_to, t.amount, t.owner, m.actual, m.n
        FROM targets t CROSS JOIN LATERAL (
            SELECT sum(b.net) AS actual, count(*) AS n FROM net_lines b WHERE t.measure = 'net_revenue' AND b.currency = t.currency
                AND b.day >= t.period_from AND b.day < t.period_to AND b.day <= @today AND (t.source IS NULL OR b.source = t.source) HAVING t.measure = 'net_revenue'
            UNION ALL
            SELECT sum(b.net - b.cost), count(b.cost) FROM net_lines b WHERE t.measure = 'margin' AND b.currency = t.currency
                AND b.day >= t.period_from AND b.day < t.period_to AND b.day <= @today AND (t.source IS NULL OR b.source = t.source) HAVING t.measure = 'margin'
            UNION ALL
            SELECT count(DISTINCT b.purchase_id) FILTER (WHERE b.quantity > 0), count(*) FROM net_lines b WHERE t.measure = 'purchases' AND b.currency = t.currency
                AND b.day >= t.period_from AND b.day < t.period_to AND b.day <= @today AND (t.source IS NULL OR b.source = t.source) HAVING t.measure = 'purchases'
            UNION ALL
            SELECT avg(f.p_positive - f.p_negative)::numeric, count(*) FROM feedback f WHERE t.measure = 'satisfaction'
                AND f.day >= t.period_from AND f.day < t.period_to AND f.day <= @today AND (t.source IS NULL OR f.source = t.source) HAVING t.measure = 'satisfaction'
            UNION ALL
            SELECT count(*) FILTER (WHERE c.first_purchase_day >= t.period_from AND c.first_purchase_day < t.period_to AND c.first_purchase_day <= @today
                    AND (t.source IS NULL OR EXISTS (SELECT FROM basket_lines b WHERE b.customer_id = c.customer_id AND b.day = c.first_purchase_day AND b.source = t.source))), count(*)
            FROM customers c WHERE t.measure = 'new_customers' AND c.currency = t.currency AND c.first_purchase_day < t.period_to HAVING t.measure = 'new_customers') m
        WHERE {where} ORDER BY t.id DESC LIMIT @limit
        """,
        args, cancellationToken);

    private static TargetResponse Measured(Row row, DateOnly today, TimeProvider time)
    {
        var days = row.PeriodTo.DayNumber - row.PeriodFrom.DayNumber;
        var over = Math.Clamp(today.DayNumber - row.PeriodFrom.DayNumber + 1, 0, days);
        var due = row.Measure == "satisfaction" ? row.Amount : decimal.Round(row.Amount * over / days, 4);
        var reason = over == 0 ? "not_begun" : row.N == 0 ? "nothing_measured" : null;
        decimal? actual = reason is null ? row.Actual ?? 0 : null;
        return new TargetResponse(
            row.Id, row.Unit, row.Measure, row.Source, row.Currency, row.PeriodFrom, row.PeriodTo, row.Amount, row.Owner, actual, row.N, due,
            actual is { } reached && due > 0 ? decimal.Round(reached / due, 6) : null, reason, FormulaVersion, time.GetUtcNow());
    }

    private sealed record Row(
        Guid Id, string Unit, string Measure, string? Source, string Currency, DateOnly PeriodFrom, DateOnly PeriodTo, decimal Amount, string Owner, decimal? Actual, long N);

    private sealed record Position(Guid Id);
}

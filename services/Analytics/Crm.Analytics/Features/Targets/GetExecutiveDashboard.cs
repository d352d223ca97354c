using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Targets;

/// <summary>
/// What the enterprise looks at first: how each unit stands with its running targets, the last 30 complete days of each currency beside the 30
/// before, and what waits for somebody. Amounts of different currencies are never added.
/// </summary>
internal static class GetExecutiveDashboard
{
    private const string FormulaVersion = "dashboard/1";
    private const int Days = 30;
    private const int MostTargets = 500;

    /// <param name="Units">By name, each with its running targets.</param>
    /// <param name="Sentiment">Mean of p(positive) - p(negative) of the texts of the last 30 days.</param>
    /// <param name="Targets">Those of all units, newest first.</param>
    /// <param name="Waiting">Open alerts that are not held out, by currency; <paramref name="MoneyAtStake"/> is that of the currency of most customers.</param>
    public sealed record Response(
        DateOnly AsOf, IReadOnlyList<Unit> Units, int OnTrack, int Behind, int NotMeasured, IReadOnlyList<Currency> Currencies, Metric Sentiment, IReadOnlyList<Stake> Waiting,
        long OpenAlerts, decimal MoneyAtStake, IReadOnlyList<TargetResponse> Targets, long OpenProductIssues, long OverdueDecisions);

    public sealed record Unit(string Name, int OnTrack, int Behind, int NotMeasured, IReadOnlyList<TargetResponse> Targets);

    public sealed record Stake(string Currency, long Alerts, decimal MoneyAtStake);

    /// <param name="NetRevenue">Of the last 30 complete days, less returns; <paramref name="NetRevenueBefore"/> of the 30 days before.</param>
    /// <param name="MarginRate">Of the lines whose cost is known.</param>
    /// <param name="ActiveCustomers">Who bought in the last 90 days.</param>
    /// <param name="ExpectedValue">Sum of the customers' CLV.</param>
    public sealed record Currency(
        string Code, Metric NetRevenue, Metric NetRevenueBefore, Metric MarginRate, Metric Purchases, Metric NewCustomers, Metric ActiveCustomers, Metric ExpectedValue);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/executive-dashboard", async (UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            TypedResults.Ok(await Handle(unitOfWork, calendar, time, cancellationToken)))
        .WithName("GetExecutiveDashboard")
        .AllowRoles(Roles.Staff);

    private static async Task<Response> Handle(UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        var (today, now) = (calendar.Today, time.GetUtcNow());
        var targets = await TargetEndpoints.RunningAsync(today, MostTargets, unitOfWork, time, cancellationToken);
        var waiting = await unitOfWork.QueryAsync<Stake>(
            """
            SELECT currency, count(*) AS alerts, sum(money_at_stake) AS money_at_stake FROM alerts
            WHERE state = 'open' AND NOT held_out AND expires_at > @now GROUP BY currency ORDER BY currency
            """,
            new { now }, cancellationToken);
        var counts = (await unitOfWork.QuerySingleOrDefaultAsync<Counts>(
            """
            SELECT (SELECT count(*) FROM product_issues WHERE state = 'open') AS issues,
                (SELECT count(*) FROM decisions WHERE state = 'open' AND review_on <= @today) AS decisions,
                count(*) AS texts, coalesce(sum(p_positive - p_negative), 0) AS index, coalesce(sum((p_positive - p_negative) ^ 2), 0) AS squares
            FROM feedback WHERE day >= @today::date - @Days AND day < @today
            """,
            new { today, Days }, cancellationToken))!;
        var currencies = await CurrenciesAsync(today, now, unitOfWork, cancellationToken);
        return new Response(
            today,
            [.. targets.GroupBy(target => target.Unit, StringComparer.Ordinal).OrderBy(unit => unit.Key, StringComparer.Ordinal).Select(unit => new Unit(unit.Key, OnTrack(unit), Behind(unit), NotMeasured(unit), [.. unit]))],
            OnTrack(targets), Behind(targets), NotMeasured(targets), currencies, Sentiment(counts, now), waiting,
            waiting.Sum(stake => stake.Alerts), waiting.Where(stake => currencies.Count > 0 && stake.Currency == currencies[0].Code).Sum(stake => stake.MoneyAtStake), targets, counts.Issues, counts.Decisions);
    }

    private static int OnTrack(IEnumerable<TargetResponse> targets) => targets.Count(target => target.Attainment >= 1);

    private static int Behind(IEnumerable<TargetResponse> targets) => targets.Count(target => target.Attainment < 1);

    private static int NotMeasured(IEnumerable<TargetResponse> targets) => targets.Count(target => target.Attainment is null);

    private static async Task<IReadOnlyList<Currency>> CurrenciesAsync(DateOnly today, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT c.currency AS code, count(*) AS customers, count(*) FILTER (WHERE c.first_purchase_day >= @today::date - @Days AND c.first_purchase_day < @today) AS joined,
                count(*) FILTER (WHERE f.last_day >= @today::date - 90 AND f.last_day < @today) AS active,
                sum(s.clv) AS clv, count(s.customer_id) AS scored, max(sold.net) AS net, max(sold.lines) AS lines, max(sold.purchases) AS purchases, max(sold.margin) AS margin,
                max(sold.net_with_cost) AS net_with_cost, max(sold.lines_with_cost) AS lines_with_cost, max(sold.net_before) AS net_before, max(sold.lines_before) AS lines_before
            FROM customers c LEFT JOIN customer_features f USING (customer_id) LEFT JOIN customer_scores s USING (customer_id)
            LEFT JOIN (
                SELECT currency, sum(net) FILTER (WHERE day >= @today::date - @Days) AS net, count(*) FILTER (WHERE day >= @today::date - @Days) AS lines,
                    count(DISTINCT purchase_id) FILTER (WHERE day >= @today::date - @Days AND quantity > 0) AS purchases,
                    sum(net - cost) FILTER (WHERE day >= @today::date - @Days) AS margin, sum(net) FILTER (WHERE day >= @today::date - @Days AND cost IS NOT NULL) AS net_with_cost,
                    count(cost) FILTER (WHERE day >= @today::date - @Days) AS lines_with_cost,
                    sum(net) FILTER (WHERE day < @today::date - @Days) AS net_before, count(*) FILTER (WHERE day < @today::date - @Days) AS lines_before
                FROM net_lines WHERE day >= @today::date - 2 * @Days AND day < @today GROUP BY currency) sold ON sold.currency = c.currency
            GROUP BY c.currency ORDER BY count(*) DESC, c.currency
            """,
            new { today, Days }, cancellationToken);
        return [.. rows.Select(row => Of(row, now))];
    }

    private static Currency Of(Row row, DateTimeOffset now)
    {
        Metric Amount(string name, decimal? value, long? n, string without) => Metric.Amount(name, value, n ?? 0, FormulaVersion, now, value is null ? without : null);
        var marginRate = row.NetWithCost > 0
            ? new Metric(
                "marginRate", (double)(row.Margin!.Value / row.NetWithCost.Value), (double)row.Margin, (double)row.NetWithCost, row.LinesWithCost ?? 0, null, null, null,
                row.LinesWithCost < row.Lines ? "cost_of_goods_partly_missing" : null, FormulaVersion, now)
            : Metric.Undefined("marginRate", row.LinesWithCost > 0 ? "empty_denominator" : "no_known_cost", FormulaVersion, now);
        return new Currency(
            row.Code, Amount("netRevenue", row.Net, row.Lines, "no_purchases"), Amount("netRevenueBefore", row.NetBefore, row.LinesBefore, "no_purchases"), marginRate,
            Amount("purchases", row.Purchases ?? 0, row.Lines, ""), Metric.Share("newCustomers", row.Joined, row.Customers, FormulaVersion, now),
            Metric.Share("activeCustomers", row.Active, row.Customers, FormulaVersion, now), Amount("expectedValue", row.Clv, row.Scored, "not_scored"));
    }

    private static Metric Sentiment(Counts counts, DateTimeOffset now) => Intervals.Mean(counts.Index, counts.Squares, counts.Texts) is { } mean
        ? new Metric(
            "sentiment", mean.Value, counts.Index, counts.Texts, counts.Texts, counts.Texts > 1 ? mean.Low : null, counts.Texts > 1 ? mean.High : null, 0.95,
            counts.Texts < Metric.FewObservations ? "few_observations" : null, FormulaVersion, now)
        : Metric.Undefined("sentiment", "no_texts", FormulaVersion, now);

    private sealed record Counts(long Issues, long Decisions, long Texts, double Index, double Squares);

    private sealed record Row(
        string Code, long Customers, long Joined, long Active, decimal? Clv, long Scored, decimal? Net, long? Lines, long? Purchases, decimal? Margin, decimal? NetWithCost,
        long? LinesWithCost, decimal? NetBefore, long? LinesBefore);
}

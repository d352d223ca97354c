using Crm.Analytics.Domain;
using Crm.Analytics.Models.Prices;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Prices;

/// <summary>At what prices a product was sold, how demand answers to the price, and the price that would earn most, where that can be told.</summary>
internal static class GetPriceAnalysis
{
    private const int MostPoints = 50;
    private const int DefaultWeeks = 104;
    private const int MostWeeks = 520;

    /// <param name="Price">Net of a piece, to two decimals.</param>
    /// <param name="Share">Of the pieces.</param>
    public sealed record PricePoint(decimal Price, long Purchases, long Customers, decimal Quantity, decimal Net, double Share);

    /// <param name="Price">Mean net of a piece; in a week without sales the one of the week before.</param>
    public sealed record Week(DateOnly From, double Quantity, double Price);

    /// <param name="Points">Those with most pieces, by price.</param>
    /// <param name="Elasticity">Percent of demand for a percent of price; without a value it has a reason.</param>
    /// <param name="ProfitPrice">Price of most margin at this elasticity, ε c / (1 + ε) with the mean cost c of a piece; only where the whole interval is below -1.</param>
    public sealed record Response(
        string Sku, string Currency, DateOnly From, DateOnly To, IReadOnlyList<PricePoint> Points, bool Truncated, IReadOnlyList<Week> Weeks, Metric Elasticity, double? Dispersion,
        Metric ProfitPrice);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/price-analysis", async (
            string? sku, string? currency, DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(sku, currency, from, to, unitOfWork, calendar, time, cancellationToken)).ToOk())
        .WithName("GetPriceAnalysis")
        .AllowRoles([.. Roles.Analytics, .. Roles.Marketing, Roles.SalesManager, Roles.Viewer]);

    private static async Task<Result<Response>> Handle(
        string? sku, string? currency, DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(sku)) return Error.Invalid("analytics.sku_required", "Tell the product (sku).", "sku");
        if (currency is null || !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        var end = to ?? calendar.Today;
        var start = from ?? end.AddDays(-7 * DefaultWeeks);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        if (end.DayNumber - start.DayNumber > 7 * MostWeeks) return Error.Invalid("analytics.period_too_long", $"At most {MostWeeks} weeks at once.", "from");

        var question = new { sku, currency, start, end, limit = MostPoints + 1 };
        var points = await unitOfWork.QueryAsync<PricePoint>(
            """
            SELECT round(net / quantity, 2) AS price, count(DISTINCT purchase_id) AS purchases, count(DISTINCT customer_id) AS customers, sum(quantity) AS quantity, sum(net) AS net,
                (sum(quantity) / sum(sum(quantity)) OVER ())::float8 AS share
            FROM basket_lines WHERE sku = @sku AND currency = @currency AND day >= @start AND day < @end AND quantity > 0
            GROUP BY 1 ORDER BY sum(quantity) DESC, 1 LIMIT @limit
            """,
            question, cancellationToken);
        var sold = await unitOfWork.QueryAsync<Sold>(
            """
            SELECT (day - @start) / 7 AS week, sum(quantity)::float8 AS quantity, (sum(net) / sum(quantity))::float8 AS price,
                (sum(cost) FILTER (WHERE cost >= 0))::float8 AS cost, coalesce(sum(quantity) FILTER (WHERE cost >= 0), 0)::float8 AS costed
            FROM basket_lines WHERE sku = @sku AND currency = @currency AND day >= @start AND day < @end AND quantity > 0 AND net > 0 GROUP BY 1 ORDER BY 1
            """,
            question, cancellationToken);
        var weeks = Complete(sold, (end.DayNumber - start.DayNumber) / 7, start);
        var now = time.GetUtcNow();
        var estimate = PriceElasticity.Of([.. weeks.Select(week => new PricedWeek(week.Quantity, week.Price))]);
        var elasticity = new Metric(
            "priceElasticity", estimate.Value, null, null, estimate.Weeks, estimate.Low, estimate.High, estimate.Value is null ? null : 0.95,
            estimate.Value is null ? estimate.Reason : "observational", PriceElasticity.FormulaVersion, now);
        return new Response(
            sku, currency, start, end, [.. points.Take(MostPoints).OrderBy(point => point.Price)], points.Count > MostPoints, weeks, elasticity, estimate.Dispersion,
            ProfitPrice(estimate, sold, weeks, now));
    }

    /// <summary>Whole weeks from the first with a sale on. Before it there was no price.</summary>
    private static Week[] Complete(IReadOnlyList<Sold> sold, int whole, DateOnly start)
    {
        var byWeek = sold.ToDictionary(row => row.Week);
        var weeks = new List<Week>();
        for (var week = sold.Count == 0 ? whole : sold[0].Week; week < whole; week++)
        {
            var from = start.AddDays(7 * week);
            weeks.Add(byWeek.TryGetValue(week, out var row) ? new Week(from, row.Quantity, row.Price) : new Week(from, 0, weeks[^1].Price));
        }

        return [.. weeks];
    }

    private static Metric ProfitPrice(ElasticityEstimate estimate, IReadOnlyList<Sold> sold, Week[] weeks, DateTimeOffset now)
    {
        const string Name = "profitPrice";
        if (estimate.Value is not { } elasticity) return Metric.Undefined(Name, "without_elasticity", PriceElasticity.FormulaVersion, now);
        if (estimate.High >= -1) return Metric.Undefined(Name, "demand_not_surely_elastic", PriceElasticity.FormulaVersion, now, n: estimate.Weeks);
        var pieces = sold.Sum(row => row.Costed);
        if (!(pieces > 0)) return Metric.Undefined(Name, "no_known_cost", PriceElasticity.FormulaVersion, now, n: estimate.Weeks);
        var cost = sold.Sum(row => row.Cost ?? 0) / pieces;
        double At(double e) => cost * e / (1 + e);
        var price = At(elasticity);
        var outside = price < weeks.Min(week => week.Price) || price > weeks.Max(week => week.Price);
        return new Metric(
            Name, price, cost, null, estimate.Weeks, At(estimate.Low!.Value), At(estimate.High!.Value), 0.95, outside ? "outside_observed_prices" : "observational",
            PriceElasticity.FormulaVersion, now);
    }

    private sealed record Sold(int Week, double Quantity, double Price, double? Cost, double Costed);
}

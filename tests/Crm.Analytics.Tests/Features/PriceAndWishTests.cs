using System.Text.Json;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class PriceHost : AnalyticsHost;

/// <summary>Prices, wishes and the movement of the customers' voice over their interfaces.</summary>
public sealed class PriceAndWishTests(PriceHost host) : IClassFixture<PriceHost>
{
    private const string Api = AnalyticsHost.Api;
    private static readonly DateOnly Start = new(2023, 1, 2);

    [Fact]
    public async Task Price_points_elasticity_and_the_price_of_most_margin_of_a_product()
    {
        // 60 weeks at 9 to 12 with an elasticity of -2 and a cost of 5.5: 11 earns most. Week 7 without a sale; one line with a cost below 0.
        await host.RecordAsync([.. Enumerable.Range(0, 60).Where(week => week != 7).SelectMany(week =>
        {
            var price = 9 + (week * 7 % 4);
            var pieces = (int)Math.Round(400 * Math.Pow(price / 10.0, -2) * (week / 4 % 2 == 0 ? 1.1 : 0.9));
            return new[] { Sold("TEA", Start.AddDays((7 * week) + 2), pieces, price, week == 3 ? -1 : 5.5m * pieces) };
        })]);
        await host.RecordAsync([Sold("FIXED", Start, 100, 10, null), .. Enumerable.Range(1, 30).Select(week => Sold("FIXED", Start.AddDays(7 * week), 100 + week, 10, null))]);
        var manager = host.ClientFor(Roles.SalesManager);
        var analysis = await manager.GetAsync($"{Api}/price-analysis?sku=TEA&currency=NZD&from=2023-01-02&to=2024-02-26").OkJsonAsync();
        var points = analysis.GetProperty("points").EnumerateArray().ToArray();
        Assert.Equal([9m, 10m, 11m, 12m], points.Select(point => point.GetProperty("price").GetDecimal()));
        Assert.Equal(1, points.Sum(point => point.GetProperty("share").GetDouble()), 9);
        Assert.Equal(60, analysis.GetProperty("weeks").GetArrayLength());
        var gap = analysis.GetProperty("weeks")[7];
        Assert.Equal((0, analysis.GetProperty("weeks")[6].GetProperty("price").GetDouble()), (gap.GetProperty("quantity").GetDouble(), gap.GetProperty("price").GetDouble()));
        var elasticity = analysis.GetProperty("elasticity");
        Assert.InRange(elasticity.GetProperty("value").GetDouble(), -2.6, -1.4);
        Assert.InRange(-2, elasticity.GetProperty("low").GetDouble(), elasticity.GetProperty("high").GetDouble());
        Assert.Equal(("observational", "elasticity/1", 60), (elasticity.GetProperty("reason").GetString(), elasticity.GetProperty("formulaVersion").GetString(), elasticity.GetProperty("n").GetInt32()));
        var best = analysis.GetProperty("profitPrice");
        var e = elasticity.GetProperty("value").GetDouble();
        Assert.Equal(5.5 * e / (1 + e), best.GetProperty("value").GetDouble(), 6);
        Assert.True(best.GetProperty("low").GetDouble() < best.GetProperty("value").GetDouble() && best.GetProperty("value").GetDouble() < best.GetProperty("high").GetDouble());

        var same = await manager.GetAsync($"{Api}/price-analysis?sku=FIXED&currency=NZD&from=2023-01-02&to=2023-12-31").OkJsonAsync();
        Assert.Equal((JsonValueKind.Null, "price_does_not_vary"), (same.GetProperty("elasticity").GetProperty("value").ValueKind, same.GetProperty("elasticity").GetProperty("reason").GetString()));
        Assert.Equal("without_elasticity", same.GetProperty("profitPrice").GetProperty("reason").GetString());
        var unknown = await manager.GetAsync($"{Api}/price-analysis?sku=NOTHING&currency=NZD&from=2023-01-02&to=2023-12-31").OkJsonAsync();
        Assert.Equal((0, "no_sales"), (unknown.GetProperty("points").GetArrayLength(), unknown.GetProperty("elasticity").GetProperty("reason").GetString()));

        // A cost below 0 is no cost: the margin is of the other lines only.
        var report = await host.Analyst().PostAsync(Api + "/reports", new { measures = new[] { "margin" }, from = "2023-01-23", to = "2023-01-30", currency = "NZD", filters = new Dictionary<string, string[]> { ["sku"] = ["TEA"] } }).OkJsonAsync();
        Assert.Equal(JsonValueKind.Null, report.GetProperty("groups")[0].GetProperty("values")[0].ValueKind);
    }

    [Theory]
    [InlineData("/price-analysis?currency=NZD", 400, "analytics.sku_required", "sku")]
    [InlineData("/price-analysis?sku=TEA", 400, "analytics.currency_invalid", "currency")]
    [InlineData("/price-analysis?sku=TEA&currency=NZD&from=2024-01-01&to=2024-01-01", 400, "analytics.empty_period", "from")]
    [InlineData("/price-analysis?sku=TEA&currency=NZD&from=1990-01-01&to=2024-01-01", 400, "analytics.period_too_long", "from")]
    [InlineData("/feature-requests?currency=x", 400, "analytics.currency_invalid", "currency")]
    [InlineData("/feature-requests?from=2024-01-01&to=2023-01-01", 400, "analytics.empty_period", "from")]
    [InlineData("/voice/trend?by=weather", 400, "analytics.unknown_dimension", "by")]
    public async Task Questions_refused(string path, int status, string code, string? field) =>
        Assert.Equal((status, code, field), await host.Analyst().GetAsync(Api + path).ProblemAsync());

    [Fact]
    public async Task Wishes_are_grouped_by_what_they_are_about_with_what_their_customers_are_worth()
    {
        var (one, two, three) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        foreach (var (customer, clv) in new[] { (one, 700m), (two, 300m) }) await ScoredAsync(customer, clv, "NZD");
        var day = new DateTimeOffset(2021, 5, 3, 3, 0, 0, TimeSpan.Zero);
        await SayAsync(
            ("semoga ada fitur gelap di aplikasi", one, day), ("Please add a dark feature to the app", one, day.AddDays(1)), ("fitur login aplikasi mohon ditambah", two, day),
            ("please add more ways of payment", three, day), ("tempat nyaman sekali", two, day));
        var wishes = await host.Analyst().GetAsync($"{Api}/feature-requests?from=2021-05-01&to=2021-06-01&currency=NZD").OkJsonAsync();
        Assert.Equal((4, 0.8), (wishes.GetProperty("n").GetInt32(), wishes.GetProperty("share").GetProperty("value").GetDouble()));
        var (app, payment) = (wishes.GetProperty("topics")[0], wishes.GetProperty("topics")[1]);
        Assert.Equal(("app", 3, 2), (app.GetProperty("name").GetString(), app.GetProperty("texts").GetInt32(), app.GetProperty("customers").GetInt32()));
        Assert.Equal((1000, 2), (app.GetProperty("valueAtStake").GetProperty("value").GetDouble(), app.GetProperty("valueAtStake").GetProperty("n").GetInt32()));
        Assert.Equal("Please add a dark feature to the app", app.GetProperty("verbatims")[0].GetString());
        Assert.Equal(("payment", 1), (payment.GetProperty("name").GetString(), payment.GetProperty("customers").GetInt32()));
        Assert.Equal((JsonValueKind.Null, "no_customer_scored"), (payment.GetProperty("valueAtStake").GetProperty("value").ValueKind, payment.GetProperty("valueAtStake").GetProperty("reason").GetString()));
        var nothing = await host.Analyst().GetAsync($"{Api}/feature-requests?from=2001-05-01&to=2001-06-01").OkJsonAsync();
        Assert.Equal(("no_texts", "empty_denominator"), (nothing.GetProperty("reason").GetString(), nothing.GetProperty("share").GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_voice_that_gets_worse_is_told_from_one_that_stays()
    {
        var monday = new DateTimeOffset(2020, 3, 2, 3, 0, 0, TimeSpan.Zero);
        for (var week = 0; week < 10; week++)
        {
            await SayAsync([.. Enumerable.Range(0, 10).SelectMany(i => new[]
            {
                (i < week ? "pelayanan sangat buruk dan mengecewakan , saya kecewa sekali" : "makanan nya enak sekali , tempat nyaman , saya suka", (Guid?)null, monday.AddDays(7 * week), "worse"),
                (i < 5 ? "pelayanan sangat buruk dan mengecewakan , saya kecewa sekali" : "makanan nya enak sekali , tempat nyaman , saya suka", (Guid?)null, monday.AddDays(7 * week), "same"),
            })]);
        }

        await SayAsync([.. Enumerable.Range(0, 5).Select(week => ("saya suka", (Guid?)null, monday.AddDays(7 * week), "short"))]);
        var trend = await host.Analyst().GetAsync($"{Api}/voice/trend?by=channel&from=2020-03-02&to=2020-06-01").OkJsonAsync();
        JsonElement Of(string key) => trend.GetProperty("series").EnumerateArray().Single(series => series.GetProperty("key").GetString() == key);
        Assert.Equal(("falling", "flat"), (Of("worse").GetProperty("direction").GetString(), Of("same").GetProperty("direction").GetString()));
        Assert.Equal((100, 10), (Of("worse").GetProperty("n").GetInt32(), Of("worse").GetProperty("weeks").GetArrayLength()));
        Assert.InRange(Of("worse").GetProperty("slopePerWeek").GetDouble(), -0.3, -0.05);
        Assert.Equal((JsonValueKind.Null, "too_few_weeks"), (Of("short").GetProperty("direction").ValueKind, Of("short").GetProperty("reason").GetString()));
    }

    private Task SayAsync(params (string Text, Guid? Customer, DateTimeOffset At)[] texts) => SayAsync([.. texts.Select(item => (item.Text, item.Customer, item.At, "wish"))]);

    private async Task SayAsync((string Text, Guid? Customer, DateTimeOffset At, string Channel)[] texts)
    {
        var items = texts.Select(item => new { source = "test", sourceId = AnalyticsHost.Ids.Next().ToString(), channel = item.Channel, text = item.Text, customerId = item.Customer, occurredAt = item.At }).ToArray();
        Assert.Equal(items.Length, (await host.ClientFor(Roles.ServiceAgent).PostAsync(Api + "/feedback", new { items }).OkJsonAsync()).GetProperty("new").GetInt32());
    }

    private Task<int> ScoredAsync(Guid customer, decimal clv, string currency) => host.ScalarAsync<int>(
        """
        INSERT INTO customer_scores (customer_id, currency, recency_score, frequency_score, monetary_score, days_since_last, purchase_days, net_spend, frequency, recency_weeks, age_weeks,
            mean_repeat_value, p_alive, p_alive_bg_nbd, p_alive_mbg_nbd, expected_purchases, p_no_purchase_90d, overdue, expected_value, clv, clv_percentile, horizon_days, model_version,
            scoring_run_id, inputs_as_of, computed_at)
        VALUES (@customer, @currency, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, @clv, 0.5, 365, 'test', gen_random_uuid(), now(), now())
        """,
        new { customer, clv, currency });

    private static RecordedPurchase Sold(string sku, DateOnly day, int pieces, decimal price, decimal? cost) => AnalyticsHost.Purchase(AnalyticsHost.Ids.Next(), day, pieces * price, "NZD") with
    {
        Lines = [new RecordedLine(1, sku, "Item", "Tea", pieces, price, 0, 0, pieces * price, cost, null)],
    };
}

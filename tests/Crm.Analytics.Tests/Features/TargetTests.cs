using System.Text.Json;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class TargetTests(InsightHost host) : IClassFixture<InsightHost>
{
    private const string Api = AnalyticsHost.Api;

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().AddHours(7).DateTime);

    [Fact]
    public async Task Units_stand_by_their_targets_less_returns_and_no_currency_is_added_to_another()
    {
        var (shop, web) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        var returned = Sold(shop, Today.AddDays(-5), "shop", 400, 100, "NOK");
        await host.RecordAsync([returned, Sold(shop, Today.AddDays(-6), "shop", 600, 200, "NOK"), Sold(web, Today.AddDays(-4), "web", 50, null, "NOK"), Sold(web, Today.AddDays(-45), "web", 30, null, "NOK"), Sold(AnalyticsHost.Ids.Next(), Today.AddDays(-2), "shop", 7, 1, "SEK")]);
        await using (var bus = await BusProbe.StartAsync(host.Servers.RabbitMq))
        {
            await bus.PublishAsync(AnalyticsHost.Return(returned, 400, 0) with { Lines = [new(1, "S1", 1, 400, "late")] }, AnalyticsHost.Ids.Next());
            await Eventually.Holds(async () => Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM returned_lines WHERE purchase_id = @id", new { id = returned.PurchaseId })));
        }

        await SetAsync("Shop", "net_revenue", "NOK", 1200, "shop");
        await SetAsync("Shop", "net_revenue", "SEK", 1, "shop");
        await SetAsync("Shop", "margin", "NOK", 10, "shop");
        await SetAsync("Shop", "purchases", "NOK", 10, "shop");
        await SetAsync("Web", "margin", "NOK", 10, "web");
        await SetAsync("Web", "new_customers", "NOK", 4, "web");
        using (var again = await PostAsync("Shop", "margin", "NOK", 11, "shop")) Assert.Equal(409, (int)again.StatusCode);

        var dashboard = await host.ClientFor(Roles.Viewer).GetAsync(Api + "/executive-dashboard").OkJsonAsync();
        JsonElement Target(string unit, string measure, string currency) => dashboard.GetProperty("units").EnumerateArray().Single(item => item.GetProperty("name").GetString() == unit)
            .GetProperty("targets").EnumerateArray().Single(item => item.GetProperty("measure").GetString() == measure && item.GetProperty("currency").GetString() == currency);
        Assert.Equal(600, Target("Shop", "net_revenue", "NOK").GetProperty("actual").GetDecimal());
        Assert.Equal(7, Target("Shop", "net_revenue", "SEK").GetProperty("actual").GetDecimal());
        Assert.Equal(400, Target("Shop", "margin", "NOK").GetProperty("actual").GetDecimal());
        Assert.Equal(1, Target("Shop", "purchases", "NOK").GetProperty("actual").GetDecimal());
        Assert.Equal((JsonValueKind.Null, "nothing_measured"), (Target("Web", "margin", "NOK").GetProperty("actual").ValueKind, Target("Web", "margin", "NOK").GetProperty("reason").GetString()));
        Assert.Equal(0, Target("Web", "new_customers", "NOK").GetProperty("actual").GetDecimal()); // the first purchase was before the period
        Assert.Equal((6, 0m), (dashboard.GetProperty("targets").GetArrayLength(), dashboard.GetProperty("moneyAtStake").GetDecimal()));
        var unit = dashboard.GetProperty("units").EnumerateArray().Single(item => item.GetProperty("name").GetString() == "Shop");
        // Half of the period is over: 600 of 600 due, 7 of 0.5, 400 of 5, and one purchase of five.
        Assert.Equal((3, 1, 0), (unit.GetProperty("onTrack").GetInt32(), unit.GetProperty("behind").GetInt32(), unit.GetProperty("notMeasured").GetInt32()));
        Assert.Equal(1, Target("Shop", "net_revenue", "NOK").GetProperty("attainment").GetDecimal());

        var crowns = dashboard.GetProperty("currencies").EnumerateArray().Single(item => item.GetProperty("code").GetString() == "NOK");
        double Value(string name) => crowns.GetProperty(name).GetProperty("value").GetDouble();
        Assert.Equal((650, 30, 2, 2), (Value("netRevenue"), Value("netRevenueBefore"), Value("purchases"), crowns.GetProperty("activeCustomers").GetProperty("numerator").GetDouble()));
        Assert.Equal((0.666667, "cost_of_goods_partly_missing"), (Math.Round(Value("marginRate"), 6), crowns.GetProperty("marginRate").GetProperty("reason").GetString()));
        Assert.Equal(("not_scored", 0.5), (crowns.GetProperty("expectedValue").GetProperty("reason").GetString(), Value("newCustomers")));
        Assert.Equal("no_texts", dashboard.GetProperty("sentiment").GetProperty("reason").GetString());
    }

    private async Task SetAsync(string unit, string measure, string currency, decimal amount, string source)
    {
        using var created = await PostAsync(unit, measure, currency, amount, source);
        Assert.True((int)created.StatusCode == 201, await created.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> PostAsync(string unit, string measure, string currency, decimal amount, string source) => host.ClientFor(Roles.SalesManager).PostAsync(
        Api + "/targets", new { unit, measure, currency, from = Today.AddDays(-19), to = Today.AddDays(21), amount, owner = "sari", source });

    private static RecordedPurchase Sold(Guid customer, DateOnly day, string source, decimal net, decimal? cost, string currency) => AnalyticsHost.Purchase(customer, day, net, currency) with
    {
        Source = source, Lines = [new RecordedLine(1, "S1", "Item", "Tea", 1, net, 0, 0, net, cost, null)],
    };
}

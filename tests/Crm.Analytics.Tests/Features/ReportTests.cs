using System.Text.Json;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class ReportTests(ValueHost host) : IClassFixture<ValueHost>
{
    [Fact]
    public async Task A_report_groups_filters_drills_down_and_exports_and_refuses_what_it_does_not_know()
    {
        var (one, two) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        await host.RecordAsync([Sold(one, new(2022, 5, 3), "Tea", 100, 60), Sold(one, new(2022, 6, 3), "=Coffee, dark", 50, null), Sold(two, new(2022, 6, 9), "Tea", 30, 20)]);
        var report = await PostAsync("/reports", new { measures = new[] { "netRevenue", "customers", "marginRate" }, dimensions = new[] { "category" }, from = "2022-05-01", to = "2022-07-01", currency = "THB" }).OkJsonAsync();
        var groups = report.GetProperty("groups").EnumerateArray().ToArray();
        var (coffee, tea) = (groups.Single(group => group.GetProperty("keys")[0].GetString() == "=Coffee, dark"), groups.Single(group => group.GetProperty("keys")[0].GetString() == "Tea"));
        Assert.Equal((130m, 2m), (tea.GetProperty("values")[0].GetDecimal(), tea.GetProperty("values")[1].GetDecimal()));
        Assert.Equal(50.0 / 130, tea.GetProperty("values")[2].GetDouble(), 6);
        Assert.Equal(JsonValueKind.Null, coffee.GetProperty("values")[2].ValueKind);
        Assert.Equal(2, tea.GetProperty("lines").GetInt32());
        var june = new { measures = new[] { "netRevenue" }, dimensions = new[] { "category" }, from = "2022-06-01", to = "2022-07-01", currency = "THB", filters = new Dictionary<string, string[]> { ["category"] = ["=Coffee, dark"] } };
        var line = Assert.Single((await PostAsync("/reports/lines", june).OkJsonAsync()).GetProperty("lines").EnumerateArray());
        Assert.Equal((one, 50m), (line.GetProperty("customerId").GetGuid(), line.GetProperty("net").GetDecimal()));
        Assert.Equal("category,netRevenue,lines\r\n\"'=Coffee, dark\",50.000000,1\r\n", await (await PostAsync("/reports/csv", june)).Content.ReadAsStringAsync());

        Assert.Equal((400, "analytics.unknown_dimension", "dimensions"), await PostAsync("/reports", new { measures = new[] { "netRevenue" }, dimensions = new[] { "mood" }, from = "2022-06-01", to = "2022-07-01", currency = "THB" }).ProblemAsync());
        Assert.Equal((400, "analytics.unknown_measure", "measures"), await PostAsync("/reports", new { measures = new[] { "1; DROP TABLE jobs" }, from = "2022-06-01", to = "2022-07-01", currency = "THB" }).ProblemAsync());
        Assert.Equal((400, "analytics.unknown_dimension", "filters"), await PostAsync("/reports/csv", new { measures = new[] { "netRevenue" }, from = "2022-06-01", to = "2022-07-01", currency = "THB", filters = new Dictionary<string, string[]> { ["x"] = ["y"] } }).ProblemAsync());
    }

    private Task<HttpResponseMessage> PostAsync(string path, object request) => host.Analyst().PostAsync(AnalyticsHost.Api + path, request);

    private static RecordedPurchase Sold(Guid customer, DateOnly day, string category, decimal net, decimal? cost) => AnalyticsHost.Purchase(customer, day, net, "THB") with
    {
        Lines = [new RecordedLine(1, "S", "Item", category, 1, net, 0, 0, net, cost, null)],
    };
}

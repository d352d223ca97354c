using System.Text.Json;
using Crm.Analytics.Contracts.V1;
using Crm.Analytics.Tests.Models;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Analytics.Tests.Features;

/// <summary>The CDNOW sample came in as events; models were fitted and customers scored through the API.</summary>
public sealed class CdnowHost : AnalyticsHost
{
    public JsonElement Fit { get; private set; }

    public JsonElement Run { get; private set; }

    public override async Task InitializeAsync()
    {
        if (Repository.SharedData("cdnow", "CDNOW_sample.txt") is null) return;
        await base.InitializeAsync();
        await RecordAsync(CdnowSample());
        Fit = await RunAsync("/model-fits", new { calibrationEnd = "1997-09-30" });
        Run = await RunAsync("/scoring-runs", new { modelFitId = Fit.GetProperty("id").GetGuid(), asOf = "1998-07-01" });
    }

    public override Task DisposeAsync() => Servers is null ? Task.CompletedTask : base.DisposeAsync();
}

public sealed class CdnowTests(CdnowHost host) : IClassFixture<CdnowHost>
{
    private static readonly string[] Parameters = ["r", "alpha", "a", "b"];

    [CdnowFact]
    public void The_fit_has_the_published_parameters()
    {
        var result = host.Fit.GetProperty("result");
        Assert.Equal(2357, result.GetProperty("customers").GetInt64());
        Assert.Equal(2457, result.GetProperty("repeatPurchases").GetInt64());
        Assert.Equal("USD", result.GetProperty("currency").GetString());

        // Exact days / 7, as CLVTools has them; the paper's summary rounds weeks to two decimals.
        var bg = result.GetProperty("bgNbd");
        Assert.True(bg.GetProperty("converged").GetBoolean());
        Near.AllRelative([0.2425945, 4.4136019, 0.7929199, 2.4258881], Parameters.Select(name => bg.GetProperty("parameters").GetProperty(name).GetDouble()), 1e-4);
        Near.AllRelative([0.242593, 4.413531, 0.792886, 2.425754], Parameters.Select(name => bg.GetProperty("parameters").GetProperty(name).GetDouble()), 2e-4);
        Near.Absolute(-9582.429, bg.GetProperty("logLikelihood").GetDouble(), 1e-3);
        Near.AllRelative([0.012557, 0.378221, 0.185717, 0.705337], Parameters.Select(name => bg.GetProperty("standardErrors").GetProperty(name).GetDouble()), 1e-3);

        var spend = result.GetProperty("gammaGamma");
        Assert.Equal(946, spend.GetProperty("customers").GetInt64());
        Near.AllRelative([6.25, 3.74, 15.44], new[] { "p", "q", "v" }.Select(name => spend.GetProperty("parameters").GetProperty(name).GetDouble()), 2e-3);
        Near.Absolute(-4055.92, spend.GetProperty("logLikelihood").GetDouble(), 1e-2);
        Near.Absolute(0.1139, result.GetProperty("frequencyValueCorrelation").GetDouble(), 1e-4);
    }

    [CdnowFact]
    public async Task RFM_is_the_published_grid()
    {
        Assert.Equal(2357, host.Run.GetProperty("result").GetProperty("customers").GetInt64());
        var grid = await host.Analyst().GetAsync(AnalyticsHost.Api + "/rfm-grid?cells=125").OkJsonAsync();
        Assert.Equal(2357, grid.GetProperty("customers").GetInt64());
        var cells = grid.GetProperty("occupied").EnumerateArray()
            .ToDictionary(cell => (R: Int(cell, "recency"), F: Int(cell, "frequency"), M: Int(cell, "monetary")), cell => cell.GetProperty("customers").GetInt64());
        Assert.Equal(60, cells.Count);
        Assert.Equal(233, cells[(5, 5, 5)]);
        Assert.Equal(177, cells[(1, 1, 1)]);
        var byFrequency = cells.GroupBy(cell => cell.Key.F).OrderBy(group => group.Key).Select(group => (group.Key, group.Sum(cell => cell.Value)));
        Assert.Equal([(1, 1218L), (3, 403L), (4, 358L), (5, 378L)], byFrequency);

        var small = await host.Analyst().GetAsync(AnalyticsHost.Api + "/rfm-grid").OkJsonAsync();
        Assert.InRange(small.GetProperty("occupied").GetArrayLength(), 5, 25);
        Assert.Equal(2357, small.GetProperty("occupied").EnumerateArray().Sum(cell => cell.GetProperty("customers").GetInt64()));

        var first = new List<string>();
        for (var number = 1; number <= 5; number++)
        {
            var rfm = (await ValueOfAsync(number)).GetProperty("rfm");
            first.Add($"{Int(rfm, "recency")}{Int(rfm, "frequency")}{Int(rfm, "monetary")}");
        }

        Assert.Equal(["444", "134", "111", "111", "112"], first);

        static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();
    }

    [CdnowFact]
    public async Task The_distribution_of_value_counts_everybody_once_and_its_quantiles_are_customers()
    {
        var spread = await host.Analyst().GetAsync(AnalyticsHost.Api + "/value-distribution").OkJsonAsync();
        await using var connection = await host.Database.OpenConnectionAsync();
        var values = (await connection.QueryAsync<(decimal Clv, double Alive)>("SELECT clv, p_alive FROM customer_scores ORDER BY clv")).ToArray();

        Assert.Equal((2357, values.Sum(one => one.Clv)), (spread.GetProperty("customers").GetInt32(), spread.GetProperty("totalClv").GetDecimal()));
        var bins = spread.GetProperty("clv").EnumerateArray().Select(bin => (From: bin.GetProperty("from").GetDecimal(), To: bin.GetProperty("to").GetDecimal(), Customers: bin.GetProperty("customers").GetInt32(), Clv: bin.GetProperty("clv").GetDecimal())).ToArray();
        Assert.All(bins, bin => Assert.Equal((values.Count(one => one.Clv >= bin.From && one.Clv < bin.To), values.Where(one => one.Clv >= bin.From && one.Clv < bin.To).Sum(one => one.Clv)), (bin.Customers, bin.Clv)));
        Assert.Equal((2357, 0m), (bins.Sum(bin => bin.Customers), bins[0].From));
        Assert.Equal(bins.Skip(1).Select(bin => bin.From), bins.SkipLast(1).Select(bin => bin.To));
        Assert.InRange(bins.Length, 10, 20);
        Assert.All(spread.GetProperty("alive").EnumerateArray().Select((bin, index) => (bin, index)), one =>
            Assert.Equal(values.Count(value => Math.Min(9, (int)(value.Alive * 10)) == one.index), one.bin.GetProperty("customers").GetInt32()));
        Assert.Equal(values[(int)Math.Ceiling(2357 * 0.5) - 1].Clv, spread.GetProperty("quantiles")[2].GetProperty("clv").GetDecimal());
        Assert.Equal(values[(int)Math.Ceiling(2357 * 0.99) - 1].Clv, spread.GetProperty("quantiles")[5].GetProperty("clv").GetDecimal());
    }

    [CdnowFact]
    public async Task Concentration_is_as_measured()
    {
        var all = await host.Analyst().GetAsync(AnalyticsHost.Api + "/concentration?from=1997-01-01").OkJsonAsync();
        Assert.Equal(2357, all.GetProperty("customers").GetInt32());
        Assert.Equal(244_091.94m, all.GetProperty("total").GetDecimal());
        Near.Absolute(0.6746, all.GetProperty("topFifthShare").GetDouble(), 5e-5);
        Near.Absolute(0.3297, all.GetProperty("smallestFractionFor80Percent").GetDouble(), 5e-5);
        Near.Absolute(0.6309, all.GetProperty("gini").GetDouble(), 5e-5);
        Near.Absolute(0.002286, all.GetProperty("herfindahlHirschman").GetDouble(), 5e-7);
    }

    [CdnowFact]
    public async Task A_customer_has_the_models_numbers_over_REST_and_gRPC()
    {
        // Customer 1 of the sample as of 1998-07-01: what the models say of (x, t_x, T) with the fitted parameters.
        var value = await ValueOfAsync(1);
        var history = value.GetProperty("history");
        var fitted = host.Fit.GetProperty("result").GetProperty("bgNbd").GetProperty("parameters");
        var model = new Analytics.Models.BgNbd(fitted.GetProperty("r").GetDouble(), fitted.GetProperty("alpha").GetDouble(), fitted.GetProperty("a").GetDouble(), fitted.GetProperty("b").GetDouble());
        var known = Cdnow.SampleLog.Where(purchase => purchase.Customer == 1).Select(purchase => purchase.Day).Distinct().Order().ToArray();
        var expected = new Analytics.Models.PurchaseHistory(
            known.Length - 1, (known[^1].DayNumber - known[0].DayNumber) / 7.0, (new DateOnly(1998, 7, 1).DayNumber - known[0].DayNumber) / 7.0);
        Assert.Equal(expected.Frequency, history.GetProperty("repeatPurchases").GetInt32());
        Near.Absolute(expected.Age, history.GetProperty("ageWeeks").GetDouble(), 1e-12);
        Near.Absolute(model.ProbabilityAlive(expected), value.GetProperty("probabilityAlive").GetDouble(), 1e-12);
        Near.Absolute(model.ExpectedPurchases(expected, 365 / 7.0), value.GetProperty("expectedPurchases").GetDouble(), 1e-12);
        Assert.StartsWith("bg-nbd:" + host.Fit.GetProperty("id").GetGuid(), value.GetProperty("modelVersion").GetString(), StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(1998, 7, 1, 17, 0, 0, TimeSpan.Zero), value.GetProperty("inputsAsOf").GetDateTimeOffset());

        var reads = new ValueReads.ValueReadsClient(host.GrpcFrom("gateway", Roles.SalesRep));
        var told = await reads.GetCustomerValueAsync(new GetCustomerValueRequest { CustomerId = AnalyticsHost.CdnowCustomer(1).ToString() });
        Assert.Equal(value.GetProperty("probabilityAlive").GetDouble(), told.ProbabilityAlive);
        Assert.Equal(decimal.Round(value.GetProperty("clv").GetDecimal() * 100), told.ClvMinor);
        Assert.Equal(value.GetProperty("clvPercentile").GetDouble(), told.ClvPercentile);
    }

    [CdnowFact]
    public async Task Ranked_lists_hold_everybody_once_in_order()
    {
        foreach (var (sort, read) in new (string, Func<JsonElement, double>)[]
        {
            ("clv", item => item.GetProperty("clv").GetDouble()),
            ("pAlive", item => item.GetProperty("probabilityAlive").GetDouble()),
            ("expectedPurchases", item => item.GetProperty("expectedPurchases").GetDouble()),
        })
        {
            var (seen, cursor) = (new List<JsonElement>(), (string?)null);
            do
            {
                var page = await host.Analyst().GetAsync($"{AnalyticsHost.Api}/customer-values?sort={sort}&limit=200&cursor={cursor}").OkJsonAsync();
                seen.AddRange(page.GetProperty("items").EnumerateArray());
                cursor = page.GetProperty("nextCursor").GetString();
            }
            while (cursor is not null);
            Assert.Equal(2357, seen.Select(item => item.GetProperty("customerId").GetGuid()).Distinct().Count());
            Assert.Equal(2357, seen.Count);
            Assert.Equal(seen.Select(read).OrderDescending(), seen.Select(read));
        }

        var best = await host.Analyst().GetAsync($"{AnalyticsHost.Api}/customer-values?minClvPercentile=0.999&order=asc").OkJsonAsync();
        Assert.Equal(3, best.GetProperty("items").GetArrayLength());
        Assert.Equal(1, best.GetProperty("items")[2].GetProperty("clvPercentile").GetDouble());
    }

    private Task<JsonElement> ValueOfAsync(int customer) =>
        host.Analyst().GetAsync($"{AnalyticsHost.Api}/customers/{AnalyticsHost.CdnowCustomer(customer)}/value").OkJsonAsync();
}

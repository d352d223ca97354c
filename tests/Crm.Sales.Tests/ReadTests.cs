using Crm.Sales.Contracts.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Grpc.Core;

namespace Crm.Sales.Tests;

public sealed class ReadTests(SalesHost host) : IClassFixture<SalesHost>
{
    [Fact]
    public async Task Pages_of_a_customers_purchases_are_newest_first_and_whole()
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        // Two at the same instant, so that the time alone would not be a position.
        var days = new[] { 3, 1, 2, 2, 5, 4, 2 };
        for (var i = 0; i < days.Length; i++)
        {
            var purchase = SalesHost.Sound(source, $"{i}", customer);
            purchase["purchasedAt"] = $"2026-05-0{days[i]}T00:00:00.123456Z";
            await host.RecordAsync(purchase);
        }

        await host.RecordAsync(SalesHost.Sound(source, "other", host.NewCustomer()));
        var seen = new List<(DateTimeOffset At, string Key)>();
        string? cursor = null;
        do
        {
            var page = await host.ClientFor(Roles.Viewer).GetAsync($"{SalesHost.Purchases}?customerId={customer}&limit=2{(cursor is null ? "" : "&cursor=" + cursor)}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => (item.GetProperty("purchasedAt").GetDateTimeOffset(), item.GetProperty("sourceId").GetString()!)));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(days.OrderDescending(), seen.Select(item => item.At.Day));
        Assert.Equal(days.Length, seen.Select(item => item.Key).Distinct().Count());
    }

    [Fact]
    public async Task One_purchase_is_found_by_its_key()
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        var recorded = await host.RecordAsync(SalesHost.Sound(source, "7", customer));
        var viewer = host.ClientFor(Roles.Viewer);
        var found = await viewer.GetAsync($"{SalesHost.Purchases}?source={source}&sourceId=7").OkJsonAsync();
        Assert.Equal(recorded.GetProperty("id").GetGuid(), Assert.Single(found.GetProperty("items").EnumerateArray()).GetProperty("id").GetGuid());
        Assert.Empty((await viewer.GetAsync($"{SalesHost.Purchases}?source={source}&sourceId=8").OkJsonAsync()).GetProperty("items").EnumerateArray());
        Assert.Equal((400, "sales.filter_required", "customerId"), await viewer.GetAsync($"{SalesHost.Purchases}?source={source}").ProblemAsync());
        Assert.Equal((400, "request.malformed", "customerId"), await viewer.GetAsync($"{SalesHost.Purchases}?customerId=x").ProblemAsync());
        Assert.Equal((404, "sales.purchase_not_found", null), await viewer.GetAsync($"{SalesHost.Purchases}/{Guid.Empty}").ProblemAsync());
    }

    [Fact]
    public async Task The_summary_adds_up_by_currency_over_rest_and_grpc()
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        var first = await host.RecordAsync(SalesHost.Sound(source, "1", customer));
        var dollars = SalesHost.Sound(source, "2", customer);
        (dollars["currency"], dollars["purchasedAt"], dollars["lines"]) = ("USD", "2026-06-01T00:00:00Z", new[] { SalesHost.Line("CD", 3, 11.77m) });
        await host.RecordAsync(dollars);
        await host.Seller().PostAsync($"{SalesHost.Purchases}/{first.GetProperty("id").GetGuid()}/returns", new { lines = new[] { new { line = 2, quantity = 1.5, reason = "stale" } } }).OkJsonAsync();

        var rest = await host.ClientFor(Roles.Analyst).GetAsync($"{SalesHost.Api}/customers/{customer}/purchase-summary").OkJsonAsync();
        Assert.Equal(2, rest.GetProperty("purchaseCount").GetInt64());
        Assert.Equal(
            [("IDR", 163_750m, 18_750m, 145_000m), ("USD", 35.31m, 0m, 35.31m)],
            rest.GetProperty("totals").EnumerateArray().Select(total => (
                total.GetProperty("currency").GetString()!, total.GetProperty("bought").GetDecimal(), total.GetProperty("returned").GetDecimal(), total.GetProperty("net").GetDecimal())));

        var reads = new SalesReads.SalesReadsClient(host.GrpcFrom("gateway", Roles.Viewer));
        var grpc = await reads.GetPurchaseSummaryAsync(new GetPurchaseSummaryRequest { CustomerId = customer.ToString(), Latest = 1 });
        Assert.Equal(2, grpc.PurchaseCount);
        Assert.Equal([("IDR", 145_000L, 0), ("USD", 35L, 310_000_000)], grpc.Totals.Select(total => (total.Currency, total.Units, total.Nanos)));
        Assert.Equal(("2", 1, false), (Assert.Single(grpc.Latest).SourceId, grpc.Latest[0].LineCount, grpc.Latest[0].Returned));
        Assert.Equal(new DateTime(2026, 5, 4, 3, 15, 0), grpc.FirstPurchasedAt.ToDateTime());
        Assert.Equal(new DateTime(2026, 6, 1), grpc.LastPurchasedAt.ToDateTime());
    }

    [Fact]
    public async Task A_customer_without_purchases_has_an_empty_summary()
    {
        var reads = new SalesReads.SalesReadsClient(host.GrpcFrom("gateway", Roles.Viewer));
        var summary = await reads.GetPurchaseSummaryAsync(new GetPurchaseSummaryRequest { CustomerId = SalesHost.Ids.Next().ToString() });
        Assert.Equal((0, 0, 0), (summary.PurchaseCount, summary.Totals.Count, summary.Latest.Count));
        Assert.Null(summary.LastPurchasedAt);
        var malformed = await Assert.ThrowsAsync<RpcException>(() => reads.GetPurchaseSummaryAsync(new GetPurchaseSummaryRequest { CustomerId = "7" }).ResponseAsync);
        Assert.Equal((StatusCode.InvalidArgument, "sales.customer_id_invalid"), (malformed.StatusCode, malformed.Trailers.GetValue("crm-code")));
        var stranger = new SalesReads.SalesReadsClient(host.GrpcFrom("loyalty", Roles.Viewer));
        var refused = await Assert.ThrowsAsync<RpcException>(() => stranger.GetPurchaseSummaryAsync(new GetPurchaseSummaryRequest { CustomerId = Guid.Empty.ToString() }).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }
}

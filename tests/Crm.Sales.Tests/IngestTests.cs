using Crm.Sales.Contracts.Events.V1;
using Crm.Sales.Contracts.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Sales.Tests;

public sealed class IngestTests(SalesHost host) : IClassFixture<SalesHost>
{
    [Fact]
    public async Task Five_thousand_with_duplicates_and_unsound_ones_among_them()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(PurchasesRecorded));
        var source = SalesHost.NewSource();
        var customers = Enumerable.Range(0, 50).Select(i => host.NewCustomer(source, $"c{i}")).ToArray();
        var records = Enumerable.Range(0, 4_900).Select(i => Record(source, $"{i}", $"c{i % 50}")).ToList();
        // The same again, near and far (another transaction); the same key with other content; and some that are unsound.
        for (var i = 0; i < 40; i++) records.Insert((i * 100) + 1, Record(source, $"{i * 97}", $"c{i * 97 % 50}"));
        for (var i = 0; i < 20; i++) records.Add(Record(source, $"{i}", $"c{i % 50}", quantityMilli: 5_000));
        for (var i = 0; i < 10; i++) records.Insert(i * 300, Record(source, $"n{i}", "c0", quantityMilli: -1_000));
        for (var i = 0; i < 30; i++) records.Insert(i * 100, Record(source, $"u{i}", "nobody"));
        Assert.Equal(5_000, records.Count);

        var calls = host.Customers.Calls;
        var summary = await SendAsync(host.Ingestion(), records, 333);
        Assert.Equal((5_000, 4_900, 40, 60), (summary.Received, summary.Recorded, summary.Unchanged, summary.Rejected));
        Assert.Equal(
            [("sales.purchase_key_reused", "sourceId", 20), ("sales.quantity_invalid", "lines[0].quantity", 10), ("sales.unknown_customer", "customerSourceId", 30)],
            summary.Rejections.GroupBy(rejection => (rejection.Code, rejection.Field)).Select(group => (group.Key.Code, group.Key.Field, group.Count())).OrderBy(group => group.Code));
        // One call for each batch that had somebody unknown, not one for each purchase.
        Assert.InRange(host.Customers.Calls - calls, 1, 3);
        Assert.Equal(4_900, await host.CountAsync(source));
        Assert.Equal(4_900 * 25_000m, await host.QueryAsync<decimal>("SELECT sum(total) FROM purchases WHERE source = @source", new { source }));
        Assert.Equal(98, await host.QueryAsync<long>("SELECT count(*) FROM purchases WHERE customer_id = @customer", new { customer = customers[7] }));

        await Eventually.Holds(() =>
        {
            var events = probe.Seen<PurchasesRecorded>().Where(e => e.Purchases[0].Source == source).ToList();
            Assert.All(events, e => Assert.InRange(e.Purchases.Count, 1, 500));
            var published = events.SelectMany(e => e.Purchases).ToList();
            Assert.Equal(4_900, published.Count);
            Assert.Equal(4_900, published.Select(purchase => purchase.SourceId).Distinct().Count());
            return Task.CompletedTask;
        });

        var again = await SendAsync(host.Ingestion(), records, 100);
        Assert.Equal((5_000, 0, 4_940, 60), (again.Received, again.Recorded, again.Unchanged, again.Rejected));
        Assert.Equal(4_900, await host.CountAsync(source));
    }

    [Fact]
    public async Task Two_streams_of_the_same_purchases_record_each_once()
    {
        var source = SalesHost.NewSource();
        host.NewCustomer(source, "c");
        var records = Enumerable.Range(0, 3_000).Select(i => Record(source, $"{i}", "c")).ToList();
        var summaries = await Task.WhenAll(SendAsync(host.Ingestion(), records, 500), SendAsync(host.Ingestion(), Enumerable.Reverse(records), 500));
        Assert.Equal(3_000, summaries.Sum(summary => summary.Recorded));
        Assert.Equal(3_000, summaries.Sum(summary => summary.Unchanged));
        Assert.Equal(3_000, await host.CountAsync(source));
    }

    public static TheoryData<string, Action<PurchaseRecord>, string, string> Refusals => new()
    {
        { "no time", record => record.PurchasedAt = null, "sales.purchased_at_invalid", "purchasedAt" },
        { "impossible time", record => record.PurchasedAt = new Timestamp { Seconds = long.MaxValue }, "sales.purchased_at_invalid", "purchasedAt" },
        { "future", record => record.PurchasedAt = new Timestamp { Seconds = 32_000_000_000 }, "sales.purchased_at_invalid", "purchasedAt" },
        { "bad id", record => record.CustomerId = "7", "sales.customer_id_invalid", "customerId" },
        { "both", record => record.CustomerId = Guid.Empty.ToString(), "sales.customer_ambiguous", "customerId" },
        { "neither", record => record.CustomerSource = record.CustomerSourceId = "", "sales.customer_required", "customerId" },
        { "no key", record => record.SourceId = "", "sales.source_id_invalid", "sourceId" },
        { "no price", record => record.Lines[0].UnitPrice = null, "sales.amount_missing", "lines[0].unitPrice" },
        { "other currency", record => record.Lines[0].Tax = new Money { Currency = "USD", Units = 1 }, "sales.currency_differs", "lines[0].tax" },
        { "signs differ", record => record.Lines[0].UnitPrice = new Money { Units = 1, Nanos = -1 }, "sales.amount_malformed", "lines[0].unitPrice" },
        { "negative", record => record.Lines[0].UnitPrice = new Money { Units = -1 }, "sales.amount_negative", "lines[0].unitPrice" },
        { "sen", record => record.Lines[0].UnitPrice = new Money { Units = 1, Nanos = 500_000_000 }, "sales.too_many_decimals", "lines[0].unitPrice" },
        { "huge", record => record.Lines[0].UnitPrice = new Money { Units = long.MaxValue }, "sales.amount_too_large", "lines[0].unitPrice" },
        { "no lines", record => record.Lines.Clear(), "sales.line_count", "lines" },
        { "sku", record => record.Lines[0].Sku = "NONE", "sales.unknown_product", "lines[0].sku" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_name_the_member_and_store_nothing(string _, Action<PurchaseRecord> spoil, string code, string field)
    {
        var source = SalesHost.NewSource();
        host.NewCustomer(source, "c");
        var record = Record(source, "1", "c");
        spoil(record);
        var summary = await SendAsync(host.Ingestion(), [record, Record(source, "2", "c")], 10);
        Assert.Equal((2, 1, 1), (summary.Received, summary.Recorded, summary.Rejected));
        Assert.Equal((record.SourceId, code, field), (summary.Rejections[0].SourceId, summary.Rejections[0].Code, summary.Rejections[0].Field));
        Assert.Equal("2", await host.QueryAsync<string>("SELECT source_id FROM purchases WHERE source = @source", new { source }));
    }

    [Fact]
    public async Task Only_the_gateway_with_the_right_role_may()
    {
        foreach (var client in new[] { host.Ingestion("loyalty"), host.Ingestion("gateway", Roles.Viewer) })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => SendAsync(client, [], 1));
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        }
    }

    internal static PurchaseRecord Record(string source, string sourceId, string customer, long quantityMilli = 2_000) => new()
    {
        Source = source,
        SourceId = sourceId,
        CustomerSource = source,
        CustomerSourceId = customer,
        PurchasedAt = new Timestamp { Seconds = 1_760_000_000 },
        Currency = "IDR",
        Lines = { new PurchaseLine { Sku = "TEA", QuantityMilli = quantityMilli, UnitPrice = new Money { Currency = "IDR", Units = 12_500 } } },
    };

    internal static async Task<IngestSummary> SendAsync(PurchaseIngestion.PurchaseIngestionClient client, IEnumerable<PurchaseRecord> records, int perMessage)
    {
        using var call = client.Ingest();
        try
        {
            foreach (var chunk in records.Chunk(perMessage)) await call.RequestStream.WriteAsync(new IngestRequest { Purchases = { chunk } });
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            // The server ended the call first; the response says why.
        }

        return await call.ResponseAsync;
    }
}

using System.Net;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Sales.Tests;

public sealed class RecordPurchaseTests(SalesHost host) : IClassFixture<SalesHost>
{
    [Fact]
    public async Task A_purchase_is_stored_with_its_amounts_and_published_once()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(PurchasesRecorded));
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());

        using var created = await host.Seller().PostAsync(SalesHost.Purchases, SalesHost.Sound(source, "1", customer));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var read = await host.ClientFor(Roles.Viewer).GetAsync(created.Headers.Location!.ToString()).OkJsonAsync();
        Assert.Equal((await created.JsonAsync()).GetRawText(), read.GetRawText());
        Assert.Equal(customer, read.GetProperty("customerId").GetGuid());
        Assert.Equal(new DateTimeOffset(2026, 5, 4, 3, 15, 0, TimeSpan.Zero), read.GetProperty("purchasedAt").GetDateTimeOffset());
        // 2 x 75,000 - 5,000 and 1.5 x 12,500; the cost of the first from the catalogue, of the second unknown.
        Assert.Equal(163_750m, read.GetProperty("total").GetDecimal());
        var lines = read.GetProperty("lines").EnumerateArray().ToList();
        Assert.Equal([145_000m, 18_750m], lines.Select(line => line.GetProperty("net").GetDecimal()));
        Assert.Equal(122_000m, lines[0].GetProperty("cost").GetDecimal());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, lines[1].GetProperty("cost").ValueKind);
        Assert.Equal("Beras 5 kg", lines[0].GetProperty("productName").GetString());

        var published = await Eventually.Answers(() => Task.FromResult(probe.Seen<PurchasesRecorded>().SelectMany(e => e.Purchases).SingleOrDefault(p => p.Source == source)));
        Assert.Equal((customer, "1", "IDR", 163_750m), (published.CustomerId, published.SourceId, published.Currency, published.Total));
        Assert.Equal([(1, "RICE-5", 2m, 145_000m, 122_000m), (2, "TEA", 1.5m, 18_750m, -1m)],
            published.Lines.Select(line => (line.Line, line.Sku, line.Quantity, line.Net, line.Cost ?? -1m)));
    }

    [Fact]
    public async Task The_same_purchase_again_changes_nothing_however_it_is_written()
    {
        var source = SalesHost.NewSource();
        var customer = host.NewCustomer("shop", source);
        var first = await host.RecordAsync(SalesHost.Sound(source, "1", customer));

        var again = SalesHost.Sound(source, "1", customer);
        again.Remove("customerId");
        (again["customerSource"], again["customerSourceId"], again["purchasedAt"]) = ("shop", source, "2026-05-04T03:15:00.0000001Z");
        again["lines"] = new[] { SalesHost.Line("RICE-5", 2.000m, 75000.00m, 5000.0m), SalesHost.Line("TEA", 1.50m, 12500m) };
        using var response = await host.Seller().PostAsync(SalesHost.Purchases, again);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(first.GetRawText(), (await response.JsonAsync()).GetRawText());
        Assert.Equal(1, await host.CountAsync(source));
    }

    public static TheoryData<string, object?> OtherContents => new()
    {
        { "purchasedAt", "2026-05-04T10:15:01+07:00" },
        { "currency", "JPY" },
        { "lines", new[] { SalesHost.Line("RICE-5", 2, 75000, 5000) } },
        { "lines", new[] { SalesHost.Line("TEA", 1.5m, 12500), SalesHost.Line("RICE-5", 2, 75000, 5000) } },
        { "lines", new[] { SalesHost.Line("RICE-5", 2, 75000, 5001), SalesHost.Line("TEA", 1.5m, 12500) } },
        { "lines", new[] { SalesHost.Line("RICE-5", 2.001m, 75000, 5000), SalesHost.Line("TEA", 1.5m, 12500) } },
    };

    [Theory]
    [MemberData(nameof(OtherContents))]
    public async Task The_same_key_with_other_content_is_refused(string member, object? value)
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        var first = await host.RecordAsync(SalesHost.Sound(source, "1", customer));
        var other = SalesHost.Sound(source, "1", customer);
        other[member] = value;

        Assert.Equal((422, "sales.purchase_key_reused", "sourceId"), await host.Seller().PostAsync(SalesHost.Purchases, other).ProblemAsync());
        Assert.Equal((422, "sales.purchase_key_reused", "sourceId"),
            await host.Seller().PostAsync(SalesHost.Purchases, SalesHost.Sound(source, "1", host.NewCustomer())).ProblemAsync());
        var stored = await host.Seller().GetAsync($"{SalesHost.Purchases}/{first.GetProperty("id").GetGuid()}").OkJsonAsync();
        Assert.Equal(first.GetRawText(), stored.GetRawText());
        Assert.Equal(1, await host.CountAsync(source));
    }

    [Fact]
    public async Task Twenty_at_once_record_one()
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Seller().PostAsync(SalesHost.Purchases, SalesHost.Sound(source, "1", customer))));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(1, await host.CountAsync(source));
        Assert.Equal(2, await host.QueryAsync<long>("SELECT count(*) FROM purchase_lines JOIN purchases p ON p.id = purchase_id WHERE source = @source", new { source }));
    }

    /// <summary>The key is free when it is looked up and taken when it is written: the writer that waited sees who was first.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_somebody_else_is_just_recording(bool theyCommit)
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        await using var other = await host.Database.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await other.ExecuteAsync(
            """
            INSERT INTO purchases (id, source, source_id, content_hash, customer_id, purchased_at, currency, total, line_count, recorded_at, recorded_by)
            VALUES (@id, @source, '2', 'other', @customer, now(), 'IDR', 1, 1, now(), 'other')
            """,
            new { id = SalesHost.Ids.Next(), source, customer },
            transaction);

        var purchases = new[] { SalesHost.Sound(source, "1", customer), SalesHost.Sound(source, "2", customer), SalesHost.Sound(source, "3", customer) };
        var posting = host.Seller().PostAsync($"{SalesHost.Purchases}/batch", new { purchases }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.True(await host.QueryAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0));
        if (theyCommit) await transaction.CommitAsync();
        else await transaction.RollbackAsync();

        var statuses = (await posting).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("status").GetString());
        Assert.Equal(["recorded", theyCommit ? "rejected" : "recorded", "recorded"], statuses);
        Assert.Equal(3, await host.CountAsync(source));
        Assert.Equal(theyCommit ? 4 : 6, await host.QueryAsync<long>("SELECT count(*) FROM purchase_lines JOIN purchases p ON p.id = purchase_id WHERE source = @source", new { source }));
    }

    public static TheoryData<string, object?, int, string, string> Refusals => new()
    {
        { "source", "", 400, "sales.source_invalid", "source" },
        { "source", "Shop 1", 400, "sales.source_invalid", "source" },
        { "sourceId", "", 400, "sales.source_id_invalid", "sourceId" },
        { "sourceId", "a\0b", 400, "sales.source_id_invalid", "sourceId" },
        { "sourceId", new string('9', 101), 400, "sales.source_id_invalid", "sourceId" },
        { "customerId", null, 400, "sales.customer_required", "customerId" },
        { "customerId", "7", 400, "request.malformed", "customerId" },
        { "customerSource", "shop", 400, "sales.customer_ambiguous", "customerId" },
        { "customerId", "01890000-0000-7000-8000-000000000000", 422, "sales.unknown_customer", "customerId" },
        { "purchasedAt", "1899-12-31T23:59:59Z", 400, "sales.purchased_at_invalid", "purchasedAt" },
        { "purchasedAt", "2999-01-01T00:00:00Z", 400, "sales.purchased_at_invalid", "purchasedAt" },
        { "purchasedAt", "2026-02-30T00:00:00Z", 400, "request.malformed", "purchasedAt" },
        { "currency", "XYZ", 400, "sales.currency_unknown", "currency" },
        { "currency", "idr", 400, "sales.currency_unknown", "currency" },
        { "lines", Array.Empty<object>(), 400, "sales.line_count", "lines" },
        { "lines", Enumerable.Repeat(SalesHost.Line("TEA", 1, 1), 501).ToArray(), 400, "sales.line_count", "lines" },
        { "lines", new object?[] { SalesHost.Line("TEA", 1, 1), null }, 400, "request.malformed", "lines[1]" },
        { "lines", new[] { SalesHost.Line("TEA", 1, 1), SalesHost.Line("NONE", 1, 1) }, 422, "sales.unknown_product", "lines[1].sku" },
        { "lines", new[] { SalesHost.Line("T\0EA", 1, 1) }, 422, "sales.unknown_product", "lines[0].sku" },
        { "lines", new[] { SalesHost.Line("TEA", 0, 1) }, 400, "sales.quantity_invalid", "lines[0].quantity" },
        { "lines", new[] { SalesHost.Line("TEA", -1, 1) }, 400, "sales.quantity_invalid", "lines[0].quantity" },
        { "lines", new[] { SalesHost.Line("TEA", 1_000_000.001m, 1) }, 400, "sales.quantity_invalid", "lines[0].quantity" },
        { "lines", new[] { SalesHost.Line("TEA", 0.0001m, 1) }, 400, "sales.quantity_invalid", "lines[0].quantity" },
        { "lines", new[] { SalesHost.Line("TEA", 1, -1) }, 400, "sales.amount_negative", "lines[0].unitPrice" },
        { "lines", new[] { SalesHost.Line("TEA", 1, 1.5m) }, 400, "sales.too_many_decimals", "lines[0].unitPrice" },
        { "lines", new[] { SalesHost.Line("TEA", 1, 10_000_000_000_001m) }, 400, "sales.amount_too_large", "lines[0].unitPrice" },
        { "lines", new[] { SalesHost.Line("TEA", 1_000_000, 10_000_001m) }, 400, "sales.amount_too_large", "lines[0].unitPrice" },
        { "lines", new[] { SalesHost.Line("TEA", 1, 6_000_000_000_000m), SalesHost.Line("TEA", 1, 6_000_000_000_000m) }, 400, "sales.amount_too_large", "lines" },
        { "lines", new[] { SalesHost.Line("TEA", 2, 100, discount: 201) }, 400, "sales.discount_exceeds_amount", "lines[0].discount" },
        { "lines", new[] { SalesHost.Line("TEA", 2, 100, discount: -1) }, 400, "sales.amount_negative", "lines[0].discount" },
        { "colour", "red", 400, "request.unknown_field", "colour" },
        { "lines", "many", 400, "request.malformed", "lines" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_name_the_member_and_store_nothing(string member, object? value, int status, string code, string field)
    {
        var source = SalesHost.NewSource();
        var purchase = SalesHost.Sound(source, "1", host.NewCustomer());
        purchase[member] = value;
        var before = await host.QueryAsync<(long, long, long)>("SELECT (SELECT count(*) FROM purchases), (SELECT count(*) FROM purchase_lines), (SELECT count(*) FROM outbox)");

        Assert.Equal((status, code, field), await host.Seller().PostAsync(SalesHost.Purchases, purchase).ProblemAsync());
        Assert.Equal(before, await host.QueryAsync<(long, long, long)>("SELECT (SELECT count(*) FROM purchases), (SELECT count(*) FROM purchase_lines), (SELECT count(*) FROM outbox)"));
    }

    [Theory]
    [InlineData("USD", 11.7701, 201)]
    [InlineData("USD", 11.77011, 400)]
    [InlineData("JPY", 1.5, 400)]
    [InlineData("KRW", 1.5, 400)]
    [InlineData("VND", 1.5, 400)]
    public async Task Decimals_follow_the_currency(string currency, double unitPrice, int status)
    {
        var purchase = SalesHost.Sound(SalesHost.NewSource(), "1", host.NewCustomer());
        (purchase["currency"], purchase["lines"]) = (currency, new[] { SalesHost.Line("CD", 1, (decimal)unitPrice) });
        Assert.Equal(status, (int)(await host.Seller().PostAsync(SalesHost.Purchases, purchase)).StatusCode);
    }

    [Fact]
    public async Task A_batch_records_the_sound_ones_and_says_what_is_wrong_with_the_others()
    {
        var (source, customer) = (SalesHost.NewSource(), host.NewCustomer());
        await host.RecordAsync(SalesHost.Sound(source, "old", customer));
        var changed = SalesHost.Sound(source, "old", customer);
        changed["currency"] = "JPY";
        var broken = SalesHost.Sound(source, "broken", customer);
        broken["lines"] = new[] { SalesHost.Line("TEA", -1, 1) };
        var stranger = SalesHost.Sound(source, "stranger", SalesHost.Ids.Next());
        var body = new
        {
            purchases = new[]
            {
                SalesHost.Sound(source, "b", customer), SalesHost.Sound(source, "old", customer), changed, broken, stranger,
                SalesHost.Sound(source, "a", customer), SalesHost.Sound(source, "b", customer),
            },
        };

        var answer = await host.Seller().PostAsync($"{SalesHost.Purchases}/batch", body).OkJsonAsync();
        Assert.Equal((2, 2, 3), (answer.GetProperty("recorded").GetInt32(), answer.GetProperty("unchanged").GetInt32(), answer.GetProperty("rejected").GetInt32()));
        Assert.Equal(
            [
                ("b", "recorded", null, null), ("old", "unchanged", null, null),
                ("old", "rejected", "sales.purchase_key_reused", "purchases[2].sourceId"),
                ("broken", "rejected", "sales.quantity_invalid", "purchases[3].lines[0].quantity"),
                ("stranger", "rejected", "sales.unknown_customer", "purchases[4].customerId"),
                ("a", "recorded", null, null), ("b", "unchanged", null, null),
            ],
            answer.GetProperty("items").EnumerateArray().Select(item => (
                item.GetProperty("sourceId").GetString(), item.GetProperty("status").GetString(),
                item.GetProperty("code").GetString(), item.GetProperty("field").GetString())));
        Assert.Equal(3, await host.CountAsync(source));
    }

    [Fact]
    public async Task A_batch_has_bounds()
    {
        var seller = host.Seller();
        Assert.Equal((400, "sales.batch_size", "purchases"), await seller.PostAsync($"{SalesHost.Purchases}/batch", new { purchases = Array.Empty<object>() }).ProblemAsync());
        var customer = host.NewCustomer();
        var many = Enumerable.Range(0, 501).Select(i => SalesHost.Sound("bounds", $"{i}", customer));
        Assert.Equal((400, "sales.batch_size", "purchases"), await seller.PostAsync($"{SalesHost.Purchases}/batch", new { purchases = many }).ProblemAsync());
        Assert.Equal((400, "request.malformed", "purchases[0]"), await seller.PostAsync($"{SalesHost.Purchases}/batch", "{\"purchases\":[null]}").ProblemAsync());
    }

    [Fact]
    public async Task Customers_known_by_event_are_not_asked_for()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var (customer, source) = (SalesHost.Ids.Next(), SalesHost.NewSource());
        var snapshot = new CustomerSnapshot
        {
            CustomerId = customer, Version = 1, Source = source, SourceId = "c1", DisplayName = "Sari", Language = "id", TimeZone = "Asia/Jakarta",
            LifecycleStage = "Prospect", RegisteredAt = DateTimeOffset.UnixEpoch,
        };
        var messageId = SalesHost.Ids.Next();
        for (var copy = 0; copy < 3; copy++) await probe.PublishAsync(new CustomersRegistered(messageId, DateTimeOffset.UnixEpoch, [snapshot]), messageId);
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM customers WHERE customer_id = @customer", new { customer })));

        var calls = host.Customers.Calls;
        var purchase = SalesHost.Sound(source, "1", customer);
        purchase.Remove("customerId");
        (purchase["customerSource"], purchase["customerSourceId"]) = (source, "c1");
        Assert.Equal(customer, (await host.RecordAsync(purchase)).GetProperty("customerId").GetGuid());
        await host.RecordAsync(SalesHost.Sound(source, "2", customer));
        Assert.Equal(calls, host.Customers.Calls);
    }

    [Fact]
    public async Task Rights_are_asked_for()
    {
        EndpointRules.AssertAuthorised(host.Services);
        var purchase = SalesHost.Sound(SalesHost.NewSource(), "1", host.NewCustomer());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PostAsync(SalesHost.Purchases, purchase).ProblemAsync());
        Assert.Equal((401, "auth.required", null), await host.Anonymous().PostAsync(SalesHost.Purchases, purchase).ProblemAsync());
    }
}

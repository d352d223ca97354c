using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;
using Dapper;
using Npgsql;

namespace Crm.Analytics.Tests.Features;

public sealed class FeatureStoreHost : AnalyticsHost;

public sealed class FeatureStoreTests(FeatureStoreHost host) : IClassFixture<FeatureStoreHost>
{
    private static readonly DateOnly Day = new(2024, 3, 1);

    [Fact]
    public async Task Events_in_any_order_and_any_number_of_times_add_up_to_the_same_days()
    {
        var random = new Random(20240301);
        var (one, two) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        RecordedPurchase[] purchases =
        [
            .. Enumerable.Range(0, 40).Select(i => AnalyticsHost.Purchase(i % 2 == 0 ? one : two, Day.AddDays(random.Next(12)), random.Next(10, 90))),
        ];
        var (partly, whole) = (purchases[3], purchases[8]);
        List<(object Event, Guid MessageId)> messages =
        [
            .. purchases.Chunk(7).Select(part => ((object)new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, part), AnalyticsHost.Ids.Next())),
            (AnalyticsHost.Return(partly, 4, partly.Total - 4), AnalyticsHost.Ids.Next()),
            (AnalyticsHost.Return(partly, 2, partly.Total - 6), AnalyticsHost.Ids.Next()),
            (AnalyticsHost.Return(whole, 5, whole.Total - 5), AnalyticsHost.Ids.Next()),
            (AnalyticsHost.Return(whole, whole.Total - 5, 0), AnalyticsHost.Ids.Next()),
        ];
        var expected = purchases
            .Select(purchase => (purchase, net: purchase.Total - (purchase == partly ? 6 : purchase == whole ? whole.Total : 0), orders: purchase == whole ? 0 : 1))
            .GroupBy(item => (item.purchase.CustomerId, DateOnly.FromDateTime(item.purchase.PurchasedAt.UtcDateTime)))
            .Select(day => (day.Key.CustomerId, day.Key.Item2, day.Sum(item => item.net), day.Sum(item => item.orders)))
            .OrderBy(day => day.CustomerId.ToString()).ThenBy(day => day.Item2).ToArray();

        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        foreach (var (message, id) in messages.Concat(messages).Concat(messages).OrderBy(_ => random.Next()).ToArray())
        {
            if (message is PurchasesRecorded recorded) await probe.PublishAsync(recorded, id);
            else await probe.PublishAsync((PurchaseReturned)message, id);
        }

        // The same purchases once more in an event of another id, as after a restored backup of the outbox.
        await probe.PublishAsync(new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, [.. purchases.Take(5)]), AnalyticsHost.Ids.Next());

        await Eventually.Holds(async () =>
        {
            Assert.Equal(messages.Count + 1, await host.ScalarAsync<long>("SELECT count(*) FROM event_log WHERE payload::text LIKE ANY(@ids)", new { ids = new[] { $"%{one}%", $"%{two}%" } }));
            Assert.Equal(expected, await DaysAsync(one, two));
        });
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE queue = 'analytics-purchases-recorded'"));
    }

    [Fact]
    public async Task Of_many_purchases_that_come_at_once_each_counts_once_and_a_bad_one_fails_alone()
    {
        var customers = Enumerable.Range(0, 600).Select(_ => AnalyticsHost.Ids.Next()).ToArray();
        var good = customers.Select(customer => (Id: AnalyticsHost.Ids.Next(), Event: new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, [AnalyticsHost.Purchase(customer, Day, 25)]))).ToArray();
        // A NUL is valid JSON and no text of PostgreSQL.
        var stranger = AnalyticsHost.Ids.Next();
        var bad = new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, [AnalyticsHost.Purchase(stranger, Day, 25) with { Source = "no\0text" }]);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        var errorsBefore = await host.ScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE queue = 'analytics-purchases-recorded'");

        await Task.WhenAll([.. good.Take(300).Concat(good).Select(item => probe.PublishAsync(item.Event, item.Id)), probe.PublishAsync(bad, AnalyticsHost.Ids.Next())]);

        await Eventually.Holds(
            async () =>
            {
                Assert.Equal(0, await host.Servers.QueueLengthAsync("analytics-purchases-recorded"));
                Assert.Equal(errorsBefore + 1, await host.ScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE queue = 'analytics-purchases-recorded'"));
            },
            TimeSpan.FromSeconds(60));
        Assert.Equal(600, await host.ScalarAsync<long>("SELECT count(*) FROM purchase_days WHERE customer_id = ANY(@customers) AND net_revenue = 25 AND orders = 1", new { customers }));
        Assert.Equal(600, await host.ScalarAsync<long>("SELECT count(*) FROM event_log WHERE event_id = ANY(@ids)", new { ids = good.Select(item => item.Event.EventId).ToArray() }));
        Assert.Equal(600, await host.ScalarAsync<long>("SELECT count(*) FROM inbox WHERE message_id = ANY(@ids)", new { ids = good.Select(item => item.Id).ToArray() }));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM purchase_days WHERE customer_id = @stranger", new { stranger }));

        // Together: fewer transactions than events. Rows of one transaction have one xmin.
        var transactions = await host.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM inbox WHERE message_id = ANY(@ids)", new { ids = good.Select(item => item.Id).ToArray() });
        Assert.InRange(transactions, 1, 300);
    }

    [Fact]
    public async Task A_return_that_comes_before_its_purchase_waits_for_it()
    {
        var customer = AnalyticsHost.Ids.Next();
        var purchase = AnalyticsHost.Purchase(customer, Day, 30);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        await probe.PublishAsync(AnalyticsHost.Return(purchase, 12, 18), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(12m, await host.ScalarAsync<decimal>("SELECT returned FROM purchases WHERE purchase_id = @PurchaseId", new { purchase.PurchaseId })));
        Assert.Empty(await DaysAsync(customer));
        await probe.PublishAsync(new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, [purchase]), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal([(customer, Day, 18m, 1)], await DaysAsync(customer)));
    }

    [Fact]
    public async Task A_day_is_one_of_the_business_zone()
    {
        var customer = AnalyticsHost.Ids.Next();
        // 23:30 in Jakarta is the day before in UTC + 7 hours; 17:30 UTC is the next day there.
        await host.RecordAsync(
        [
            AnalyticsHost.Purchase(customer, Day, 1) with { PurchasedAt = new(2024, 3, 1, 16, 59, 59, TimeSpan.Zero) },
            AnalyticsHost.Purchase(customer, Day, 2) with { PurchasedAt = new(2024, 3, 1, 17, 0, 0, TimeSpan.Zero) },
        ]);
        Assert.Equal([(customer, new DateOnly(2024, 3, 1), 1m, 1), (customer, new DateOnly(2024, 3, 2), 2m, 1)], await DaysAsync(customer));
    }

    [Fact]
    public async Task The_event_log_keeps_events_as_published_pages_them_and_refuses_change()
    {
        var campaign = AnalyticsHost.Ids.Next();
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        for (var i = 0; i < 5; i++)
        {
            await probe.PublishAsync(
                new CampaignResponded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch.AddDays(i), campaign, "Lebaran", AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next(), "email", ResponseKind.Clicked, "https://example.com/"),
                AnalyticsHost.Ids.Next());
        }

        await Eventually.Holds(async () => Assert.Equal(5, await host.ScalarAsync<long>("SELECT count(*) FROM event_log WHERE type LIKE '%.CampaignResponded'")));
        var path = AnalyticsHost.Api + "/events?type=CampaignResponded&limit=3";
        var first = await host.Analyst().GetAsync(path).OkJsonAsync();
        var second = await host.Analyst().GetAsync($"{path}&cursor={first.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        var all = first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).ToArray();
        Assert.Equal(5, all.Select(item => item.GetProperty("eventId").GetGuid()).Distinct().Count());
        Assert.All(all, item =>
        {
            Assert.Equal(campaign, item.GetProperty("payload").GetProperty("campaignId").GetGuid());
            Assert.Equal("Clicked", item.GetProperty("payload").GetProperty("kind").GetString());
            Assert.Equal("Crm.Campaign.Contracts.Events.V1.CampaignResponded", item.GetProperty("type").GetString());
        });
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);

        foreach (var sql in new[] { "UPDATE event_log SET type = 'x'", "DELETE FROM event_log", "TRUNCATE event_log" })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => host.ScalarAsync<int>(sql));
            Assert.Contains("append-only", refusal.MessageText, StringComparison.Ordinal);
        }
    }

    private async Task<(Guid, DateOnly, decimal, int)[]> DaysAsync(params Guid[] customers)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        var rows = await connection.QueryAsync<(Guid, DateOnly, decimal, int)>(
            "SELECT customer_id, day, net_revenue, orders FROM purchase_days WHERE customer_id = ANY(@customers) ORDER BY customer_id, day", new { customers });
        return [.. rows];
    }
}

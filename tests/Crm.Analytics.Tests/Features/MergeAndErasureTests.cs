using Crm.Analytics.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class MergeAndErasureTests(FeatureStoreHost host) : IClassFixture<FeatureStoreHost>
{
    private static readonly DateTimeOffset Now = new(2024, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Days_follow_a_merge_and_come_back_and_no_total_changes()
    {
        var (survivor, absorbed, merge) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        var day = new DateOnly(2024, 3, 1);
        await host.RecordAsync([AnalyticsHost.Purchase(survivor, day, 10, "MRG"), AnalyticsHost.Purchase(absorbed, day, 20, "MRG"), AnalyticsHost.Purchase(absorbed, day.AddDays(-3), 5, "MRG")]);
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await bus.PublishAsync(new CustomerMerged(AnalyticsHost.Ids.Next(), Now, merge, survivor, absorbed), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal((35m, 0m, 35m), (await RevenueAsync(survivor), await RevenueAsync(absorbed), await TotalAsync())));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM customers WHERE customer_id IN (@survivor, @absorbed) AND first_purchase_day = '2024-02-27'", new { survivor, absorbed }));

        await bus.PublishAsync(new CustomerUnmerged(AnalyticsHost.Ids.Next(), Now, merge, survivor, absorbed), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal((10m, 25m, 35m), (await RevenueAsync(survivor), await RevenueAsync(absorbed), await TotalAsync())));
    }

    [Fact]
    public async Task The_log_forgets_a_person_and_keeps_the_event_and_the_others_in_it()
    {
        var (planted, customer, neighbour, request) = ("Zq" + AnalyticsHost.Ids.Next().ToString("N")[20..], AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(AnalyticsDataErased));
        CustomerSnapshot Snapshot(Guid id, string name) => new()
        {
            CustomerId = id, Version = 1, DisplayName = name, Email = name + "@example.com", Language = "id", TimeZone = "Asia/Jakarta", LifecycleStage = "New", RegisteredAt = Now, Tags = [name],
        };
        var registered = new CustomersRegistered(AnalyticsHost.Ids.Next(), Now, [Snapshot(customer, planted), Snapshot(neighbour, "Neighbour" + planted[2..])]);
        await bus.PublishAsync(registered, AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(1, await LoggedAsync(planted)));

        await bus.PublishAsync(new ErasureRequested(AnalyticsHost.Ids.Next(), Now, request, [customer]), AnalyticsHost.Ids.Next());
        await Eventually.Holds(() =>
        {
            Assert.Contains(bus.Seen<AnalyticsDataErased>(), erased => erased.RequestId == request && erased.Rows >= 1);
            return Task.CompletedTask;
        });
        Assert.Equal((0L, 1L), (await LoggedAsync(planted), await LoggedAsync("Neighbour" + planted[2..])));
        Assert.Equal(1, await LoggedAsync(customer.ToString(), "CustomersRegistered"));
        await using var command = host.Database.CreateCommand("UPDATE event_log SET payload = '{}'");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync());
    }

    private Task<decimal> RevenueAsync(Guid customer) => host.ScalarAsync<decimal>("SELECT coalesce(sum(net_revenue), 0) FROM purchase_days WHERE customer_id = @customer", new { customer });

    private Task<decimal> TotalAsync() => host.ScalarAsync<decimal>("SELECT sum(net_revenue) FROM purchase_days WHERE currency = 'MRG'");

    private Task<long> LoggedAsync(string text, string type = "") =>
        host.ScalarAsync<long>("SELECT count(*) FROM event_log WHERE payload::text LIKE '%' || @text || '%' AND type LIKE '%' || @type", new { text, type });
}

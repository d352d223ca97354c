using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Sales.Tests;

public sealed class MergeTests(SalesHost host) : IClassFixture<SalesHost>
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Purchases_follow_a_merge_also_late_ones_and_come_back_when_it_is_undone()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var (source, survivor, absorbed) = (SalesHost.NewSource(), host.NewCustomer(), host.NewCustomer());
        await host.RecordAsync(SalesHost.Sound(source, "s", survivor));
        await host.RecordAsync(SalesHost.Sound(source, "a", absorbed));
        var merge = new CustomerMerged(SalesHost.Ids.Next(), Now, SalesHost.Ids.Next(), survivor, absorbed);
        for (var copy = 0; copy < 2; copy++) await bus.PublishAsync(merge, SalesHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(2, await OfAsync(survivor)));
        await host.RecordAsync(SalesHost.Sound(source, "late", absorbed));
        Assert.Equal((3L, 0L), (await OfAsync(survivor), await OfAsync(absorbed)));

        await bus.PublishAsync(new CustomerUnmerged(SalesHost.Ids.Next(), Now, merge.MergeId, survivor, absorbed), SalesHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal((1L, 2L), (await OfAsync(survivor), await OfAsync(absorbed))));
    }

    [Fact]
    public async Task Merges_of_a_chain_may_arrive_in_any_order_and_one_that_was_undone_before_it_arrived_does_nothing()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var (source, a, b, c, d) = (SalesHost.NewSource(), host.NewCustomer(), host.NewCustomer(), host.NewCustomer(), host.NewCustomer());
        await host.RecordAsync(SalesHost.Sound(source, "a", a));
        var (first, second) = (new CustomerMerged(SalesHost.Ids.Next(), Now, SalesHost.Ids.Next(), b, a), new CustomerMerged(SalesHost.Ids.Next(), Now, SalesHost.Ids.Next(), c, b));
        await bus.PublishAsync(second, SalesHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM customer_merges WHERE merge_id = @MergeId", new { second.MergeId })));
        await bus.PublishAsync(first, SalesHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(1, await OfAsync(c)));

        var never = new CustomerMerged(SalesHost.Ids.Next(), Now, SalesHost.Ids.Next(), d, c);
        await bus.PublishAsync(new CustomerUnmerged(SalesHost.Ids.Next(), Now, never.MergeId, d, c), SalesHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM customer_merges WHERE merge_id = @MergeId AND undone", new { never.MergeId })));
        await bus.PublishAsync(never, SalesHost.Ids.Next());
        await bus.PublishAsync(new CustomerUnmerged(SalesHost.Ids.Next(), Now, first.MergeId, b, a), SalesHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(1, await OfAsync(a)));
        Assert.Equal((0L, 0L, 0L), (await OfAsync(b), await OfAsync(c), await OfAsync(d)));
    }

    [Fact]
    public async Task An_erasure_takes_the_key_of_the_source_confirms_and_leaves_the_totals()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(SalesDataErased));
        var source = SalesHost.NewSource();
        var customer = host.NewCustomer("shop", "secret-" + source);
        await bus.PublishAsync(
            new CustomersRegistered(SalesHost.Ids.Next(), Now, [new CustomerSnapshot { CustomerId = customer, Version = 1, DisplayName = "X", Language = "id", TimeZone = "Asia/Jakarta", LifecycleStage = "New", RegisteredAt = Now, Source = "shop", SourceId = "secret-" + source }]),
            SalesHost.Ids.Next());
        await host.RecordAsync(SalesHost.Sound(source, "1", customer));
        var total = await host.QueryAsync<decimal>("SELECT sum(total) FROM purchases");
        var request = SalesHost.Ids.Next();
        await bus.PublishAsync(new ErasureRequested(SalesHost.Ids.Next(), Now, request, [customer]), SalesHost.Ids.Next());
        await Eventually.Holds(() =>
        {
            Assert.Contains(bus.Seen<SalesDataErased>(), erased => erased.RequestId == request);
            return Task.CompletedTask;
        });
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM customers WHERE source_id = @key", new { key = "secret-" + source }));
        Assert.Equal(total, await host.QueryAsync<decimal>("SELECT sum(total) FROM purchases"));
    }

    private Task<long> OfAsync(Guid customer) => host.QueryAsync<long>("SELECT count(*) FROM purchases WHERE customer_id = @customer", new { customer });
}

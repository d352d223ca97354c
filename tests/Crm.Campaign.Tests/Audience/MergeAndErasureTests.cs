using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Campaign.Tests.Audience;

public sealed class MergeAndErasureTests(CampaignHost host) : IClassFixture<CampaignHost>
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task An_absorbed_customer_leaves_the_audience_with_purchases_that_the_survivor_gets_and_comes_back()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 2);
        var (survivor, absorbed, merge) = (customers[0].CustomerId, customers[1].CustomerId, CampaignHost.NewId());
        await BuyAsync(survivor, 100);
        await BuyAsync(absorbed, 250);
        await Eventually.Holds(async () => Assert.Equal(("1:100", "1:250"), (await BoughtAsync(survivor), await BoughtAsync(absorbed))));
        await host.Bus.PublishAsync(new CustomerMerged(CampaignHost.NewId(), Now, merge, survivor, absorbed), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(("2:350", "0:0"), (await BoughtAsync(survivor), await BoughtAsync(absorbed))));
        await BuyAsync(absorbed, 50);
        await Eventually.Holds(async () => Assert.Equal(("3:400", "0:0"), (await BoughtAsync(survivor), await BoughtAsync(absorbed))));

        // A snapshot that was under way does not bring the absorbed one back.
        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, [CampaignHost.Customer(tag, 1, version: 2, id: absorbed)]), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("campaign-customers-changed")));
        Assert.Equal(1, await InAudienceAsync(tag));

        await host.Bus.PublishAsync(new CustomerUnmerged(CampaignHost.NewId(), Now, merge, survivor, absorbed), CampaignHost.NewId());
        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, [CampaignHost.Customer(tag, 1, version: 3, id: absorbed)]), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(("1:100", "2:300", 2L), (await BoughtAsync(survivor), await BoughtAsync(absorbed), await InAudienceAsync(tag))));
    }

    [Fact]
    public async Task An_erased_person_is_in_no_table_stays_counted_and_does_not_come_back_by_a_late_message()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1))[0];
        await BuyAsync(customer.CustomerId, 100);
        await Eventually.Holds(async () => Assert.Equal("1:100", await BoughtAsync(customer.CustomerId)));
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CampaignDataErased));
        var request = CampaignHost.NewId();
        await bus.PublishAsync(new ErasureRequested(CampaignHost.NewId(), Now, request, [customer.CustomerId]), CampaignHost.NewId());
        await Eventually.Holds(() =>
        {
            Assert.Contains(bus.Seen<CampaignDataErased>(), erased => erased.RequestId == request);
            return Task.CompletedTask;
        });
        await bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, [customer with { Version = 9 }]), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("campaign-customers-changed")));
        Assert.Equal("1:100", await BoughtAsync(customer.CustomerId));
        foreach (var table in await host.ListAsync<string>("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"))
        {
            Assert.Equal((table, 0L), (table, await host.QueryAsync<long>($"SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || @tag || '%'", new { tag })));
        }
    }

    [Fact]
    public async Task A_person_is_told_what_is_kept_of_them_also_by_their_address()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 2);
        await BuyAsync(customers[0].CustomerId, 100);
        await Eventually.Holds(async () => Assert.Equal("1:100", await BoughtAsync(customers[0].CustomerId)));
        var address = customers[0].Email!.ToLowerInvariant();
        await host.ListAsync<int>("INSERT INTO suppressed_addresses (address, channel, kind, reason, created_at) VALUES (@address, 'email', 'email', 'complaint', now()) RETURNING 1", new { address });
        var told = await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customers[0].CustomerId);
        Assert.Equal(customers[0].Email, Assert.Single(told["audience"]).GetProperty("email").GetString());
        Assert.Single(told["audience_purchases"]);
        Assert.Equal(address, Assert.Single(told["suppressed_addresses"]).GetProperty("address").GetString());
        await SubjectExport.AssertClosedAsync(host.GrpcFrom("gateway", Crm.ServiceDefaults.Security.Roles.Ops));
    }

    private Task BuyAsync(Guid customer, decimal total) => host.Bus.PublishAsync(
        new PurchasesRecorded(CampaignHost.NewId(), Now, [new RecordedPurchase(
            CampaignHost.NewId(), customer, "shop", CampaignHost.NewId().ToString(), Now, "IDR", total, [new RecordedLine(1, "SKU-1", "Kopi", "Coffee", 1, total, 0, 0, total, null, null)])]),
        CampaignHost.NewId());

    private Task<string?> BoughtAsync(Guid customer) =>
        host.QueryAsync<string>("SELECT purchase_count || ':' || trunc(purchase_total) FROM audience WHERE customer_id = @customer", new { customer });

    private Task<long> InAudienceAsync(string tag) => host.QueryAsync<long>("SELECT count(*) FROM audience WHERE profile_version IS NOT NULL AND @tag = ANY(tags)", new { tag });
}

using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

/// <summary>The correctness probe buys, returns and complains every five minutes; no figure may show it.</summary>
public sealed class SyntheticCustomerTests(FeatureStoreHost host) : IClassFixture<FeatureStoreHost>
{
    private static readonly DateTimeOffset Now = new(2024, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly Day = new(2024, 3, 1);

    [Fact]
    public async Task A_customer_of_the_probe_is_in_no_figure_whatever_comes_first()
    {
        var (known, late, real) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();

        // One is told by its tag only after it has bought and complained; the other buys from the probe's source.
        await host.RecordAsync([Sold(late, "shop"), Sold(real, "shop")]);
        await PublishAsync(bus, Case(late));
        await Eventually.Holds(async () => Assert.Equal((1L, 2L), (await SaidAsync(late), await ModelledAsync())));
        await PublishAsync(bus, Registered(late, ["synthetic", "run-1"], "shop"));
        await PublishAsync(bus, new PurchasesRecorded(AnalyticsHost.Ids.Next(), Now, [Sold(known, "crm-probe")]));
        await Eventually.Holds(async () => Assert.Equal(2, await host.ScalarAsync<long>("SELECT count(*) FROM synthetic_customers WHERE customer_id = ANY(@ids)", new { ids = new[] { known, late } })));

        // What comes afterwards does not count either.
        await PublishAsync(bus, Case(known));
        await PublishAsync(bus, Registered(known, ["synthetic"], "crm-probe"));
        await PublishAsync(bus, new PurchasesRecorded(AnalyticsHost.Ids.Next(), Now, [Sold(late, "shop"), Sold(known, "crm-probe")]));
        await PublishAsync(bus, Case(real));
        await Eventually.Holds(async () => Assert.Equal(
            (7L, 1L),
            (await host.ScalarAsync<long>("SELECT count(*) FROM event_log WHERE occurred_at = @Now AND payload::text ~ @any", new { Now, any = $"{known}|{late}|{real}" }), await SaidAsync(real))));

        foreach (var customer in new[] { known, late })
        {
            foreach (var table in new[] { "purchases", "purchase_days", "customers", "customer_features", "basket_lines", "feedback", "registered_customers" })
            {
                Assert.Equal((table, 0L), (table, await host.ScalarAsync<long>($"SELECT count(*) FROM {table} WHERE customer_id = @customer", new { customer })));
            }
        }

        Assert.Equal(1, await ModelledAsync());
        var report = await host.Analyst().PostAsync(AnalyticsHost.Api + "/reports", new { measures = new[] { "netRevenue", "customers" }, from = "2024-01-01", to = "2025-01-01", currency = "PRB" }).OkJsonAsync();
        Assert.Equal((100m, 1m), (report.GetProperty("groups")[0].GetProperty("values")[0].GetDecimal(), report.GetProperty("groups")[0].GetProperty("values")[1].GetDecimal()));
    }

    private static Task PublishAsync<T>(BusProbe bus, T message)
        where T : class => bus.PublishAsync(message, AnalyticsHost.Ids.Next());

    private Task<long> SaidAsync(Guid customer) => host.ScalarAsync<long>("SELECT count(*) FROM feedback WHERE customer_id = @customer", new { customer });

    private Task<long> ModelledAsync() => host.ScalarAsync<long>("SELECT coalesce(sum(customers), 0)::bigint FROM purchase_histogram WHERE currency = 'PRB'");

    private static RecordedPurchase Sold(Guid customer, string source) => AnalyticsHost.Purchase(customer, Day, 100, "PRB") with
    {
        Source = source, Lines = [new RecordedLine(1, "S1", "Item", "Tea", 1, 100, 0, 0, 100, 60, null)],
    };

    private static CaseChanged Case(Guid customer) => new(
        AnalyticsHost.Ids.Next(), Now, AnalyticsHost.Ids.Next(), 1, CaseChange.Opened, "C-1", customer, "complaint", "normal", "open", true, "email", "The tea came broken", null, null, Now, null);

    private static CustomersRegistered Registered(Guid customer, string[] tags, string source) => new(AnalyticsHost.Ids.Next(), Now,
    [
        new CustomerSnapshot
        {
            CustomerId = customer, Version = 1, Source = source, SourceId = customer.ToString(), DisplayName = "Probe", Language = "en", TimeZone = "Asia/Jakarta", Tags = tags,
            LifecycleStage = "customer", RegisteredAt = Now,
        },
    ]);
}

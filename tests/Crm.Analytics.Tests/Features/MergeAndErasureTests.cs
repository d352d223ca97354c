using Crm.Analytics.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;
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

        await Eventually.Holds(async () => Assert.Equal((2L, 0L), (await DaysOfModelAsync(survivor), await DaysOfModelAsync(absorbed))));

        // What was sold to the absorbed before they were one comes late, with its line.
        var late = AnalyticsHost.Purchase(absorbed, day.AddDays(7), 40, "MRG") with { Lines = [new RecordedLine(1, "S1", "Item", "Tea", 1, 40, 0, 0, 40, 25, null)] };
        await host.RecordAsync([late]);
        await Eventually.Holds(async () => Assert.Equal((75m, 0m, 3L, 0L), (await RevenueAsync(survivor), await RevenueAsync(absorbed), await DaysOfModelAsync(survivor), await DaysOfModelAsync(absorbed))));
        Assert.Equal((15m, 0m), (await MarginAsync(survivor), await MarginAsync(absorbed)));
        Assert.Equal(1, await CountedByModelsAsync());

        await bus.PublishAsync(new CustomerUnmerged(AnalyticsHost.Ids.Next(), Now, merge, survivor, absorbed), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal((10m, 65m, 75m), (await RevenueAsync(survivor), await RevenueAsync(absorbed), await TotalAsync())));
        Assert.Equal((1L, 3L, 2L), (await DaysOfModelAsync(survivor), await DaysOfModelAsync(absorbed), await CountedByModelsAsync()));
        Assert.Equal((0m, 15m), (await MarginAsync(survivor), await MarginAsync(absorbed)));
    }

    [Fact]
    public async Task What_a_person_said_is_forgotten_and_how_it_sounded_stays_counted()
    {
        var (planted, customer, request) = ("Zw" + AnalyticsHost.Ids.Next().ToString("N")[20..], AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(AnalyticsDataErased));
        await bus.PublishAsync(
            new CaseChanged(
                AnalyticsHost.Ids.Next(), Now, AnalyticsHost.Ids.Next(), 1, CaseChange.Opened, "C-1", customer, "complaint", "normal", "open", true, "email", "The tea came broken, " + planted, null, null, Now, null),
            AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(1, await SaidAsync(planted)));
        await host.ScalarAsync<long?>(
            """
            INSERT INTO service_tiers (customer_id, tier, set_at, set_by) VALUES (@customer, 1, now(), 'test');
            INSERT INTO alerts (id, kind, subject_type, subject_id, dedup_key, currency, money_at_stake, reason_code, reason_id, reason_en, evidence, formula_version, scan_id, held_out, state, raised_at, raised_day, expires_at)
            VALUES (gen_random_uuid(), 'trend', 'customer', @customer::text, @customer::text, 'IDR', 1, 'x', '', '', '{}', '1', gen_random_uuid(), false, 'open', now(), current_date, now())
            """,
            new { customer });

        await bus.PublishAsync(new ErasureRequested(AnalyticsHost.Ids.Next(), Now, request, [customer]), AnalyticsHost.Ids.Next());
        await Eventually.Holds(() =>
        {
            Assert.Contains(bus.Seen<AnalyticsDataErased>(), erased => erased.RequestId == request);
            return Task.CompletedTask;
        });
        Assert.Equal((0L, 0L), (await SaidAsync(planted), await LoggedAsync(planted)));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM feedback WHERE customer_id = @customer AND label <> ''", new { customer }));
        Assert.Equal(0, await host.ScalarAsync<long>(
            "SELECT (SELECT count(*) FROM alerts WHERE subject_id = @customer::text) + (SELECT count(*) FROM service_tiers WHERE customer_id = @customer)", new { customer }));
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

    [Fact]
    public async Task A_person_is_told_their_figures_and_what_was_found_out_about_them()
    {
        var (customer, other) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        await host.RecordAsync([AnalyticsHost.Purchase(customer, new DateOnly(2024, 3, 1), 10, "TLD"), AnalyticsHost.Purchase(other, new DateOnly(2024, 3, 1), 20, "TLD")]);
        await host.ScalarAsync<long?>(
            """
            INSERT INTO service_tiers (customer_id, tier, set_at, set_by) VALUES (@customer, 1, now(), 'test');
            INSERT INTO alerts (id, kind, subject_type, subject_id, dedup_key, currency, money_at_stake, reason_code, reason_id, reason_en, evidence, formula_version, scan_id, held_out, state, raised_at, raised_day, expires_at)
            VALUES (gen_random_uuid(), 'trend', 'customer', @customer::text, @customer::text, 'IDR', 1, 'x', '', '', '{}', '1', gen_random_uuid(), false, 'open', now(), current_date, now())
            """,
            new { customer });
        var told = await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customer);
        Assert.Equal(10, Assert.Single(told["purchases"]).GetProperty("total").GetDecimal());
        Assert.Equal("trend", Assert.Single(told["alerts"]).GetProperty("kind").GetString());
        Assert.Single(told["service_tiers"]);
        await SubjectExport.AssertClosedAsync(host.GrpcFrom("gateway", Crm.ServiceDefaults.Security.Roles.Ops));
    }

    private Task<decimal> RevenueAsync(Guid customer) => host.ScalarAsync<decimal>("SELECT coalesce(sum(net_revenue), 0) FROM purchase_days WHERE customer_id = @customer", new { customer });

    private Task<long> DaysOfModelAsync(Guid customer) => host.ScalarAsync<long>("SELECT coalesce(sum(purchase_days), 0)::bigint FROM customer_features WHERE customer_id = @customer", new { customer });

    private Task<long> CountedByModelsAsync() => host.ScalarAsync<long>("SELECT sum(customers)::bigint FROM purchase_histogram WHERE currency = 'MRG'");

    private Task<decimal> MarginAsync(Guid customer) => host.ScalarAsync<decimal>("SELECT coalesce(sum(net - cost), 0) FROM net_lines WHERE customer_id = @customer", new { customer });

    private Task<long> SaidAsync(string text) => host.ScalarAsync<long>("SELECT count(*) FROM feedback WHERE text LIKE '%' || @text || '%'", new { text });

    private Task<decimal> TotalAsync() => host.ScalarAsync<decimal>("SELECT sum(net_revenue) FROM purchase_days WHERE currency = 'MRG'");

    private Task<long> LoggedAsync(string text, string type = "") =>
        host.ScalarAsync<long>("SELECT count(*) FROM event_log WHERE payload::text LIKE '%' || @text || '%' AND type LIKE '%' || @type", new { text, type });
}

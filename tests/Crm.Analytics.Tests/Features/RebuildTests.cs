using Crm.Analytics.Persistence;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;
using Dapper;

namespace Crm.Analytics.Tests.Features;

public sealed class RebuildHost : AnalyticsHost;

public sealed class RebuildTests(RebuildHost host) : IClassFixture<RebuildHost>
{
    [Fact]
    public async Task Dropped_projections_come_back_equal_from_the_event_log_and_the_histogram_agrees_with_the_days()
    {
        var random = new Random(64);
        var people = Enumerable.Range(0, 30).Select(_ => AnalyticsHost.Ids.Next()).ToArray();
        var purchases = Enumerable.Range(0, 200).Select(i => AnalyticsHost.Purchase(people[random.Next(people.Length)], new DateOnly(2024, 3, 1).AddDays(random.Next(60)), random.Next(1, 50), i % 9 == 0 ? "USD" : "IDR") with
        {
            Lines = [new RecordedLine(1, $"S{i % 7}", "Item", "Tea", 2, 5, 0, 0, 10, i % 4 == 0 ? null : 6, null)],
        }).ToArray();
        await host.RecordAsync(purchases);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        foreach (var purchase in purchases.Take(25))
        {
            await probe.PublishAsync(AnalyticsHost.Return(purchase, purchase.Total, 0) with { Lines = [new ReturnedLine(1, "S", 1, 5, "broken")] }, AnalyticsHost.Ids.Next());
        }

        await probe.PublishAsync(
            new CampaignAssigned(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, AnalyticsHost.Ids.Next(), "Promo", "email", [new AssignedCustomer(people[0], AssignedGroup.Treated, "A")]), AnalyticsHost.Ids.Next());
        await probe.PublishAsync(
            new ConsentChanged(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, people[0], new ConsentState("email", "profiling", false, DateTimeOffset.UnixEpoch), "1", "form"), AnalyticsHost.Ids.Next());
        await probe.PublishAsync(
            new MessagesSent(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, AnalyticsHost.Ids.Next(), "Promo", "email", [new SentMessage(AnalyticsHost.Ids.Next(), people[0], "id", DateTimeOffset.UnixEpoch)]), AnalyticsHost.Ids.Next());
        await probe.PublishAsync(
            new CaseChanged(
                AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, AnalyticsHost.Ids.Next(), 1, CaseChange.Opened, "C-1", people[0], "complaint", "normal", "open", true, "email", "The tea came broken", null, null,
                DateTimeOffset.UnixEpoch, null),
            AnalyticsHost.Ids.Next());
        await host.Analyst().PostAsync($"{AnalyticsHost.Api}/value-facts", new
        {
            surveys = new[] { new { answerId = AnalyticsHost.Ids.Next(), customerId = people[0], kind = "nps", wave = "a", score = 9, answeredAt = DateTimeOffset.UnixEpoch } },
            costs = new[] { new { costId = AnalyticsHost.Ids.Next(), customerId = people[0], currency = "IDR", day = "2024-03-01", kind = "freight", amount = 4m } },
        }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal((25, 1), (await host.ScalarAsync<long>("SELECT count(*) FROM purchase_returns"), await host.ScalarAsync<long>("SELECT count(*) FROM campaign_assignments"))));

        await Eventually.Holds(async () => Assert.Equal(3, await ContactsAndCasesAsync()));

        // Of two customers who are one, the log still tells of two.
        await probe.PublishAsync(new CustomerMerged(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, AnalyticsHost.Ids.Next(), people[1], people[2]), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM customer_features WHERE customer_id = @id", new { id = people[2] })));

        var before = await SnapshotAsync();
        Assert.Equal(0, await DisagreementsAsync());
        await host.ScalarAsync<long?>("DELETE FROM consents; DELETE FROM messages_sent; DELETE FROM feedback");
        Assert.Equal(0, await ContactsAndCasesAsync());
        var asked = await host.ClientFor(Roles.Ops).PostAsync($"{AnalyticsHost.Api}/projection-rebuilds", new { });
        var job = await host.EndOfAsync(asked.Headers.Location!.ToString());
        Assert.True(job.GetProperty("result").GetProperty("events").GetInt64() >= 31);
        Assert.Equal(before, await SnapshotAsync());
        Assert.Equal(0, await DisagreementsAsync());
        Assert.Equal(3, await ContactsAndCasesAsync());
    }

    private Task<long> ContactsAndCasesAsync() => host.ScalarAsync<long>(
        "SELECT (SELECT count(*) FROM consents WHERE NOT granted) + (SELECT count(*) FROM messages_sent) + (SELECT count(*) FROM feedback WHERE source = 'case')");

    private async Task<string> SnapshotAsync()
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        var tables = new List<string>();
        foreach (var table in Projections.Tables)
        {
            // Cells of the histogram that nobody is in any more are no part of it.
            var which = table == "purchase_histogram" ? "WHERE customers <> 0" : "";
            tables.Add($"{table}: {await connection.ExecuteScalarAsync<string>($"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} AS t {which}")}");
        }

        return string.Join("\n\n", tables);
    }

    /// <summary>Cells that differ between the histogram kept by every event and the one counted anew from all days.</summary>
    private Task<long> DisagreementsAsync() => host.ScalarAsync<long>(
        """
        WITH counted AS (
            SELECT currency, frequency, first_day, last_day, count(*) AS customers FROM (
                SELECT c.customer_id, c.currency, count(*) - 1 AS frequency, min(d.day) AS first_day, max(d.day) AS last_day
                FROM customers c JOIN purchase_days d ON d.customer_id = c.customer_id AND d.currency = c.currency AND d.orders > 0 GROUP BY c.customer_id) f
            GROUP BY 1, 2, 3, 4
        ), kept AS (
            SELECT currency, frequency, first_day, last_day, sum(customers) AS customers FROM purchase_histogram GROUP BY 1, 2, 3, 4 HAVING sum(customers) <> 0
        )
        SELECT count(*) FROM counted FULL JOIN kept USING (currency, frequency, first_day, last_day) WHERE counted.customers IS DISTINCT FROM kept.customers
        """);
}

using Crm.Analytics.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Campaign.Tests.Audience;

[Collection(CampaignCollection.Name)]
public sealed class AudienceTests(CampaignHost host)
{
    /// <summary>By the consumers that keep the audience; others of the service take the same events for purposes of their own.</summary>
    private const string HandledSql =
        "SELECT count(*) FROM inbox WHERE message_id = ANY(@ids) AND consumer NOT IN ('campaign-products-sold', 'campaign-consent-notice')";

    private static readonly DateTimeOffset At = CampaignHost.Registered;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_the_order_and_however_often_events_come_the_audience_ends_the_same(int seed)
    {
        var (tag, customer, open, closed) = (CampaignHost.NewTag(), CampaignHost.NewId(), CampaignHost.NewId(), CampaignHost.NewId());
        var old = CampaignHost.Customer(tag, 1, id: customer) with { City = "Bandung", Consents = [new ConsentState("email", "marketing", true, At)] };
        var current = old with { Version = 5, City = "Medan", Tags = [tag, "vip"] };
        Func<Guid, Task>[] events =
        [
            id => host.Bus.PublishAsync(new CustomersRegistered(id, At, [old]), id),
            id => host.Bus.PublishAsync(new CustomersChanged(id, At, [current]), id),
            id => host.Bus.PublishAsync(new ConsentChanged(id, At, customer, new ConsentState("email", "marketing", false, At.AddHours(1)), "v1", "agent"), id),
            id => host.Bus.PublishAsync(new ConsentChanged(id, At, customer, new ConsentState("sms", "marketing", true, At.AddHours(1)), "v1", "agent"), id),
            id => host.Bus.PublishAsync(new ConsentChanged(id, At, customer, new ConsentState("phone", "service", true, At.AddHours(1)), "v1", "agent"), id),
            id => host.Bus.PublishAsync(new PurchasesRecorded(id, At, [Purchase(customer, 100, 1), Purchase(customer, 50.5m, 3)]), id),
            id => host.Bus.PublishAsync(new PurchasesRecorded(id, At, [Purchase(customer, 20, 2)]), id),
            id => host.Bus.PublishAsync(new PurchaseReturned(id, At, id, id, customer, "shop", "1", At, "IDR", 30, 70, []), id),
            id => host.Bus.PublishAsync(Scored(id, customer, 1, 0.2), id),
            id => host.Bus.PublishAsync(Scored(id, customer, 2, 0.7), id),
            id => host.Bus.PublishAsync(new PointsPosted(id, At, [Journal(customer, 10, 2), Journal(customer, 25, 3)]), id),
            id => host.Bus.PublishAsync(new PointsPosted(id, At, [Journal(customer, 5, 1)]), id),
            id => host.Bus.PublishAsync(new MembersEnrolled(id, At, [new EnrolledMember(id, customer, "M-1", At)]), id),
            id => host.Bus.PublishAsync(Case(id, customer, open, 1, CaseChange.Opened, true), id),
            id => host.Bus.PublishAsync(Case(id, customer, closed, 1, CaseChange.Opened, true), id),
            id => host.Bus.PublishAsync(Case(id, customer, closed, 2, CaseChange.Resolved, false), id),
        ];
        var deliveries = events.Select(send => (Send: send, Id: CampaignHost.NewId())).SelectMany(once => new[] { once, once, once }).ToArray();
        new Random(seed).Shuffle(deliveries);
        foreach (var (send, id) in deliveries) await send(id);

        await Eventually.Holds(async () =>
        {
            var inbox = await host.QueryAsync<long>(HandledSql, new { ids = deliveries.Select(delivery => delivery.Id).Distinct().ToArray() });
            Assert.Equal(events.Length, inbox);
        });
        Assert.Equal(
            $"5|Medan|{tag},vip|f|t|f|3|140.5000|IDR|2026-01-06|2026-01-08|0.7|t|25|1",
            await host.QueryAsync<string>(
                """
                SELECT concat_ws('|', profile_version, city, array_to_string(tags, ','), consent_email, consent_sms, consent_phone, purchase_count, purchase_total, purchase_currency,
                    (first_purchased_at AT TIME ZONE 'UTC')::date, (last_purchased_at AT TIME ZONE 'UTC')::date, p_alive, is_member, points, open_cases)
                FROM audience WHERE customer_id = @customer
                """,
                new { customer }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Purchases_and_products_are_kept_net_of_returns_whatever_comes_first(int seed)
    {
        var (customer, first, second) = (CampaignHost.NewId(), CampaignHost.NewId(), CampaignHost.NewId());
        Func<Guid, Task>[] events =
        [
            id => host.Bus.PublishAsync(new PurchasesRecorded(id, At, [Bought(customer, first, 1, Line(1, "TEH", "minuman", 3, 30), Line(2, "GULA", "bahan", 1, 12))]), id),
            id => host.Bus.PublishAsync(new PurchasesRecorded(id, At, [Bought(customer, second, 4, Line(1, "TEH", "teh", 2, 24))]), id),
            id => host.Bus.PublishAsync(new PurchaseReturned(id, At, id, first, customer, "shop", "1", At, "IDR", 10, 32, [new ReturnedLine(1, "TEH", 1, 10, "rusak")]), id),
            id => host.Bus.PublishAsync(new PurchaseReturned(id, At, id, first, customer, "shop", "1", At, "IDR", 12, 20, [new ReturnedLine(2, "GULA", 1, 12, "rusak")]), id),
        ];
        var deliveries = events.Select(send => (Send: send, Id: CampaignHost.NewId())).SelectMany(once => new[] { once, once }).ToArray();
        new Random(seed).Shuffle(deliveries);
        foreach (var (send, id) in deliveries) await send(id);

        await Eventually.Holds(async () => Assert.Equal(
            events.Length,
            await host.QueryAsync<long>(HandledSql, new { ids = deliveries.Select(delivery => delivery.Id).Distinct().ToArray() })));
        Assert.Equal(
            ["2026-01-06|IDR|20.0000|GULA,TEH", "2026-01-09|IDR|24.0000|TEH"],
            await host.ListAsync<string>(
                """
                SELECT concat_ws('|', (purchased_at AT TIME ZONE 'UTC')::date, currency, total, array_to_string(skus, ',')) FROM audience_purchases
                WHERE customer_id = @customer ORDER BY purchased_at
                """,
                new { customer }));
        Assert.Equal(
            ["GULA|bahan|0.0000|0.0000|2026-01-06|2026-01-06", "TEH|teh|4.0000|44.0000|2026-01-06|2026-01-09"],
            await host.ListAsync<string>(
                """
                SELECT concat_ws('|', sku, category, quantity, total, (first_at AT TIME ZONE 'UTC')::date, (last_at AT TIME ZONE 'UTC')::date)
                FROM audience_products WHERE customer_id = @customer ORDER BY sku
                """,
                new { customer }));
        Assert.Equal("44.0000|2", await host.QueryAsync<string>("SELECT concat_ws('|', purchase_total, purchase_total_count) FROM audience WHERE customer_id = @customer", new { customer }));
    }

    [Fact]
    public async Task Address_preferences_and_custom_fields_of_the_newest_profile_are_kept()
    {
        var (tag, customer) = (CampaignHost.NewTag(), CampaignHost.NewId());
        var snapshot = CampaignHost.Customer(tag, 1, id: customer) with
        {
            Street = "Jl. Braga 1",
            PostalCode = "40111",
            Country = "ID",
            Preferences = [new PreferenceState("colour", ["blue", "green"])],
            CustomFields =
            [
                new CustomFieldState("nickname", Text: "2026-02-31"), new CustomFieldState("shoeSize", Number: 42.5m),
                new CustomFieldState("renewal", Date: new DateOnly(2026, 2, 28)), new CustomFieldState("owner", Flag: false),
            ],
        };
        await host.RegisterAsync(tag, 1, _ => snapshot);

        Assert.Equal(
            """Jl. Braga 1|40111|ID|{"colour": ["blue", "green"]}|{"owner": {"flag": false}, "renewal": {"date": "2026-02-28"}, "nickname": {"text": "2026-02-31"}, "shoeSize": {"number": 42.5}}""",
            await host.QueryAsync<string>("SELECT concat_ws('|', street, postal_code, country, preferences, custom_fields) FROM audience WHERE customer_id = @customer", new { customer }));
    }

    private static RecordedPurchase Bought(Guid customer, Guid id, int day, params RecordedLine[] lines) =>
        new(id, customer, "shop", id.ToString(), At.AddDays(day), "IDR", lines.Sum(line => line.Net), lines);

    private static RecordedLine Line(int number, string sku, string category, decimal quantity, decimal net) =>
        new(number, sku, sku, category, quantity, net / quantity, 0, 0, net, null, null);

    private static RecordedPurchase Purchase(Guid customer, decimal total, int day) =>
        new(CampaignHost.NewId(), customer, "shop", CampaignHost.NewId().ToString(), At.AddDays(day), "IDR", total, []);

    private static CustomersScored Scored(Guid id, Guid customer, int hour, double alive) =>
        new(id, At, "bgnbd-1", At.AddHours(hour), At, [new CustomerScore(customer, 5, 4, 3, alive, 1.5, 364, 900, "IDR", 0.9)]);

    private static PostedJournal Journal(Guid customer, long after, long version) =>
        new(CampaignHost.NewId(), CampaignHost.NewId(), customer, "earn", 5, after, version, "purchase:shop:1", At);

    private static CaseChanged Case(Guid id, Guid customer, Guid caseId, long version, CaseChange change, bool isOpen) =>
        new(id, At, caseId, version, change, "CASE-1", customer, "question", "normal", isOpen ? "new" : "resolved", isOpen, "phone", "s", null, null, At, null);
}

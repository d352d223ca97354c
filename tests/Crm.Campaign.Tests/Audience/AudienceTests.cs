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
            var inbox = await host.QueryAsync<long>("SELECT count(*) FROM inbox WHERE message_id = ANY(@ids)", new { ids = deliveries.Select(delivery => delivery.Id).Distinct().ToArray() });
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

    private static RecordedPurchase Purchase(Guid customer, decimal total, int day) =>
        new(CampaignHost.NewId(), customer, "shop", CampaignHost.NewId().ToString(), At.AddDays(day), "IDR", total, []);

    private static CustomersScored Scored(Guid id, Guid customer, int hour, double alive) =>
        new(id, At, "bgnbd-1", At.AddHours(hour), At, [new CustomerScore(customer, 5, 4, 3, alive, 1.5, 364, 900, "IDR", 0.9)]);

    private static PostedJournal Journal(Guid customer, long after, long version) =>
        new(CampaignHost.NewId(), CampaignHost.NewId(), customer, "earn", 5, after, version, "purchase:shop:1", At);

    private static CaseChanged Case(Guid id, Guid customer, Guid caseId, long version, CaseChange change, bool isOpen) =>
        new(id, At, caseId, version, change, "CASE-1", customer, "question", "normal", isOpen ? "new" : "resolved", isOpen, "phone", "s", null, null, At, null);
}

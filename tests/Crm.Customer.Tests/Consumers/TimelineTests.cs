using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Consumers;

public sealed class TimelineTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task Events_of_all_services_shuffled_and_repeated_make_one_ordered_timeline()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Everything" });
        var start = Instant("2025-03-01T08:00:00Z");
        var (caseId, campaign, member, delivery) = (NewId(), NewId(), NewId(), NewId());
        DateTimeOffset At(int hour) => start.AddHours(hour);
        CaseChanged Case(int hour, long version, CaseChange change) => new(
            NewId(), At(hour), caseId, version, change, "CASE-1", id, "Question", "normal", "New", true, "email", "Broken cup", null, null, start, null);
        var publications = new List<Func<Task>>();
        void Tell<T>(T message)
            where T : class
        {
            var messageId = NewId();
            for (var copy = 0; copy < 3; copy++) publications.Add(() => host.Bus.PublishAsync(message, messageId));
        }

        var purchases = Purchases(At(2), id);
        Tell(new MembersEnrolled(NewId(), At(1), [new EnrolledMember(member, id, "M-1", At(1))]));
        Tell(purchases);
        Tell(new PointsPosted(NewId(), At(3), [new PostedJournal(NewId(), member, id, "earn", 150, 150, 1, "purchase:shop:1", At(3))]));
        Tell(Case(4, 1, CaseChange.Opened));
        Tell(Case(5, 2, CaseChange.Resolved));
        Tell(new MessagesSent(NewId(), At(6), campaign, "Ramadan", "email", [new SentMessage(delivery, id, "id", At(6))]));
        Tell(new CampaignResponded(NewId(), At(7), campaign, "Ramadan", delivery, id, "email", ResponseKind.Clicked, "https://example.com/"));
        Tell(new PurchaseReturned(
            NewId(), At(8), NewId(), purchases.Purchases[0].PurchaseId, id, "shop", "1", At(8), "IDR", 75_000m, 75_000m, [new ReturnedLine(1, "SKU-1", 1, 75_000m, "broken")]));
        var shuffled = publications.ToArray();
        new Random(7).Shuffle(shuffled);
        foreach (var publish in shuffled) await publish();

        await Eventually.Holds(async () => Assert.Equal(
            [
                "purchase.returned", "message.clicked", "message.sent", "case.resolved", "case.opened", "points.earned", "purchase.recorded", "loyalty.enrolled",
            ],
            (await HistoryAsync(id)).Select(entry => entry.GetProperty("kind").GetString())));
        await Eventually.Holds(async () => Assert.Equal("New", await StageAsync(id)));
        foreach (var queue in new[] { "purchases-recorded", "case-changed", "points-posted", "members-enrolled", "messages-sent", "campaign-responded", "purchase-returned" })
        {
            await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("customer-" + queue)));
        }

        Assert.Equal(8, (await HistoryAsync(id)).Count);
        var recorded = (await HistoryAsync(id)).Single(entry => entry.GetProperty("kind").GetString() == "purchase.recorded");
        Assert.Equal(("timeline.purchase.recorded", "sales", "150000"), (
            recorded.GetProperty("summaryKey").GetString(), recorded.GetProperty("sourceService").GetString(), recorded.GetProperty("args").GetProperty("total").GetString()));
    }

    [Fact]
    public async Task A_promise_that_was_not_kept_stands_where_it_was_due_and_once()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Waited" });
        var breached = new CaseClockBreached(
            NewId(), Instant("2025-03-01T12:00:00Z"), NewId(), "CASE-2025-000007", id, "FirstResponse", 1, "High", "sari", Instant("2025-03-01T09:00:00Z"), true);
        await host.Bus.PublishAsync(breached, NewId());
        await host.Bus.PublishAsync(breached with { EventId = NewId() }, NewId());
        await host.Bus.PublishAsync(breached with { EventId = NewId(), Clock = "Resolution", DueAt = Instant("2025-03-01T11:00:00Z") }, NewId());
        await Eventually.Holds(async () => Assert.Equal(
            [("case.breached", "Resolution", breached.DueAt.AddHours(2)), ("case.breached", "FirstResponse", breached.DueAt)],
            (await HistoryAsync(id)).Select(entry => (
                entry.GetProperty("kind").GetString(), entry.GetProperty("args").GetProperty("clock").GetString(), entry.GetProperty("occurredAt").GetDateTimeOffset()))));
    }

    [Fact]
    public async Task A_rebuilt_event_with_another_message_id_is_the_same_entry()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Replayed" });
        var enrolled = new MembersEnrolled(NewId(), Instant("2025-01-01T00:00:00Z"), [new EnrolledMember(NewId(), id, "M-2", Instant("2025-01-01T00:00:00.1234567Z"))]);
        await host.Bus.PublishAsync(enrolled, NewId());
        await host.Bus.PublishAsync(enrolled, NewId());
        var marker = new MembersEnrolled(NewId(), enrolled.OccurredAt, [new EnrolledMember(NewId(), id, "M-3", Instant("2025-01-02T00:00:00Z"))]);
        await host.Bus.PublishAsync(marker, NewId());

        await Eventually.Holds(async () => Assert.Equal(["M-3", "M-2"], (await HistoryAsync(id)).Select(Number)));
        await Eventually.Holds(async () => Assert.Equal(3L, await InboxAsync()));
        Assert.Equal(["M-3", "M-2"], (await HistoryAsync(id)).Select(Number));

        static string? Number(JsonElement entry) => entry.GetProperty("args").GetProperty("memberNumber").GetString();
        async Task<long> InboxAsync()
        {
            await using var command = host.Database.CreateCommand("SELECT count(*) FROM inbox WHERE consumer = 'customer-members-enrolled' AND processed_at > now() - interval '1 hour'");
            return Math.Min(3L, (long)(await command.ExecuteScalarAsync())!);
        }
    }

    [Fact]
    public async Task Pages_of_the_timeline_follow_one_another_without_gap_or_repetition()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Long story" });
        var at = Instant("2024-05-05T05:05:05Z"); // all at the same instant: the id decides
        await host.Bus.PublishAsync(Purchases(at, [.. Enumerable.Repeat(id, 25)]), NewId());
        await Eventually.Holds(async () => Assert.Equal(25, (await host.TimelineAsync(id)).Count(entry => entry.GetProperty("kind").GetString() == "purchase.recorded")));

        var read = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await host.GetAsync($"{Customers}/{id}/timeline?limit=4" + (cursor is null ? "" : $"&cursor={cursor}"));
            read.AddRange(page.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("entryId").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal((await host.TimelineAsync(id)).Select(entry => entry.GetProperty("entryId").GetGuid()), read);
        Assert.Equal(read.Count, read.Distinct().Count());
    }

    [Fact]
    public async Task Buying_makes_a_prospect_new_and_buying_again_active_with_the_reason()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Buyer" });
        await host.Bus.PublishAsync(Purchases(Instant("2025-06-01T00:00:00Z"), id), NewId());
        await Eventually.Holds(async () => Assert.Equal("New", await StageAsync(id)));
        await host.Bus.PublishAsync(Purchases(Instant("2025-07-01T00:00:00Z"), id), NewId());
        await Eventually.Holds(async () => Assert.Equal("Active", await StageAsync(id)));
        await host.Bus.PublishAsync(Purchases(Instant("2025-08-01T00:00:00Z"), id), NewId());
        await Eventually.Holds(async () => Assert.Equal(3, (await host.TimelineAsync(id)).Count(entry => entry.GetProperty("kind").GetString() == "purchase.recorded")));

        var moves = (await host.TimelineAsync(id)).Where(entry => entry.GetProperty("kind").GetString() == "customer.lifecycle_changed").Select(entry => entry.GetProperty("args"));
        Assert.Equal(
            [("New", "Active", "2"), ("Prospect", "New", "1")],
            moves.Select(args => (args.GetProperty("from").GetString(), args.GetProperty("to").GetString(), args.GetProperty("purchases").GetString())));
        await Eventually.Holds(() =>
        {
            Assert.Equal([(1L, "Prospect"), (2L, "New"), (3L, "Active")], host.Snapshots(id).Select(snapshot => (snapshot.Version, snapshot.LifecycleStage)));
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("email", "sms")]
    [InlineData("whatsapp", "sms")]
    [InlineData("webhook", "push")]
    public async Task Who_unsubscribes_withdraws_the_consent_of_that_channel_and_no_other(string channel, string other)
    {
        var id = await host.RegisterIdAsync(new
        {
            displayName = "Tired",
            consents = new[]
            {
                new { channel, purpose = "marketing", granted = true, noticeVersion = "1" },
                new { channel = other, purpose = "marketing", granted = true, noticeVersion = "1" },
            },
        });
        var unsubscribed = new CampaignResponded(NewId(), TimeProvider.System.GetUtcNow().AddSeconds(1), NewId(), "Sale", NewId(), id, channel, ResponseKind.Unsubscribed, null);
        await host.Bus.PublishAsync(unsubscribed, NewId());

        await Eventually.Holds(() =>
        {
            var changed = Assert.Single(host.Bus.Seen<ConsentChanged>(), message => message.CustomerId == id);
            Assert.Equal((channel, "marketing", false, "unsubscribe"), (changed.Consent.Channel, changed.Consent.Purpose, changed.Consent.Granted, changed.CaptureSource));
            return Task.CompletedTask;
        });
        var consents = (await host.GetAsync($"{Customers}/{id}")).GetProperty("consents").EnumerateArray();
        Assert.Equal(
            new[] { (channel, false), (other, true) }.Order(),
            consents.Select(consent => (consent.GetProperty("channel").GetString()!, consent.GetProperty("granted").GetBoolean())).Order());
        Assert.Equal(["consent.withdrawn", "message.unsubscribed"], (await host.TimelineAsync(id)).Take(2).Select(entry => entry.GetProperty("kind").GetString()).Order());
    }

    [Fact]
    public async Task A_note_is_on_the_timeline_with_its_author()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Noted" });
        await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = "Call after 5 pm\nnot before" }).OkJsonAsync();
        var note = (await host.TimelineAsync(id))[0];
        Assert.Equal(("note.added", "Call after 5 pm\nnot before", "Test Person"), (
            note.GetProperty("kind").GetString(), note.GetProperty("args").GetProperty("text").GetString(), note.GetProperty("args").GetProperty("author").GetString()));
        Assert.Equal((400, "customer.note_empty", "text"), await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = " " }).ProblemAsync());
        Assert.Equal((404, "customer.not_found", null), await host.Rep().PostAsync($"{Customers}/{NewId()}/notes", new { text = "a" }).ProblemAsync());
    }

    /// <summary>The timeline without what Customer itself wrote now.</summary>
    private async Task<List<JsonElement>> HistoryAsync(Guid id) =>
        [.. (await host.TimelineAsync(id)).Where(entry => entry.GetProperty("sourceService").GetString() != "customer")];

    private async Task<string?> StageAsync(Guid id) => (await host.GetAsync($"{Customers}/{id}")).GetProperty("lifecycleStage").GetString();
}

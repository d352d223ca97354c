using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

[Collection(CampaignCollection.Name)]
public sealed class JourneyTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await host.EndAllAsync();
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task A_welcome_is_sent_once_and_who_buys_in_time_reaches_the_goal()
    {
        var tag = CampaignHost.NewTag();
        var (greeting, reminder) = (await host.CreateTextAsync(tag), await host.CreateTextAsync(tag));
        var journey = await host.StartJourneyAsync(tag, Definition(
            $$"""{"on":"customerRegistered","criteria":{{Tagged(tag)}}}""", "hello", Send("hello", greeting, "buys"),
            """{"id":"buys","kind":"waitUntil","event":"purchaseRecorded","days":7,"next":"bought","otherwise":"remind"}""",
            Send("remind", reminder, "x"), """{"id":"bought","kind":"goal"}""", Exit));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var customers = await RegisterNowAsync(tag, 2);
        var (buyer, other) = (customers[0].CustomerId, customers[1].CustomerId);
        await Eventually.Holds(async () => Assert.Equal(2, await host.WaitingAtAsync(journey, "buys")));

        await BuyAsync(buyer, Now.AddDays(-2)); // before the registration: not what is waited for
        await BuyAsync(buyer, Now.AddMinutes(1));
        await host.WentAsync(journey, buyer, "hello:planned buys:happened bought:goal");
        Assert.Equal("hello:planned", await host.WayAsync(journey, other));
        await host.LetWaitEndAsync(journey, "buys");
        await host.WentAsync(journey, other, "hello:planned buys:timed_out remind:planned x:exit");

        await Eventually.Holds(() =>
        {
            Assert.Equal(3, relay.MessageIds().Count);
            return Task.CompletedTask;
        });
        await host.CountsAgreeAsync(journey);
        var counts = await host.Marketer.GetAsync($"{Route}/{journey}/counts").OkJsonAsync();
        Assert.Equal((2, 0, 2), (counts.GetProperty("entered").GetInt64(), counts.GetProperty("waiting").GetInt64(), counts.GetProperty("left").GetInt64()));
    }

    [Fact]
    public async Task Branches_splits_tags_and_cases_take_everybody_their_way()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition(
            Manual(tag), "who",
            """{"id":"who","kind":"branch","branches":[{"criteria":{"field":"city","op":"eq","value":"Medan"},"next":"label"},{"criteria":{"field":"language","op":"eq","value":"id"},"next":"ask"}],"otherwise":"half"}""",
            """{"id":"label","kind":"tag","add":["north"],"next":"x"}""",
            """{"id":"ask","kind":"case","type":"question","priority":"high","subject":"Call them","next":"x"}""",
            """{"id":"half","kind":"split","paths":[{"percent":50,"next":"x"},{"percent":50,"next":"y"}]}""",
            Exit, """{"id":"y","kind":"exit"}"""));
        var customers = await host.RegisterAsync(tag, 6, number => CampaignHost.Customer(tag, number) with { City = number < 2 ? "Medan" : "Bandung" });
        var ids = customers.Select(customer => customer.CustomerId).ToArray();

        Assert.Equal(6, await host.EnterAsync(journey, ids));
        Assert.Equal(0, await host.EnterAsync(journey, ids));
        Assert.Equal(6, await host.EnterAsync(journey, ids, "again"));
        Assert.Equal(0, await host.EnterAsync(journey, [CampaignHost.NewId()]));

        foreach (var id in ids[..2]) await host.WentAsync(journey, id, "who:branch:0 label:tagged x:exit who:branch:0 label:tagged x:exit");
        await host.WentAsync(journey, ids[2], "who:branch:1 ask:case_requested x:exit who:branch:1 ask:case_requested x:exit");
        await Eventually.Holds(async () => Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND state = 'waiting'", new { journey })));
        var ways = new[] { await host.WayAsync(journey, ids[3]), await host.WayAsync(journey, ids[5]) };
        Assert.All(ways, way => Assert.Matches("^(who:otherwise half:path:(x|y) (x|y):exit) \\1$", way));
        await host.CountsAgreeAsync(journey);

        await Eventually.Holds(() =>
        {
            var labelled = host.Bus.Seen<TagChangesRequested>().Where(message => message.JourneyId == journey).ToArray();
            Assert.Equal(ids[..2].Order(), labelled.SelectMany(message => message.CustomerIds).Distinct().Order());
            Assert.All(labelled, message => Assert.Equal(["north"], message.Add));
            var cases = host.Bus.Seen<CasesRequested>().Where(message => message.JourneyId == journey).SelectMany(message => message.Cases).ToArray();
            Assert.Equal(4, cases.Length);
            Assert.Equal(4, cases.Select(request => request.RequestId).Distinct().Count());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task An_event_before_its_customer_enters_when_the_profile_has_come_and_an_old_event_never()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition(
            $$"""{"on":"purchaseRecorded","criteria":{{Tagged(tag)}}}""", "later", """{"id":"later","kind":"wait","days":1,"next":"x"}""", Exit));
        var (early, old) = (CampaignHost.NewId(), CampaignHost.NewId());
        await BuyAsync(early, Now);
        await BuyAsync(old, Now.AddDays(-30));
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM journey_pending WHERE journey_id = @journey", new { journey })));

        await host.RegisterAsync(tag, 2, number => CampaignHost.Customer(tag, number, id: number == 0 ? early : old));

        await Eventually.Holds(async () => Assert.Equal([early], await host.ListAsync<Guid>("SELECT customer_id FROM journey_entries WHERE journey_id = @journey", new { journey })));
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM journey_pending WHERE journey_id = @journey", new { journey }));
    }

    [Fact]
    public async Task A_tag_that_is_added_and_a_case_that_is_closed_begin_a_journey_and_who_may_not_come_back_does_not()
    {
        var tag = CampaignHost.NewTag();
        var never = """{"rule":"never"}""";
        string Once(string trigger) => Definition(trigger, "later", """{"id":"later","kind":"wait","days":1,"next":"x"}""", Exit).Replace("""{"rule":"always"}""", never, StringComparison.Ordinal);
        var tagged = await host.StartJourneyAsync(tag, Once($$"""{"on":"tagAdded","tag":"{{tag}}-vip"}"""));
        var closed = await host.StartJourneyAsync(tag, Once($$"""{"on":"caseClosed","criteria":{{Tagged(tag)}}}"""));
        var customers = await RegisterNowAsync(tag, 2);
        var (vip, plain) = (customers[0], customers[1]);
        for (var version = 2; version < 6; version++)
        {
            // Comes and goes twice.
            var changed = vip with { Version = version, Tags = version % 2 == 0 ? [tag, $"{tag}-vip"] : [tag] };
            await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, [changed, plain with { Version = version }]), CampaignHost.NewId());
            var caseId = CampaignHost.NewId();
            await host.Bus.PublishAsync(
                new CaseChanged(
                    CampaignHost.NewId(), Now, caseId, 2, CaseChange.Resolved, "CASE-1", plain.CustomerId, "question", "normal", "resolved", false, "phone",
                    "s", null, null, Now, Now),
                CampaignHost.NewId());
        }

        await Eventually.Holds(async () => Assert.Equal(5, await host.QueryAsync<long>("SELECT profile_version FROM audience WHERE customer_id = @CustomerId", new { vip.CustomerId })));
        await Eventually.Holds(async () => Assert.Equal([vip.CustomerId], await host.ListAsync<Guid>("SELECT customer_id FROM journey_entries WHERE journey_id = @tagged", new { tagged })));
        await Eventually.Holds(async () => Assert.Equal([plain.CustomerId], await host.ListAsync<Guid>("SELECT customer_id FROM journey_entries WHERE journey_id = @closed", new { closed })));
    }

    [Fact]
    public async Task Pausing_stops_timers_and_messages_and_going_on_loses_nothing()
    {
        var tag = CampaignHost.NewTag();
        var template = await host.CreateTextAsync(tag);
        var journey = await host.StartJourneyAsync(tag, Definition(
            Manual(tag), "wait", """{"id":"wait","kind":"wait","days":1,"next":"send"}""", Send("send", template, "x"), Exit));
        var ids = (await host.RegisterAsync(tag, 3)).Select(customer => customer.CustomerId).ToArray();
        await host.EnterAsync(journey, ids);
        await Eventually.Holds(async () => Assert.Equal(3, await host.WaitingAtAsync(journey, "wait")));

        Assert.Equal("paused", (await host.ActOnJourneyAsync(journey, "pause")).GetProperty("state").GetString());
        await host.ListAsync<int>("UPDATE journey_entries SET due_at = now() WHERE journey_id = @journey RETURNING 1", new { journey });
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PostAsync($"{Route}/{journey}/entries", new { customerIds = ids }).ProblemAsync());
        var campaign = await host.QueryAsync<Guid>("SELECT campaign_id FROM journey_sends WHERE journey_id = @journey", new { journey });
        Assert.Equal("paused", (await host.StatisticsAsync(campaign)).GetProperty("state").GetString());

        // Another journey's timers run meanwhile, so the worker has looked.
        var other = await host.StartJourneyAsync(tag, Definition(Manual(tag), "x", Exit));
        await host.EnterAsync(other, ids[..1]);
        await host.WentAsync(other, ids[0], "x:exit");
        Assert.Equal("", await host.WayAsync(journey, ids[0]));

        await host.ActOnJourneyAsync(journey, "activate");
        foreach (var id in ids) await host.WentAsync(journey, id, "wait:passed send:planned x:exit");
        Assert.Equal(3, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign", new { campaign }));
        Assert.Equal(1, await host.QueryAsync<int>("SELECT published FROM journeys WHERE id = @journey", new { journey }));
    }

    [Fact]
    public async Task Contacts_finish_on_their_version_unless_they_are_migrated()
    {
        var tag = CampaignHost.NewTag();
        string Version(string label, string at = "wait") => Definition(
            Manual(tag), at, $$"""{"id":"{{at}}","kind":"wait","days":1,"next":"label"}""", $$"""{"id":"label","kind":"tag","add":["{{label}}"],"next":"x"}""", Exit);
        var journey = await host.StartJourneyAsync(tag, Version("one"));
        var ids = (await host.RegisterAsync(tag, 3)).Select(customer => customer.CustomerId).ToArray();
        await host.EnterAsync(journey, [ids[0]]);
        await Eventually.Holds(async () => Assert.Equal(1, await host.WaitingAtAsync(journey, "wait")));

        await ChangeAsync(journey, Version("two"));
        await host.EnterAsync(journey, [ids[1]]); // changed, not published
        await host.ActOnJourneyAsync(journey, "activate");
        await host.EnterAsync(journey, [ids[2]]);
        await Eventually.Holds(async () => Assert.Equal(3, await host.WaitingAtAsync(journey, "wait")));
        Assert.Equal([1, 1, 2], await VersionsAsync());
        Assert.Equal((409, "campaign.journey_unchanged", "state"), await host.Marketer.PostAsync($"{Route}/{journey}/activate", new { }).ProblemAsync());

        var moved = await host.Marketer.PostAsync($"{Route}/{journey}/migrate", new { fromVersion = 1 }).OkJsonAsync();
        Assert.Equal((2, 0), (moved.GetProperty("moved").GetInt64(), moved.GetProperty("kept").GetInt64()));
        Assert.Equal([2, 2, 2], await VersionsAsync());

        // The node is not in the third version: they stay.
        await ChangeAsync(journey, Version("three", "elsewhere"));
        await host.ActOnJourneyAsync(journey, "activate");
        moved = await host.Marketer.PostAsync($"{Route}/{journey}/migrate", new { fromVersion = 2 }).OkJsonAsync();
        Assert.Equal((0, 3), (moved.GetProperty("moved").GetInt64(), moved.GetProperty("kept").GetInt64()));
        await host.LetWaitEndAsync(journey, "wait");
        foreach (var id in ids) await host.WentAsync(journey, id, "wait:passed label:tagged x:exit");
        await Eventually.Holds(() =>
        {
            Assert.Equal(3, host.Bus.Seen<TagChangesRequested>().Where(message => message.JourneyId == journey && message.Add.Contains("two")).Sum(message => message.CustomerIds.Count));
            return Task.CompletedTask;
        });
        await host.CountsAgreeAsync(journey);

        Task<IReadOnlyList<int>> VersionsAsync() => host.ListAsync<int>("SELECT version FROM journey_entries WHERE journey_id = @journey ORDER BY version", new { journey });
    }

    [Fact]
    public async Task Ending_lets_everybody_go()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition(Manual(tag), "wait", """{"id":"wait","kind":"wait","days":1,"next":"x"}""", Exit));
        await host.EnterAsync(journey, (await host.RegisterAsync(tag, 3)).Select(customer => customer.CustomerId));
        await Eventually.Holds(async () => Assert.Equal(3, await host.WaitingAtAsync(journey, "wait")));

        await host.ActOnJourneyAsync(journey, "end");

        await Eventually.Holds(async () => Assert.Equal(3, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND state = 'ended'", new { journey })));
        await host.CountsAgreeAsync(journey);
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PostAsync($"{Route}/{journey}/activate", new { }).ProblemAsync());
    }

    [Fact]
    public async Task Criteria_that_are_waited_for_wake_with_the_event_that_fulfils_them()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition(
            Manual(tag), "two", """{"id":"two","kind":"waitUntil","criteria":{"field":"purchaseCount","op":"gte","value":2},"days":9,"next":"x","otherwise":"y"}""", Exit, """{"id":"y","kind":"exit"}"""));
        var ids = (await host.RegisterAsync(tag, 2)).Select(customer => customer.CustomerId).ToArray();
        await host.EnterAsync(journey, ids);
        await Eventually.Holds(async () => Assert.Equal(2, await host.WaitingAtAsync(journey, "two")));

        await BuyAsync(ids[0], Now.AddMinutes(1));
        await BuyAsync(ids[0], Now.AddMinutes(2));

        await host.WentAsync(journey, ids[0], "two:happened x:exit");
        await host.ListAsync<int>("UPDATE journey_entries SET node_since = now() - interval '10 days', due_at = now() WHERE journey_id = @journey AND state = 'waiting' RETURNING 1", new { journey });
        await host.WentAsync(journey, ids[1], "two:timed_out y:exit");
    }

    private async Task ChangeAsync(Guid journey, string definition)
    {
        var current = await host.Marketer.GetAsync($"{Route}/{journey}").OkJsonAsync();
        await host.Marketer.PutAsync($"{Route}/{journey}", Body("changed", definition), current.GetProperty("version").GetInt64()).OkJsonAsync();
    }

    private Task<IReadOnlyList<CustomerSnapshot>> RegisterNowAsync(string tag, int count) =>
        host.RegisterAsync(tag, count, number => CampaignHost.Customer(tag, number) with { RegisteredAt = Now });

    private Task BuyAsync(Guid customer, DateTimeOffset at) => host.Bus.PublishAsync(
        new PurchasesRecorded(CampaignHost.NewId(), at, [new RecordedPurchase(CampaignHost.NewId(), customer, "shop", CampaignHost.NewId().ToString(), at, "IDR", 100, [])]),
        CampaignHost.NewId());
}

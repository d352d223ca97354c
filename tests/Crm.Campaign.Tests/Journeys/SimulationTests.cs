using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

[Collection(CampaignCollection.Name)]
public sealed class SimulationTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.EndAllAsync();

    [Fact]
    public async Task The_past_is_replayed_with_consent_caps_and_goals_and_nothing_happens()
    {
        var tag = CampaignHost.NewTag();
        var template = await host.CreateTextAsync(tag);
        var journey = await host.CreateJourneyAsync(tag, Definition(
            $$"""{"on":"purchaseRecorded","criteria":{{Tagged(tag)}}}""", "thanks", Send("thanks", template, "again"),
            """{"id":"again","kind":"waitUntil","event":"purchaseRecorded","days":10,"next":"bought","otherwise":"remind"}""",
            Send("remind", template, "x"), """{"id":"bought","kind":"exit"}""", Exit));
        var customers = await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, number, consent: number != 2));
        var today = new DateTimeOffset(Now.UtcDateTime.Date, TimeSpan.Zero);
        DateTimeOffset Ago(int days) => today.AddDays(-days).AddHours(5);
        // Twice within the ten days and within the cap's week; once; once without consent; and one before the window.
        await BuyAsync((customers[0], Ago(60)), (customers[0], Ago(57)), (customers[1], Ago(40)), (customers[2], Ago(30)), (customers[1], Ago(200)), (customers[1], Ago(5)));

        var result = (await SimulateAsync(journey, new { months = 3, capMessages = 1, capDays = 7 })).GetProperty("result");

        Assert.Equal((3, 5), (result.GetProperty("contacts").GetInt64(), result.GetProperty("entries").GetInt64()));
        Assert.Equal(1, result.GetProperty("entriesPerDay").GetProperty($"{today.AddDays(-57):yyyy-MM-dd}").GetInt64());
        // Thanks: at -60 sent, -57 capped, -40 sent, -30 without consent, -5 sent. Reminders: -47 and -30 sent, -20 without consent; one still waits.
        Assert.Equal("passed 5, waiting 0, left 0, messages 3, capped 1, no_consent 1", Describe(result, "thanks"));
        Assert.Equal("passed 3, waiting 0, left 0, messages 2, capped 0, no_consent 1", Describe(result, "remind"));
        Assert.Equal("passed 4, waiting 1, left 0, messages 0, capped 0, no_consent 0", Describe(result, "again"));
        Assert.Equal("passed 0, waiting 0, left 1, messages 0, capped 0, no_consent 0", Describe(result, "bought"));
        var email = Assert.Single(result.GetProperty("channels").EnumerateArray());
        Assert.Equal(("email", 5, 1), (email.GetProperty("channel").GetString(), email.GetProperty("messages").GetInt64(), email.GetProperty("capCollisions").GetInt64()));
        Assert.Contains(result.GetProperty("assumptions").EnumerateArray(), assumption => assumption.GetProperty("code").GetString() == "present_state");
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey", new { journey }));

        // The same question has the same answer.
        Assert.Equal(result.GetRawText(), (await SimulateAsync(journey, new { months = 3, capMessages = 1, capDays = 7 })).GetProperty("result").GetRawText());
    }

    [Fact]
    public async Task Simulated_entries_are_those_that_the_running_journey_takes()
    {
        var tag = CampaignHost.NewTag();
        var definition = Definition($$"""{"on":"purchaseRecorded","criteria":{{Tagged(tag)}}}""", "half",
            """{"id":"half","kind":"split","paths":[{"percent":50,"next":"x"},{"percent":50,"next":"y"}]}""", Exit, """{"id":"y","kind":"exit"}""");
        var journey = await host.StartJourneyAsync(tag, definition);
        var customers = await host.RegisterAsync(tag, 12);
        await BuyAsync([.. customers.Select((customer, number) => (customer, Now.AddHours(-1 - number)))]);
        await Eventually.Holds(async () => Assert.Equal(12, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND state = 'exited'", new { journey })));

        var result = (await SimulateAsync(journey, new { months = 1 })).GetProperty("result");

        var actual = await host.ListAsync<string>("SELECT node || ' ' || count(*) FROM journey_entries WHERE journey_id = @journey GROUP BY node ORDER BY 1", new { journey });
        Assert.Equal(actual, result.GetProperty("nodes").EnumerateArray().Where(node => node.GetProperty("left").GetInt64() > 0)
            .Select(node => $"{node.GetProperty("node").GetString()} {node.GetProperty("left").GetInt64()}"));
    }

    [Theory]
    [InlineData("""{"on":"manual"}""", "campaign.simulation_manual")]
    [InlineData("""{"on":"pointsPosted"}""", "campaign.simulation_without_past")]
    public async Task What_has_no_past_is_refused(string trigger, string code)
    {
        var journey = await host.CreateJourneyAsync("no past", Definition(trigger, "x", Exit));

        Assert.Equal((422, code, "definition.trigger.on"), await host.Marketer.PostAsync($"{Route}/{journey}/simulations", new { }).ProblemAsync());
    }

    private async Task<JsonElement> SimulateAsync(Guid journey, object request)
    {
        var id = (await host.Marketer.PostAsync($"{Route}/{journey}/simulations", request).OkJsonAsync()).GetProperty("id").GetGuid();
        JsonElement simulation = default;
        await Eventually.Holds(async () =>
        {
            simulation = await host.Marketer.GetAsync($"{Route}/{journey}/simulations/{id}").OkJsonAsync();
            Assert.Equal("succeeded", simulation.GetProperty("state").GetString());
        });
        Assert.True(simulation.GetProperty("looked").GetInt64() > 0);
        return simulation;
    }

    private static string Describe(JsonElement result, string id)
    {
        var node = result.GetProperty("nodes").EnumerateArray().Single(node => node.GetProperty("node").GetString() == id);
        var refused = node.GetProperty("excluded").TryGetProperty("no_consent", out var count) ? count.GetInt64() : 0;
        return $"passed {node.GetProperty("passed")}, waiting {node.GetProperty("waiting")}, left {node.GetProperty("left")}, messages {node.GetProperty("messages")}, capped {node.GetProperty("capCollisions")}, no_consent {refused}";
    }

    private async Task BuyAsync(params (CustomerSnapshot Customer, DateTimeOffset At)[] purchases)
    {
        var ids = purchases.Select(_ => CampaignHost.NewId()).ToArray();
        await host.Bus.PublishAsync(
            new PurchasesRecorded(CampaignHost.NewId(), Now, [.. purchases.Select((purchase, number) => new RecordedPurchase(
                ids[number], purchase.Customer.CustomerId, "shop", ids[number].ToString(), purchase.At, "IDR", 10, []))]),
            CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(ids.Length, await host.QueryAsync<long>("SELECT count(*) FROM audience_purchases WHERE purchase_id = ANY(@ids)", new { ids })));
    }
}

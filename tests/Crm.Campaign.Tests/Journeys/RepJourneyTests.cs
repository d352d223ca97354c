using System.Net.Http.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

[Collection(CampaignCollection.Name)]
public sealed class RepJourneyTests(CampaignHost host) : IAsyncLifetime
{
    private const string Grants = "/api/campaign/v1/journey-grants";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await host.EndAllAsync();
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task A_rep_automates_within_the_grant_and_no_further()
    {
        var (tag, subject) = (CampaignHost.NewTag(), CampaignHost.NewTag());
        var (approved, other) = (await host.CreateTextAsync(tag), await host.CreateTextAsync(tag));
        var rep = host.Rep(subject);
        string Sends(Guid template) => Definition("""{"on":"manual"}""", "send", Send("send", template, "x"), Exit);
        Task<(int, string?, string?)> TryAsync(string definition, string more) => rep.PostAsync(Route, Body(tag, definition, more)).ProblemAsync();
        var mine = $$""","audienceTag":"{{tag}}" """;

        Assert.Equal((403, "campaign.automation_not_granted", null), await TryAsync(Sends(approved), mine));
        await GrantAsync(subject, [tag], [approved], 2);
        Assert.Equal((422, "campaign.journey_tag_needed", "audienceTag"), await TryAsync(Sends(approved), ""));
        Assert.Equal((422, "campaign.journey_tag_not_granted", "audienceTag"), await TryAsync(Sends(approved), ""","audienceTag":"everybody" """));
        Assert.Equal((422, "campaign.journey_limit_not_granted", "dailyLimit"), await TryAsync(Sends(approved), mine + ""","dailyLimit":3"""));
        Assert.Equal((422, "campaign.journey_template_not_granted", "definition.nodes[0].templateId"), await TryAsync(Sends(other), mine));
        Assert.Equal(
            (422, "campaign.journey_action_not_granted", "definition.nodes[0].kind"),
            await TryAsync(Definition("""{"on":"manual"}""", "t", """{"id":"t","kind":"tag","add":["a"],"next":"x"}""", Exit), mine));
        Assert.Equal(403, (int)(await rep.PutAsJsonAsync($"{Grants}/{subject}", tag)).StatusCode);

        var journey = (await rep.PostAsync(Route, Body(tag, Sends(approved), mine)).OkJsonAsync()).GetProperty("id").GetGuid();
        await rep.PostAsync($"{Route}/{journey}/activate", new { }).OkJsonAsync();
        Assert.Equal((404, "campaign.journey_not_found", null), await host.Rep("somebody-else").GetAsync($"{Route}/{journey}").ProblemAsync());
        Assert.Equal((404, "campaign.journey_not_found", null), await host.Rep("somebody-else").PostAsync($"{Route}/{journey}/pause", new { }).ProblemAsync());
        // Who reads all and is a rep too changes only his own.
        var curious = host.ClientFor(new Actor("curious", "Curious", [Roles.SalesRep, Roles.Viewer], null, null));
        Assert.Equal((404, "campaign.journey_not_found", null), await curious.PostAsync($"{Route}/{journey}/activate", new { }).ProblemAsync());

        // Contacts of others are not his; of his own, two a day.
        var own = (await host.RegisterAsync(tag, 5)).Select(customer => customer.CustomerId).ToArray();
        var foreign = (await host.RegisterAsync(CampaignHost.NewTag(), 2)).Select(customer => customer.CustomerId).ToArray();
        var entered = await rep.PostAsync($"{Route}/{journey}/entries", new { customerIds = own.Concat(foreign) }).OkJsonAsync();
        Assert.Equal(5, entered.GetProperty("entered").GetInt32());
        await Eventually.Holds(async () => Assert.Equal(3, await host.WaitingAtAsync(journey, "send")));
        Assert.Equal(2, await host.QueryAsync<long>("SELECT count(*) FROM deliveries d JOIN journey_sends s USING (campaign_id) WHERE s.journey_id = @journey", new { journey }));
        Assert.True(await host.QueryAsync<bool>("SELECT bool_and(due_at <= now() + interval '24 hours') FROM journey_entries WHERE journey_id = @journey AND state = 'waiting'", new { journey }));
        await host.ListAsync<int>("UPDATE journey_daily SET used = 0 WHERE owner = @subject RETURNING 1", new { subject });
        await host.LetWaitEndAsync(journey, "send");
        await Eventually.Holds(async () => Assert.Equal(1, await host.WaitingAtAsync(journey, "send")));

        await GrantAsync(subject, [tag], [], 1);
        var stopped = await rep.GetAsync($"{Route}/{journey}").OkJsonAsync();
        Assert.Equal(("paused", 1), (stopped.GetProperty("state").GetString(), stopped.GetProperty("dailyLimit").GetInt32()));
        Assert.Equal((422, "campaign.journey_template_not_granted", "definition.nodes[0].templateId"), await rep.PostAsync($"{Route}/{journey}/activate", new { }).ProblemAsync());
    }

    [Fact]
    public async Task A_sales_manager_stops_a_reps_journey()
    {
        var (tag, subject) = (CampaignHost.NewTag(), CampaignHost.NewTag());
        await GrantAsync(subject, [tag], [], 10);
        var rep = host.Rep(subject);
        var journey = (await rep.PostAsync(Route, Body(tag, Definition("""{"on":"manual"}""", "x", Exit), $$""","audienceTag":"{{tag}}" """)).OkJsonAsync()).GetProperty("id").GetGuid();
        await rep.PostAsync($"{Route}/{journey}/activate", new { }).OkJsonAsync();

        var stopped = await host.ClientFor(Roles.SalesManager).PostAsync($"{Route}/{journey}/pause", new { }).OkJsonAsync();

        Assert.Equal("paused", stopped.GetProperty("state").GetString());
        Assert.Equal(403, (int)(await host.ClientFor(Roles.ServiceAgent).PostAsync($"{Route}/{journey}/pause", new { })).StatusCode);
    }

    [Theory]
    [InlineData("id", "Kartu ulang tahun")]
    [InlineData("en", "Birthday card")]
    public async Task A_ready_made_journey_becomes_a_draft_that_can_be_activated(string language, string name)
    {
        var card = await host.CreateTextAsync(name);
        object Request(object templates) => new { templates, senderName = "Toko", fromAddress = "promo@toko.example", language };
        const string Birthday = "/api/campaign/v1/journey-templates/birthday/journeys";
        Assert.Equal((422, "campaign.journey_text_missing", "templates.card"), await host.Marketer.PostAsync(Birthday, Request(new { })).ProblemAsync());
        Assert.Equal((422, "campaign.unknown_template", "definition.nodes[0].templateId"), await host.Marketer.PostAsync(Birthday, Request(new { card = CampaignHost.NewId() })).ProblemAsync());

        var made = await host.Marketer.PostAsync(Birthday, Request(new { card })).OkJsonAsync();

        Assert.Equal((name, "draft"), (made.GetProperty("name").GetString(), made.GetProperty("state").GetString()));
        Assert.Equal("active", (await host.ActOnJourneyAsync(made.GetProperty("id").GetGuid(), "activate")).GetProperty("state").GetString());
    }

    private Task<System.Text.Json.JsonElement> GrantAsync(string subject, string[] tags, Guid[] templateIds, int dailyLimit) =>
        host.ClientFor(Roles.SalesManager).PutAsync($"{Grants}/{subject}", new { tags, templateIds, dailyLimit }, 1).OkJsonAsync();
}

using System.Net;
using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Channels;

[Collection(CampaignCollection.Name)]
public sealed class CallListTests(CampaignHost host) : IAsyncLifetime
{
    private static readonly object Always = new { maxAttempts = 2, noAnswerPauseMinutes = 1, busyPauseMinutes = 1, callsFrom = "00:00:00", callsUntil = "23:59:59.9", weekdays = new[] { 1, 2, 3, 4, 5, 6, 7 } };

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Ten_agents_at_once_never_get_the_same_call_and_the_whole_list_is_called_once()
    {
        var (campaign, customers) = await ListAsync(30);
        var agents = Enumerable.Range(0, 10).Select(number => Agent($"agent-{number}")).ToArray();

        var calls = await Task.WhenAll(agents.Select(async agent =>
        {
            var mine = new List<Guid>();
            while (await NextAsync(agent, campaign) is { } call)
            {
                mine.Add(call.GetProperty("customerId").GetGuid());
                await RecordAsync(agent, campaign, call, new { outcome = "reachedInterested" }).OkJsonAsync();
            }

            return mine;
        }));

        Assert.Equal(customers.Select(customer => customer.CustomerId).Order(), calls.SelectMany(mine => mine).Order());
        var list = await host.Marketer.GetAsync($"/api/campaign/v1/call-lists/{campaign}").OkJsonAsync();
        Assert.Equal((30, 30, 0), (list.GetProperty("total").GetInt64(), list.GetProperty("done").GetInt64(), list.GetProperty("waiting").GetInt64()));
        Assert.Equal(30, list.GetProperty("outcomes").GetProperty("reachedInterested").GetInt64());
        var figures = (await host.Marketer.GetAsync($"/api/campaign/v1/call-lists/{campaign}/agents").OkJsonAsync()).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(30, figures.Sum(figure => figure.GetProperty("interested").GetInt64()));
        await Eventually.Holds(() =>
        {
            Assert.Equal(30, host.Bus.Seen<CampaignResponded>().Count(responded => responded.CampaignId == campaign && responded.Kind == ResponseKind.ReachedInterested));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task An_agent_gets_a_script_for_this_customer_and_the_same_call_until_its_outcome_is_told()
    {
        var (campaign, customers) = await ListAsync(2);
        var (first, second) = (Agent("one"), Agent("two"));

        var call = Given(await NextAsync(first, campaign));
        Assert.Equal(call.GetProperty("id").GetGuid(), Given(await NextAsync(first, campaign)).GetProperty("id").GetGuid());
        var customer = customers.Single(one => one.CustomerId == call.GetProperty("customerId").GetGuid());
        Assert.Equal((customer.Phone, "Promo November"), (call.GetProperty("phone").GetString(), call.GetProperty("topic").GetString()));
        Assert.Contains("Halo Siti dari Bandung", call.GetProperty("script").GetString(), StringComparison.Ordinal);

        Assert.Equal((409, "campaign.call_not_yours", null), await RecordAsync(second, campaign, call, new { outcome = "busy" }).ProblemAsync());
        var recorded = await RecordAsync(first, campaign, call, new { outcome = "noAnswer", note = "Mailbox" }).OkJsonAsync();
        Assert.Equal(("open", 1), (recorded.GetProperty("state").GetString(), recorded.GetProperty("attempts").GetInt32()));
        Assert.Equal((409, "campaign.call_not_yours", null), await RecordAsync(first, campaign, call, new { outcome = "noAnswer" }).ProblemAsync());
        Assert.NotEqual(call.GetProperty("id").GetGuid(), Given(await NextAsync(first, campaign)).GetProperty("id").GetGuid());
        Assert.Null(await NextAsync(second, campaign)); // one is the first agent's, the other pauses

        // The pause is over: the attempt and its note are there, and the second time is the last.
        await host.ListAsync<int>("UPDATE call_tasks SET due_at = now() - interval '1 second' WHERE id = @id RETURNING 1", new { id = call.GetProperty("id").GetGuid() });
        var again = Given(await NextAsync(second, campaign));
        Assert.Equal("Mailbox", again.GetProperty("earlier")[0].GetProperty("note").GetString());
        Assert.Equal("done", (await RecordAsync(second, campaign, again, new { outcome = "busy" }).OkJsonAsync()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_call_whose_agent_went_away_goes_to_the_next_and_a_call_back_comes_first_at_its_time()
    {
        var (campaign, _) = await ListAsync(3);
        var (first, second) = (Agent("one"), Agent("two"));
        var call = Given(await NextAsync(first, campaign));
        await host.ListAsync<int>("UPDATE call_tasks SET due_at = now() - interval '1 hour' WHERE id = @id RETURNING 1", new { id = call.GetProperty("id").GetGuid() });
        Assert.Equal(call.GetProperty("id").GetGuid(), Given(await NextAsync(second, campaign)).GetProperty("id").GetGuid());
        Assert.Equal((409, "campaign.call_not_yours", null), await RecordAsync(first, campaign, call, new { outcome = "busy" }).ProblemAsync());

        Assert.Equal((400, "campaign.call_back_invalid", "callBackAt"), await RecordAsync(second, campaign, call, new { outcome = "callBackAt" }).ProblemAsync());
        var at = TimeProvider.System.GetUtcNow().AddDays(1);
        await RecordAsync(second, campaign, call, new { outcome = "callBackAt", callBackAt = at }).OkJsonAsync();
        await host.ListAsync<int>("UPDATE call_tasks SET due_at = now() - interval '1 second' WHERE id = @id RETURNING 1", new { id = call.GetProperty("id").GetGuid() });
        var back = Given(await NextAsync(first, campaign));
        Assert.Equal((call.GetProperty("id").GetGuid(), true), (back.GetProperty("id").GetGuid(), back.GetProperty("callBack").GetBoolean()));
    }

    [Fact]
    public async Task Who_does_not_want_to_be_called_is_suppressed_at_once_and_a_wrong_number_is_nobodys()
    {
        var (campaign, customers) = await ListAsync(2);
        var agent = Agent("one");
        var first = Given(await NextAsync(agent, campaign));
        await RecordAsync(agent, campaign, first, new { outcome = "doNotCall", note = "Marah" }).OkJsonAsync();
        var second = Given(await NextAsync(agent, campaign));
        await RecordAsync(agent, campaign, second, new { outcome = "wrongNumber" }).OkJsonAsync();

        Assert.Equal("unsubscribed", await host.QueryAsync<string>(
            "SELECT reason FROM suppressions WHERE customer_id = @id AND channel = 'phone'", new { id = first.GetProperty("customerId").GetGuid() }));
        Assert.Equal("wrong_number", await host.QueryAsync<string>(
            "SELECT reason FROM suppressed_addresses WHERE address = @phone AND channel = 'all'", new { phone = second.GetProperty("phone").GetString() }));
        var told = await Eventually.Answers(() => Task.FromResult(host.Bus.Seen<CampaignResponded>().SingleOrDefault(responded => responded is { Kind: ResponseKind.Unsubscribed } && responded.CampaignId == campaign)));
        Assert.Equal(("phone", "Marah"), (told.Channel, told.Detail));
        Assert.Equal(2, customers.Count);
    }

    [Fact]
    public async Task Nobody_is_called_who_withdrew_consent_since_or_out_of_hours_or_for_a_campaign_that_pauses()
    {
        var (campaign, customers) = await ListAsync(2);
        var agent = Agent("one");
        await host.Bus.PublishAsync(
            new ConsentChanged(CampaignHost.NewId(), CampaignHost.Registered, customers[0].CustomerId, new ConsentState("phone", "marketing", false, CampaignHost.Registered.AddDays(1)), "v1", "form"),
            CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.False(await host.QueryAsync<bool>("SELECT consent_phone FROM audience WHERE customer_id = @CustomerId", new { customers[0].CustomerId })));

        await PutRulesAsync(campaign, 1, new { maxAttempts = 2, noAnswerPauseMinutes = 1, busyPauseMinutes = 1, callsFrom = "00:00:00", callsUntil = "00:00:01", weekdays = new[] { 1 } }).OkJsonAsync();
        Assert.Null(await NextAsync(agent, campaign));
        await PutRulesAsync(campaign, 2, Always).OkJsonAsync();
        Assert.Equal((412, "campaign.stale", null), await PutRulesAsync(campaign, 2, Always).ProblemAsync());
        Assert.Equal(customers[1].CustomerId, Given(await NextAsync(agent, campaign)).GetProperty("customerId").GetGuid());
        Assert.Null(await NextAsync(Agent("two"), campaign));
        var list = await host.Marketer.GetAsync($"/api/campaign/v1/call-lists/{campaign}").OkJsonAsync();
        Assert.Equal(1, list.GetProperty("closedBy").GetProperty("no_consent").GetInt64());

        await host.ListAsync<int>("UPDATE campaigns SET state = 'paused' WHERE id = @campaign RETURNING 1", new { campaign });
        Assert.Equal((409, "campaign.wrong_state", "state"), await agent.PostAsync($"/api/campaign/v1/call-lists/{campaign}/next", new { }).ProblemAsync());
    }

    [Fact]
    public async Task The_list_is_paged_and_exported_without_formulas_and_the_export_is_recorded()
    {
        var (campaign, customers) = await ListAsync(3);
        var agent = Agent("one");
        var call = Given(await NextAsync(agent, campaign));
        await RecordAsync(agent, campaign, call, new { outcome = "noAnswer", note = "=cmd|' /C calc'!A0" }).OkJsonAsync();

        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await host.Marketer.GetAsync($"/api/campaign/v1/call-lists/{campaign}/calls?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("customerId").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(customers.Select(customer => customer.CustomerId).Order(), seen.Order());
        Assert.Equal((400, "campaign.call_state_invalid", "state"), await host.Marketer.GetAsync($"/api/campaign/v1/call-lists/{campaign}/calls?state=x").ProblemAsync());

        using var response = await host.Marketer.GetAsync($"/api/campaign/v1/call-lists/{campaign}/calls.csv");
        var csv = await response.Content.ReadAsStringAsync();
        Assert.Equal(4, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("'=cmd", csv, StringComparison.Ordinal);
        Assert.Contains(",'+62812", csv, StringComparison.Ordinal);
        var downloads = await host.ClientFor(Roles.Ops).GetAsync($"/api/campaign/v1/campaigns/{campaign}/file-downloads").OkJsonAsync();
        Assert.Equal("calls", downloads.GetProperty("items")[0].GetProperty("kind").GetString());
        using var forbidden = await agent.GetAsync($"/api/campaign/v1/call-lists/{campaign}/calls.csv");
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    [Fact]
    public async Task What_a_sender_that_died_had_claimed_is_handed_over_again_without_a_second_call()
    {
        var (campaign, _) = await ListAsync(3);
        var worker = CampaignHost.NewId();
        await host.ListAsync<int>("INSERT INTO sender_leases (worker, host, lease_until) VALUES (@worker, 'gone', now() + interval '1 hour') RETURNING 1", new { worker });
        await host.ListAsync<int>("UPDATE deliveries SET state = 'sending', worker = @worker WHERE campaign_id = @campaign RETURNING 1", new { campaign, worker });
        await host.ListAsync<int>("UPDATE chunks SET sent = 0 WHERE campaign_id = @campaign RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE campaigns SET state = 'sending' WHERE id = @campaign RETURNING 1", new { campaign });
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);

        await host.ListAsync<int>("UPDATE sender_leases SET lease_until = now() - interval '1 second' WHERE worker = @worker RETURNING 1", new { worker });
        await host.FinishedAsync(campaign);

        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal((3, 0), (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("unknown").GetInt64()));
        Assert.Equal(3, await host.QueryAsync<long>("SELECT count(*) FROM call_tasks WHERE campaign_id = @campaign", new { campaign }));
        await host.CountersAgreeAsync(campaign);
    }

    [Theory]
    [InlineData("""{"outcome":"shouted"}""", 400, "request.invalid")]
    [InlineData("""{}""", 400, "request.missing_field")]
    [InlineData("""{"outcome":"busy","agent":"x"}""", 400, "request.unknown_field")]
    public async Task An_outcome_that_there_is_not_is_refused(string body, int status, string code)
    {
        var (actual, found, _) = await Agent("x").PostAsync($"/api/campaign/v1/call-lists/{CampaignHost.NewId()}/calls/{CampaignHost.NewId()}/outcome", body).ProblemAsync();
        Assert.Equal((status, code), (actual, found));
    }

    [Fact]
    public async Task A_list_that_there_is_not_is_not_found()
    {
        Assert.Equal((404, "campaign.call_list_not_found", null), await Agent("x").PostAsync($"/api/campaign/v1/call-lists/{CampaignHost.NewId()}/next", new { }).ProblemAsync());
    }

    private async Task<(Guid Campaign, IReadOnlyList<CustomerSnapshot> Customers)> ListAsync(int count)
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterReachableAsync(tag, count);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateAsync(tag, "phone", "", "Promo November", "Halo {{firstName}} dari {{city}}");
        await PutRulesAsync(campaign, 0, Always).OkJsonAsync();
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);
        Assert.Equal(count, (await host.StatisticsAsync(campaign)).GetProperty("sent").GetInt64());
        return (campaign, customers);
    }

    private HttpClient Agent(string name) => host.ClientFor(new Actor(name, name, [Roles.ServiceAgent], null, null));

    private Task<HttpResponseMessage> PutRulesAsync(Guid campaign, long version, object rules) => host.Marketer.PutAsync($"/api/campaign/v1/call-lists/{campaign}/rules", rules, version);

    private static async Task<JsonElement?> NextAsync(HttpClient agent, Guid campaign)
    {
        using var response = await agent.PostAsync($"/api/campaign/v1/call-lists/{campaign}/next", new { });
        if (response.StatusCode == HttpStatusCode.NoContent) return null;
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.JsonAsync();
    }

    private static JsonElement Given(JsonElement? call) => call ?? throw new InvalidOperationException("There was no call.");

    private static Task<HttpResponseMessage> RecordAsync(HttpClient agent, Guid campaign, JsonElement call, object outcome) =>
        agent.PostAsync($"/api/campaign/v1/call-lists/{campaign}/calls/{call.GetProperty("id").GetGuid()}/outcome", outcome);
}

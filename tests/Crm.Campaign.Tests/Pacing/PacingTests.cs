using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Tests.Smtp;
using Crm.Testing;

namespace Crm.Campaign.Tests.Pacing;

[Collection(CampaignCollection.Name)]
public sealed class PacingTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Whose_quiet_hours_it_is_gets_the_message_when_they_are_over()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 20, number => CampaignHost.Customer(tag, number) with { TimeZone = number % 2 == 0 ? "Asia/Tokyo" : "Etc/UTC" });
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var now = TimeProvider.System.GetUtcNow();
        var campaign = await host.CreateCampaignAsync(tag);
        await SetAsync(campaign, new { quietHours = new { from = Clock(now.AddHours(-1)), to = Clock(now.AddHours(2)) } });
        await host.ActAsync(campaign, "launch");

        await Eventually.Holds(async () =>
        {
            Assert.Equal(10, await SentAsync(campaign));
            Assert.Equal(10, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND not_before > now() + interval '90 minutes'", new { campaign }));
        });
        var until = await host.ListAsync<DateTime>("SELECT DISTINCT not_before FROM deliveries WHERE campaign_id = @campaign AND state = 'planned'", new { campaign });
        Assert.Equal(Clock(now.AddHours(2)), Clock(new DateTimeOffset(Assert.Single(until))));
        Assert.Equal(10, relay.WireContents.Count);
        Assert.All(relay.Contents, content => Assert.Matches("[02468]@example.com", Relay.Header(content, "To")));

        // The hours pass.
        await host.ListAsync<int>("UPDATE campaign_pacing SET quiet_from = NULL, quiet_to = NULL WHERE campaign_id = @campaign RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE deliveries SET not_before = now() WHERE campaign_id = @campaign AND state = 'planned' RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE chunks SET due_at = now() WHERE campaign_id = @campaign AND due_at IS NOT NULL RETURNING 1", new { campaign });
        await host.FinishedAsync(campaign);
        Assert.Equal(20, relay.MessageIds().Distinct().Count());
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_frequency_cap_holds_between_campaigns_that_are_sent_at_the_same_time_by_two_senders()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 100);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMilliseconds(1)) : null };
        await using var first = await SenderHost.StartAsync(host, relay, ("FrequencyCaps:Overall:PerDay", "1"));
        await using var second = await SenderHost.StartAsync(host, relay, ("FrequencyCaps:Overall:PerDay", "1"));
        var campaigns = new List<Guid>();
        for (var i = 0; i < 3; i++) campaigns.Add(await host.CreateCampaignAsync(tag));
        foreach (var campaign in campaigns) await SetAsync(campaign, new { overCap = "skip" });
        await Task.WhenAll(campaigns.Select(campaign => host.ActAsync(campaign, "launch")));
        foreach (var campaign in campaigns) await host.FinishedAsync(campaign);

        var perPerson = relay.Contents.GroupBy(content => Relay.Header(content, "To")).Select(group => group.Count()).ToArray();
        Assert.Equal((100, 1), (perPerson.Length, perPerson.Max()));
        Assert.Equal(200, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = ANY(@campaigns) AND reason = 'frequency_cap'", new { campaigns = campaigns.ToArray() }));
        foreach (var campaign in campaigns) await host.CountersAgreeAsync(campaign);

        var exempt = await host.CreateCampaignAsync(tag);
        await SetAsync(exempt, new { overCap = "exempt" });
        await host.ActAsync(exempt, "launch");
        await host.FinishedAsync(exempt);
        Assert.Equal(100, await SentAsync(exempt));

        var deferred = await host.LaunchAsync(tag);
        await Eventually.Holds(async () => Assert.Equal(100, await host.QueryAsync<long>(
            "SELECT count(*) FROM deliveries WHERE campaign_id = @deferred AND state = 'planned' AND not_before > now() + interval '23 hours'", new { deferred })));
    }

    [Fact]
    public async Task A_warm_up_sends_no_more_than_the_days_number_whatever_the_number_of_senders()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 120);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var first = await SenderHost.StartAsync(host, relay);
        await using var second = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag);
        await SetAsync(campaign, new { warmUp = new { firstDay = 33, growth = 2.0, max = 1_000 } });
        await host.ActAsync(campaign, "launch");

        await Eventually.Holds(async () =>
        {
            Assert.Equal(33, await SentAsync(campaign));
            Assert.Equal(87, await host.QueryAsync<long>(
                "SELECT count(*) FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id WHERE c.id = @campaign AND d.state = 'planned' AND d.not_before = c.launched_at + interval '24 hours'",
                new { campaign }));
        });
        Assert.Equal(33, relay.WireContents.Count);

        // A day passes: 66 more.
        await host.ListAsync<int>("UPDATE campaigns SET launched_at = launched_at - interval '24 hours' WHERE id = @campaign RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE deliveries SET not_before = now() WHERE campaign_id = @campaign AND state = 'planned' RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE chunks SET due_at = now() WHERE campaign_id = @campaign AND due_at IS NOT NULL RETURNING 1", new { campaign });
        await Eventually.Holds(async () => Assert.Equal(99, await SentAsync(campaign)));
        Assert.Equal(99, relay.MessageIds().Distinct().Count());
    }

    [Fact]
    public async Task Each_gets_it_at_the_hour_at_which_they_usually_open_or_else_at_which_the_others_do()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, number) with { TimeZone = number == 2 ? "Asia/Makassar" : "Asia/Jakarta" });
        var now = TimeProvider.System.GetUtcNow();
        var hour = new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 30, 0, TimeSpan.Zero);

        // The first opens four hours from now, the second and third have opened nothing.
        foreach (var day in new[] { 1, 2, 3 })
        {
            await host.ListAsync<int>(
                "INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, verdict, judged_at, occurred_at) VALUES (@id, @id, @id, @customer, 'opened', 'human', @at, @at) RETURNING 1",
                new { id = CampaignHost.NewId(), customer = customers[0].CustomerId, at = hour.AddDays(-day).AddHours(4) });
        }

        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag);
        await SetAsync(campaign, new { sendTime = "usualHour" });
        await host.ActAsync(campaign, "launch");

        var due = hour.AddMinutes(-30).AddHours(4).UtcDateTime;
        await Eventually.Holds(async () =>
        {
            Assert.Equal(due, await NotBeforeAsync(campaign, customers[0].CustomerId));
            Assert.Equal(due, await NotBeforeAsync(campaign, customers[1].CustomerId));
            Assert.Equal(due.AddHours(-1), await NotBeforeAsync(campaign, customers[2].CustomerId)); // the same hour of the day, one zone further east
        });
        Assert.Equal(0, await SentAsync(campaign));
    }

    [Theory]
    [InlineData("""{"timeZone":"Mars/Olympus"}""", 400, "campaign.unknown_time_zone", "timeZone")]
    [InlineData("""{"quietHours":{"from":"25:00","to":"08:00"}}""", 400, "campaign.time_of_day", "quietHours.from")]
    [InlineData("""{"quietHours":{"from":"21:00","to":"8"}}""", 400, "campaign.time_of_day", "quietHours.to")]
    [InlineData("""{"quietHours":{"from":"21:00","to":"21:00"}}""", 400, "campaign.quiet_hours_empty", "quietHours.to")]
    [InlineData("""{"sendTime":"localHour"}""", 400, "campaign.local_hour", "localHour")]
    [InlineData("""{"sendTime":"soon","localHour":9}""", 400, "campaign.local_hour", "localHour")]
    [InlineData("""{"sendTime":"tomorrow"}""", 400, "request.invalid", "sendTime")]
    [InlineData("""{"warmUp":{"firstDay":100,"growth":1.5,"max":50}}""", 400, "campaign.warm_up_bounds", "warmUp.max")]
    [InlineData("""{"warmUp":{"firstDay":0,"growth":1.5,"max":50}}""", 400, "request.invalid", "warmUp.firstDay")]
    [InlineData("""{"overCap":"ignore"}""", 400, "request.invalid", "overCap")]
    public async Task Pacing_that_cannot_be_is_refused(string body, int status, string code, string field)
    {
        var campaign = await host.CreateCampaignAsync(CampaignHost.NewTag());
        Assert.Equal((status, code, field), await host.Marketer.PutAsync($"/api/campaign/v1/campaigns/{campaign}/pacing", body, 1).ProblemAsync());
    }

    [Fact]
    public async Task Pacing_is_part_of_the_draft_and_reads_back_as_it_was_set()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1);
        var campaign = await host.CreateCampaignAsync(tag);
        var path = $"/api/campaign/v1/campaigns/{campaign}/pacing";
        var set = await SetAsync(campaign, new
        {
            timeZone = "Asia/Makassar", quietHours = new { from = "21:00", to = "07:30" }, sendTime = "localHour", localHour = 9,
            warmUp = new { firstDay = 100, growth = 1.5, max = 5_000 }, overCap = "skip", onUnknown = "resend",
        });

        Assert.Equal(set.ToString(), (await host.Marketer.GetAsync(path).OkJsonAsync()).ToString());
        Assert.Equal(("21:00", 9, 2), (set.GetProperty("quietHours").GetProperty("from").GetString(), set.GetProperty("localHour").GetInt32(), set.GetProperty("version").GetInt32()));
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync(path, new { }, 1).ProblemAsync());
        await host.ActAsync(campaign, "launch");
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PutAsync(path, new { }, 3).ProblemAsync());
    }

    [Fact]
    public void A_warm_up_grows_by_its_factor_up_to_its_maximum()
    {
        var pacing = CampaignPacing.None with { WarmUpFirst = 100, WarmUpGrowth = 1.5, WarmUpMax = 400 };
        Assert.Equal([100, 150, 225, 337, 400, 400], Enumerable.Range(0, 6).Select(pacing.DailyLimit));
        Assert.Equal(400, pacing.DailyLimit(1_000_000));
    }

    private static string Clock(DateTimeOffset at) => at.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);

    private Task<System.Text.Json.JsonElement> SetAsync(Guid campaign, object pacing) =>
        host.Marketer.PutAsync($"/api/campaign/v1/campaigns/{campaign}/pacing", pacing, 1).OkJsonAsync();

    private Task<long> SentAsync(Guid campaign) => host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND state = 'sent'", new { campaign });

    private Task<DateTime> NotBeforeAsync(Guid campaign, Guid customer) =>
        host.QueryAsync<DateTime>("SELECT not_before FROM deliveries WHERE campaign_id = @campaign AND customer_id = @customer", new { campaign, customer });
}

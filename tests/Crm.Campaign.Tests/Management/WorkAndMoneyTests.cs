using System.Text;
using System.Text.Json;
using Crm.Campaign.Tests.Smtp;
using Crm.Testing;

namespace Crm.Campaign.Tests.Management;

/// <summary>Tasks, external activities, figures, and the list of campaigns.</summary>
public sealed class WorkAndMoneyTests(ManagementHost host) : IClassFixture<ManagementHost>
{
    private const string Activities = "/api/campaign/v1/activities";

    [Fact]
    public async Task A_checklist_gives_tasks_due_before_the_launch_that_are_worked_off()
    {
        var campaign = await DraftAsync();
        await host.PlanAsync(campaign, new { launch = new { local = "2026-02-10T01:00", zone = "Asia/Jakarta" } }); // the ninth in UTC
        var checklist = await host.Marketer.PostAsync("/api/campaign/v1/task-checklists", new
        {
            name = "Standard", items = new object[] { new { title = "Proofread", assignee = "rina", daysBeforeLaunch = 3 }, new { title = "Celebrate" } },
        }).OkJsonAsync();

        var tasks = (await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/tasks/from-checklist"), new { checklistId = checklist.GetProperty("id").GetGuid() }).OkJsonAsync()).GetProperty("tasks");

        Assert.Equal(("2026-02-07", true), (tasks[0].GetProperty("dueOn").GetString(), tasks[0].GetProperty("overdue").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, tasks[1].GetProperty("dueOn").ValueKind);
        var task = tasks[0].GetProperty("id").GetGuid();
        Assert.Contains(task, await OpenAsync("?overdue=true&assignee=rina"));
        Assert.DoesNotContain(task, await OpenAsync("?overdue=true&assignee=budi"));

        var done = await host.Marketer.PutAsync($"/api/campaign/v1/tasks/{task}", new { title = "Proofread", state = "done", assignee = "rina", dueOn = "2026-02-07" }, 1).OkJsonAsync();
        Assert.Equal((false, JsonValueKind.String), (done.GetProperty("overdue").GetBoolean(), done.GetProperty("closedBy").ValueKind));
        Assert.DoesNotContain(task, await OpenAsync("?overdue=true"));
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync($"/api/campaign/v1/tasks/{task}", new { title = "x", state = "open" }, 1).ProblemAsync());
        Assert.Equal((400, "request.invalid", "state"), await host.Marketer.PutAsync($"/api/campaign/v1/tasks/{task}", new { title = "x", state = "lost" }, 2).ProblemAsync());
        Assert.Equal((422, "campaign.unknown_checklist", "checklistId"), await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/tasks/from-checklist"), new { checklistId = CampaignHost.NewId() }).ProblemAsync());
    }

    [Fact]
    public async Task Comments_are_about_a_campaign_or_one_of_its_tasks()
    {
        var (campaign, another) = (await DraftAsync(), await DraftAsync());
        var task = (await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/tasks"), new { title = "t" }).OkJsonAsync()).GetProperty("tasks")[0].GetProperty("id").GetGuid();
        await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/comments"), new { text = "<script>alert(1)</script>" }).OkJsonAsync();
        await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/comments"), new { text = "second", taskId = task }).OkJsonAsync();

        var comments = (await host.Marketer.GetAsync(ManagementHost.Path(campaign, "/comments")).OkJsonAsync()).GetProperty("items").EnumerateArray().Select(comment => comment.GetProperty("text").GetString());

        Assert.Equal(["second", "<script>alert(1)</script>"], comments);
        Assert.Equal((422, "campaign.unknown_task", "taskId"), await host.Marketer.PostAsync(ManagementHost.Path(another, "/comments"), new { text = "x", taskId = task }).ProblemAsync());
        Assert.Equal((404, "campaign.campaign_not_found", null), await host.Marketer.PostAsync(ManagementHost.Path(CampaignHost.NewId(), "/comments"), new { text = "x" }).ProblemAsync());
    }

    [Fact]
    public async Task Results_of_an_activity_come_as_csv_and_the_same_file_again_changes_nothing()
    {
        var activity = await ActivityAsync(null, "IDR", 1_000_000);
        const string report = "day,clicks,impressions,leads,cost,extra\n2026-03-01,10,1000,2,150000.5,x\r\n2026-03-02,20,2000,3,250000,\"y, z\"\n";

        Assert.Equal(2, (await ImportAsync(activity, report).OkJsonAsync()).GetProperty("changed").GetInt32());
        Assert.Equal(0, (await ImportAsync(activity, report).OkJsonAsync()).GetProperty("changed").GetInt32());
        var corrected = await ImportAsync(activity, "day,impressions,clicks,leads,cost\n2026-03-02,2000,21,3,250000\n").OkJsonAsync();

        Assert.Equal(1, corrected.GetProperty("changed").GetInt32());
        var sums = corrected.GetProperty("activity");
        Assert.Equal((3_000, 31, 5, 400_000.5m, "2026-03-02"), (sums.GetProperty("impressions").GetInt64(), sums.GetProperty("clicks").GetInt64(), sums.GetProperty("leads").GetInt64(), sums.GetProperty("cost").GetDecimal(), sums.GetProperty("reportedUpTo").GetString()));
        var body = new { name = "ads", channel = "search-ads", firstDay = "2026-03-01", lastDay = "2026-03-31", currency = "USD", plannedCost = 1 };
        Assert.Equal((409, "campaign.activity_has_results", "currency"), await host.Marketer.PutAsync($"{Activities}/{activity}", body, 1).ProblemAsync());
        Assert.Equal((409, "campaign.activity_has_results", "currency"), await host.Marketer.DeleteAsync($"{Activities}/{activity}").ProblemAsync());
    }

    [Theory]
    [InlineData("day,impressions,clicks,leads\n", "campaign.csv_columns", "body")]
    [InlineData("", "campaign.csv_columns", "body")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,1,1,\"1\n", "campaign.csv_malformed", "lines[2]")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,1,1,1\n01/03/2026,1,1,1,1\n", "campaign.csv_value", "lines[3].day")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,1,1,1\n2026-03-01,1,1,1,1\n", "campaign.csv_value", "lines[3].day")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,-1,1,1\n", "campaign.csv_value", "lines[2].clicks")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,1,1,-1\n", "campaign.csv_value", "lines[2].cost")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,1,1,NaN\n", "campaign.csv_value", "lines[2].cost")]
    [InlineData("day,impressions,clicks,leads,cost\n2026-03-01,1,1\n", "campaign.csv_value", "lines[2].leads")]
    public async Task A_report_with_a_mistake_is_refused_as_a_whole(string report, string code, string field)
    {
        var activity = await ActivityAsync(null, "IDR", 1);

        Assert.Equal((422, code, field), await ImportAsync(activity, report).ProblemAsync());
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM activity_results WHERE activity_id = @activity", new { activity }));
    }

    [Fact]
    public async Task Figures_keep_currencies_apart_and_claim_no_return_without_a_known_effect()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 3);
        var campaign = await host.CreateCampaignAsync(tag);
        await host.PlanAsync(campaign, new { currency = "IDR", budget = 10_000, expectedRevenue = 50_000, messageCosts = new { email = 12.5 } });
        await ImportAsync(await ActivityAsync(campaign, "IDR", 3_000), "day,impressions,clicks,leads,cost\n2026-03-01,1,1,1,1000\n").OkJsonAsync();
        await ActivityAsync(campaign, "USD", 40);
        Assert.Equal("not_launched", (await FiguresAsync(campaign)).GetProperty("roiReason").GetString());

        await using (var relay = new ScriptedSmtpServer(Relay.Capabilities))
        await using (await SenderHost.StartAsync(host, relay))
        {
            await host.ActAsync(campaign, "launch");
            await Eventually.Holds(async () => Assert.Equal(3, (await host.StatisticsAsync(campaign)).GetProperty("sent").GetInt64()));
            await host.FinishedAsync(campaign);
        }

        var figures = await FiguresAsync(campaign);
        Assert.Equal(3, figures.GetProperty("sent").GetProperty("email").GetInt64());
        Assert.Equal(("no_holdout", JsonValueKind.Null), (figures.GetProperty("roiReason").GetString(), figures.GetProperty("roi").ValueKind));
        var money = figures.GetProperty("money");
        Assert.Equal(
            ["IDR budget 10000 spent 1037.5 committed 0 remaining 8962.5", "USD budget  spent 0 committed 0 remaining "],
            money.EnumerateArray().Select(line => $"{line.GetProperty("currency").GetString()} budget {Amount(line, "budget")} spent {Amount(line, "spent")} committed {Amount(line, "committed")} remaining {Amount(line, "remaining")}"));

        var launched = (await host.CampaignAsync(campaign)).GetProperty("launchedAt").GetDateTimeOffset();
        var period = $"from={Uri.EscapeDataString(launched.ToString("O"))}&to={Uri.EscapeDataString(launched.AddMilliseconds(1).ToString("O"))}";
        var portfolio = await host.Marketer.GetAsync($"/api/campaign/v1/portfolio?{period}").OkJsonAsync();
        Assert.Equal(1, portfolio.GetProperty("campaigns").GetInt64());
        Assert.Equal("1037.5", Amount(portfolio.GetProperty("money")[0], "spent"));
        Assert.Equal((400, "campaign.period_invalid", "to"), await host.Marketer.GetAsync("/api/campaign/v1/portfolio?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").ProblemAsync());
    }

    [Fact]
    public async Task A_clone_is_a_draft_with_the_plan_and_the_tasks_and_none_of_the_times()
    {
        var campaign = await DraftAsync();
        await host.PlanAsync(campaign, new { launch = new { at = "2031-01-01T00:00:00Z" }, currency = "IDR", budget = 10, goal = "sell", tags = new[] { "a" } });
        await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/tasks"), new { title = "Proofread", dueOn = "2030-12-01" }).OkJsonAsync();

        var clone = (await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/clone"), new { name = "copy" }).OkJsonAsync()).GetProperty("id").GetGuid();

        var (original, copy) = (await host.CampaignAsync(campaign), await host.CampaignAsync(clone));
        Assert.Equal(("draft", "copy", original.GetProperty("segmentId").GetGuid()), (copy.GetProperty("state").GetString(), copy.GetProperty("name").GetString(), copy.GetProperty("segmentId").GetGuid()));
        var plan = await host.PlanAsync(clone);
        Assert.Equal((JsonValueKind.Null, "sell", 10m), (plan.GetProperty("launch").ValueKind, plan.GetProperty("goal").GetString(), plan.GetProperty("budget").GetDecimal()));
        var task = Assert.Single((await host.Marketer.GetAsync(ManagementHost.Path(clone, "/tasks")).OkJsonAsync()).GetProperty("items").EnumerateArray());
        Assert.Equal(("Proofread", JsonValueKind.Null), (task.GetProperty("title").GetString(), task.GetProperty("dueOn").ValueKind));
    }

    [Fact]
    public async Task A_clone_keeps_pacing_attribution_and_variants_and_draws_their_lot_anew()
    {
        var campaign = await DraftAsync();
        var templateId = (await host.CampaignAsync(campaign)).GetProperty("templateId").GetGuid();
        var variants = new[] { new { name = "A", templateId, weight = 3, subjects = new { id = "Satu" } }, new { name = "B", templateId, weight = 1, subjects = new { id = "Dua" } } };
        await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/variants"), new { variants, testPercent = 20, salt = "pepper", defaultVariant = "B" }, 1).OkJsonAsync();
        var pacing = new { timeZone = "Asia/Makassar", quietHours = new { from = "21:00", to = "08:00" }, overCap = "skip", onUnknown = "resend" };
        await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/pacing"), pacing, 2).OkJsonAsync();
        await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/attribution"), new { windowDays = 5 }, 3).OkJsonAsync();

        var clone = (await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/clone"), new { name = "copy" }).OkJsonAsync()).GetProperty("id").GetGuid();

        foreach (var (table, left) in new[]
        {
            ("campaign_pacing", "to_jsonb(t) - 'campaign_id'"), ("campaign_attributions", "to_jsonb(t) - 'campaign_id'"), ("campaign_variants", "to_jsonb(t) - 'campaign_id'"),
            ("campaign_experiments", "to_jsonb(t) - ARRAY['campaign_id', 'salt']"),
        })
        {
            var rows = await host.ListAsync<string>($"SELECT ({left})::text FROM {table} t WHERE campaign_id = @campaign ORDER BY 1", new { campaign });
            Assert.NotEmpty(rows);
            Assert.Equal(rows, await host.ListAsync<string>($"SELECT ({left})::text FROM {table} t WHERE campaign_id = @clone ORDER BY 1", new { clone }));
        }

        Assert.NotEqual("pepper", await host.QueryAsync<string>("SELECT salt FROM campaign_experiments WHERE campaign_id = @clone", new { clone }));
    }

    [Fact]
    public async Task Campaigns_are_found_by_state_owner_time_tag_and_text_and_archived_ones_apart()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1);
        var (planned, cancelled, plain) = (await host.CreateCampaignAsync(tag), await host.CreateCampaignAsync(tag), await host.CreateCampaignAsync(tag));
        await host.PlanAsync(planned, new { launch = new { at = "2032-05-05T00:00:00Z" }, owner = "rina-" + tag, tags = new[] { tag } });
        await host.ActAsync(cancelled, "cancel");

        Assert.Equal([plain, cancelled, planned], await ListAsync($"text={tag.ToUpperInvariant()}"));
        Assert.Equal([plain, planned], await ListAsync($"text={tag}&state=draft&state=scheduled"));
        Assert.Equal([planned], await ListAsync($"owner=rina-{tag}"));
        Assert.Equal([planned], await ListAsync($"tag={tag}&channel=email"));
        Assert.Equal([planned], await ListAsync($"text={tag}&from=2032-05-05T00:00:00Z&to=2032-05-05T00:00:01Z"));
        Assert.Empty(await ListAsync($"text={tag}&channel=sms"));
        Assert.Empty(await ListAsync("text=%25"));
        Assert.Equal((400, "campaign.unknown_state", "state"), await host.Marketer.GetAsync("/api/campaign/v1/campaigns?state=gone").ProblemAsync());

        await host.ActAsync(cancelled, "archive");
        Assert.Equal([plain, planned], await ListAsync($"text={tag}"));
        Assert.Equal([cancelled], await ListAsync($"text={tag}&archived=true"));
        await host.ActAsync(cancelled, "unarchive");
        var page = await host.Marketer.GetAsync($"/api/campaign/v1/campaigns?text={tag}&limit=2").OkJsonAsync();
        var next = await host.Marketer.GetAsync($"/api/campaign/v1/campaigns?text={tag}&limit=2&cursor={page.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Equal(planned, Assert.Single(next.GetProperty("items").EnumerateArray()).GetProperty("id").GetGuid());
        await host.ActAsync(plain, "launch");
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PostAsync(ManagementHost.Path(plain, "/archive"), new { }).ProblemAsync());
        await host.ActAsync(plain, "cancel");
    }

    private static string Amount(JsonElement line, string name) =>
        line.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDecimal().ToString("0.####", System.Globalization.CultureInfo.InvariantCulture) : "";

    private Task<JsonElement> FiguresAsync(Guid campaign) => host.Marketer.GetAsync(ManagementHost.Path(campaign, "/figures")).OkJsonAsync();

    private async Task<IEnumerable<Guid>> ListAsync(string query) =>
        (await host.Marketer.GetAsync("/api/campaign/v1/campaigns?" + query).OkJsonAsync()).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid());

    private async Task<Guid[]> OpenAsync(string query) =>
        [.. (await host.Marketer.GetAsync($"/api/campaign/v1/tasks{query}").OkJsonAsync()).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())];

    private async Task<Guid> ActivityAsync(Guid? campaign, string currency, decimal plannedCost) => (await host.Marketer.PostAsync(
        Activities, new { name = "ads", channel = "search-ads", firstDay = "2026-03-01", lastDay = "2026-03-31", currency, plannedCost, campaignId = campaign }).OkJsonAsync()).GetProperty("id").GetGuid();

    private async Task<HttpResponseMessage> ImportAsync(Guid activity, string report)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Activities}/{activity}/results") { Content = new StringContent(report, Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", CampaignHost.NewId().ToString());
        return await host.Marketer.SendAsync(request);
    }

    private async Task<Guid> DraftAsync()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1);
        return await host.CreateCampaignAsync(tag);
    }
}

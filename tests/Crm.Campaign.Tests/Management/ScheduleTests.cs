using Crm.Testing;

namespace Crm.Campaign.Tests.Management;

public sealed class ScheduleTests(ClockedHost host) : IClassFixture<ClockedHost>
{
    [Fact]
    public async Task A_scheduled_campaign_is_launched_once_at_its_time_by_one_of_the_replicas()
    {
        await using var replica = host.StartReplica();
        var campaign = await DraftAsync(1);
        var plan = await host.PlanAsync(campaign, new { launch = new { local = Local(host.Now.AddHours(3)), zone = "Asia/Jakarta" } });
        Assert.Equal(host.Now.AddHours(3), plan.GetProperty("launch").GetProperty("at").GetDateTimeOffset());

        var scheduled = await ScheduleAsync(campaign);
        Assert.Equal(host.Now.AddHours(3), scheduled.GetProperty("schedule").GetProperty("nextAttemptAt").GetDateTimeOffset());
        host.Clock.Advance(TimeSpan.FromHours(2));
        await AfterAnotherLookAsync();
        Assert.Equal("scheduled", await host.StateAsync(campaign));

        host.Clock.Advance(TimeSpan.FromHours(1));

        await Eventually.Holds(async () => Assert.Equal("sending", await host.StateAsync(campaign)));
        Assert.Equal(1, await host.QueryAsync<int>("SELECT epoch FROM campaigns WHERE id = @campaign", new { campaign }));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await host.PlanAsync(campaign)).GetProperty("schedule").ValueKind);
        await host.ActAsync(campaign, "cancel");
    }

    [Fact]
    public async Task What_is_unscheduled_stays_a_draft_and_what_is_planned_anew_waits_for_the_new_time()
    {
        var (unscheduled, moved) = (await DraftAsync(1), await DraftAsync(1));
        foreach (var campaign in new[] { unscheduled, moved })
        {
            await host.PlanAsync(campaign, new { launch = new { at = host.Now.AddHours(1) } });
            await ScheduleAsync(campaign);
        }

        await host.ActAsync(unscheduled, "unschedule");
        await host.PlanAsync(moved, new { launch = new { at = host.Now.AddHours(2) } });
        host.Clock.Advance(TimeSpan.FromMinutes(90));
        await AfterAnotherLookAsync();
        Assert.Equal(("draft", "scheduled"), (await host.StateAsync(unscheduled), await host.StateAsync(moved)));
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PostAsync(ManagementHost.Path(unscheduled, "/unschedule"), new { }).ProblemAsync());

        host.Clock.Advance(TimeSpan.FromMinutes(30));
        await Eventually.Holds(async () => Assert.Equal("sending", await host.StateAsync(moved)));
        await host.ActAsync(moved, "cancel");
    }

    [Fact]
    public async Task A_launch_whose_approval_became_void_is_held_with_the_reason_and_done_once_it_is_approved_again()
    {
        var campaign = await DraftAsync(4);
        await host.PlanAsync(campaign, new { launch = new { at = host.Now.AddHours(1) } });
        Assert.Equal((403, "campaign.approval_required", null), await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/schedule"), new { }).ProblemAsync());
        await host.ApproveAsync(campaign, await host.RequestApprovalAsync(campaign));
        await ScheduleAsync(campaign);
        await host.PlanAsync(campaign, new { launch = new { at = host.Now.AddHours(1) }, goal = "changed" });

        host.Clock.Advance(TimeSpan.FromHours(1));

        await Eventually.Holds(async () =>
        {
            var schedule = (await host.PlanAsync(campaign)).GetProperty("schedule");
            Assert.Equal("campaign.approval_void", schedule.GetProperty("holdCode").GetString());
            Assert.Equal(host.Now.AddSeconds(30), schedule.GetProperty("nextAttemptAt").GetDateTimeOffset());
        });
        Assert.Equal("scheduled", await host.StateAsync(campaign));
        await host.ApproveAsync(campaign, await host.RequestApprovalAsync(campaign));
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await Eventually.Holds(async () => Assert.Equal("sending", await host.StateAsync(campaign)));
        await host.ActAsync(campaign, "cancel");
    }

    [Fact]
    public async Task A_launch_that_was_missed_for_longer_than_the_grace_waits_for_a_decision_which_may_be_to_launch_now()
    {
        var campaign = await DraftAsync(1);
        await host.PlanAsync(campaign, new { launch = new { at = host.Now.AddHours(1) } });
        await ScheduleAsync(campaign);

        host.Clock.Advance(TimeSpan.FromHours(2) + TimeSpan.FromSeconds(1));

        await Eventually.Holds(async () =>
        {
            var schedule = (await host.PlanAsync(campaign)).GetProperty("schedule");
            Assert.Equal("campaign.launch_missed", schedule.GetProperty("holdCode").GetString());
            Assert.Equal(System.Text.Json.JsonValueKind.Null, schedule.GetProperty("nextAttemptAt").ValueKind);
        });
        Assert.Equal("scheduled", await host.StateAsync(campaign));
        await host.ActAsync(campaign, "launch");
        Assert.Equal("sending", await host.StateAsync(campaign));
        await host.ActAsync(campaign, "cancel");
    }

    [Fact]
    public async Task A_campaign_whose_time_is_over_sends_nothing_more()
    {
        var campaign = await DraftAsync(1);
        await host.PlanAsync(campaign, new { endsAt = host.Now.AddDays(1) });
        await host.ActAsync(campaign, "launch");
        await Eventually.Holds(async () => Assert.Equal(1, (await host.StatisticsAsync(campaign)).GetProperty("planned").GetInt64()));

        host.Clock.Advance(TimeSpan.FromDays(1));

        await Eventually.Holds(async () => Assert.Equal("cancelled", await host.StateAsync(campaign)));
        Assert.Equal(2, await host.QueryAsync<int>("SELECT epoch FROM campaigns WHERE id = @campaign", new { campaign })); // messages of the first are void
    }

    [Theory]
    [InlineData("""{"launch":{}}""", 400, "campaign.launch_time_unclear", "launch")]
    [InlineData("""{"launch":{"at":"2026-12-01T00:00:00Z","local":"2026-12-01T07:00","zone":"Asia/Jakarta"}}""", 400, "campaign.launch_time_unclear", "launch")]
    [InlineData("""{"launch":{"local":"2026-12-01T07:00"}}""", 422, "campaign.unknown_zone", "launch.zone")]
    [InlineData("""{"launch":{"at":"2030-12-01T00:00:00Z"},"endsAt":"2030-11-30T00:00:00Z"}""", 422, "campaign.end_before_launch", "endsAt")]
    [InlineData("""{"budget":100}""", 400, "campaign.currency_missing", "currency")]
    [InlineData("""{"budget":100,"currency":"XYZ"}""", 400, "campaign.currency_unknown", "currency")]
    [InlineData("""{"budget":-1,"currency":"IDR"}""", 400, "campaign.amount_invalid", "budget")]
    [InlineData("""{"expectedRevenue":0.5,"currency":"IDR"}""", 400, "campaign.amount_invalid", "expectedRevenue")]
    [InlineData("""{"messageCosts":{"pigeon":1},"currency":"IDR"}""", 400, "campaign.unknown_channel", "messageCosts.pigeon")]
    [InlineData("""{"messageCosts":{"sms":0.00001},"currency":"IDR"}""", 400, "campaign.amount_invalid", "messageCosts.sms")]
    [InlineData("""{"tags":[" "]}""", 400, "campaign.tag_invalid", "tags[0]")]
    [InlineData("""{"state":"sending"}""", 400, "request.unknown_field", "state")]
    public async Task A_plan_that_cannot_be_is_refused(string plan, int status, string code, string field)
    {
        var campaign = await DraftAsync(1);

        Assert.Equal((status, code, field), await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/plan"), plan, 1).ProblemAsync());
    }

    [Fact]
    public async Task A_plan_is_changed_by_whoever_has_seen_the_latest_and_not_after_the_launch()
    {
        var campaign = await DraftAsync(1);
        var plan = await host.PlanAsync(campaign, new { budget = 1_500_000, currency = "IDR", messageCosts = new { email = 12.5 }, owner = "rina", tags = new[] { "ramadan", "ramadan" }, goal = "g" });
        Assert.Equal((2, 1_500_000m, 12.5m), (plan.GetProperty("version").GetInt64(), plan.GetProperty("budget").GetDecimal(), plan.GetProperty("messageCosts").GetProperty("email").GetDecimal()));
        Assert.Equal("ramadan", Assert.Single(plan.GetProperty("tags").EnumerateArray()).GetString());

        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/plan"), new { }, 1).ProblemAsync());
        Assert.Equal((422, "campaign.launch_time_missing", "launch"), await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/schedule"), new { }).ProblemAsync());
        await host.PlanAsync(campaign, new { launch = new { at = host.Now.AddSeconds(-1) } });
        Assert.Equal((422, "campaign.launch_time_passed", "launch"), await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/schedule"), new { }).ProblemAsync());
        await host.ActAsync(campaign, "launch");
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/plan"), new { }, 4).ProblemAsync());
        await host.ActAsync(campaign, "cancel");
    }

    private static string Local(DateTimeOffset instant) => instant.ToOffset(TimeSpan.FromHours(7)).ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

    private Task<System.Text.Json.JsonElement> ScheduleAsync(Guid campaign) => host.ActAsync(campaign, "schedule");

    /// <summary>Until a campaign that is due now has been launched: whoever looks for due launches has looked.</summary>
    private async Task AfterAnotherLookAsync()
    {
        var probe = await DraftAsync(1);
        await host.PlanAsync(probe, new { launch = new { at = host.Now.AddSeconds(1) } });
        await ScheduleAsync(probe);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.Holds(async () => Assert.Equal("sending", await host.StateAsync(probe)));
        await host.ActAsync(probe, "cancel");
    }

    private async Task<Guid> DraftAsync(int recipients)
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, recipients);
        return await host.CreateCampaignAsync(tag);
    }
}

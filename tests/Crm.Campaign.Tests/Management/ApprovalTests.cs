using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Management;

public sealed class ApprovalTests(ManagementHost host) : IClassFixture<ManagementHost>
{
    [Fact]
    public async Task Few_recipients_need_nobody_and_many_need_a_second_person()
    {
        var few = await DraftAsync(3);
        await host.ActAsync(few, "launch");

        var many = await DraftAsync(4);
        Assert.Equal((403, "campaign.approval_required", null), await LaunchAsync(many));
        Assert.Equal("draft", await host.StateAsync(many));
        var approval = await host.RequestApprovalAsync(many);
        Assert.Equal((403, "campaign.approval_required", null), await LaunchAsync(many));

        var approved = await host.ApproveAsync(many, approval);

        Assert.Equal(("approved", 4), (approved.GetProperty("state").GetString(), approved.GetProperty("recipients").GetInt64()));
        await host.ActAsync(many, "launch");
        Assert.Equal("sending", await host.StateAsync(many));
        await host.ActAsync(many, "cancel");
    }

    [Fact]
    public async Task Nobody_approves_what_they_made_planned_or_asked_for()
    {
        var both = host.ClientFor(TestKeys.Person(Roles.MarketingApprover));
        var requested = await DraftAsync(4);
        var approval = await host.RequestApprovalAsync(requested, both);
        Assert.Equal((403, "campaign.approver_is_author", null), await DecideAsync(both, requested, approval, "approve"));
        Assert.Equal((403, "campaign.approver_is_author", null), await DecideAsync(both, requested, approval, "reject"));

        var planned = await DraftAsync(4);
        await both.PutAsync(ManagementHost.Path(planned, "/plan"), new { goal = "sell" }, 1).OkJsonAsync();
        approval = await host.RequestApprovalAsync(planned);
        Assert.Equal((403, "campaign.approver_is_author", null), await DecideAsync(both, planned, approval, "approve"));

        var made = await DraftAsync(4, both);
        approval = await host.RequestApprovalAsync(made);
        Assert.Equal((403, "campaign.approver_is_author", null), await DecideAsync(both, made, approval, "approve"));
        Assert.Equal(403, (await DecideAsync(host.Marketer, made, approval, "approve")).Status);
        Assert.Equal((403, "campaign.approval_required", null), await LaunchAsync(made));
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("template")]
    [InlineData("plan")]
    public async Task A_change_after_the_approval_makes_it_void(string what)
    {
        var campaign = await DraftAsync(4);
        var approval = await host.RequestApprovalAsync(campaign);
        await host.ApproveAsync(campaign, approval);

        await ChangeAsync(campaign, what);

        Assert.Equal((409, "campaign.approval_void", what), await LaunchAsync(campaign));
        var shown = Assert.Single((await host.Marketer.GetAsync(ManagementHost.Path(campaign, "/approvals")).OkJsonAsync()).GetProperty("items").EnumerateArray());
        Assert.Equal("void", shown.GetProperty("state").GetString());
        Assert.Equal(what, Assert.Single(shown.GetProperty("changed").EnumerateArray()).GetString());

        await host.ApproveAsync(campaign, await host.RequestApprovalAsync(campaign));
        await host.ActAsync(campaign, "launch");
        await ChangeAsync(campaign, "segment");
        var history = (await host.Marketer.GetAsync(ManagementHost.Path(campaign, "/approvals")).OkJsonAsync()).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(["approved", "superseded"], history.Select(row => row.GetProperty("state").GetString()));
        await host.ActAsync(campaign, "cancel");
    }

    [Fact]
    public async Task What_changed_since_the_request_cannot_be_approved()
    {
        var campaign = await DraftAsync(4);
        var approval = await host.RequestApprovalAsync(campaign);
        await ChangeAsync(campaign, "segment");

        Assert.Equal((409, "campaign.approval_void", "segment"), await DecideAsync(host.Approver, campaign, approval, "approve"));
        Assert.Equal((403, "campaign.approval_required", null), await LaunchAsync(campaign));
    }

    [Fact]
    public async Task A_rejection_needs_a_reason_counts_for_any_size_and_ends_with_a_change()
    {
        var campaign = await DraftAsync(2);
        var approval = await host.RequestApprovalAsync(campaign);
        Assert.Equal((400, "request.missing_field", "reason"), await host.Approver.PostAsync(ManagementHost.Path(campaign, $"/approvals/{approval}/reject"), new { }).ProblemAsync());

        var rejected = await host.Approver.PostAsync(ManagementHost.Path(campaign, $"/approvals/{approval}/reject"), new { reason = "Too loud" }).OkJsonAsync();

        Assert.Equal(("rejected", "Too loud"), (rejected.GetProperty("state").GetString(), rejected.GetProperty("reason").GetString()));
        Assert.Equal((409, "campaign.approval_rejected", null), await LaunchAsync(campaign));
        Assert.Equal((409, "campaign.approval_decided", "state"), await DecideAsync(host.Approver, campaign, approval, "approve"));
        // Who waits for it is told.
        await Eventually.Holds(async () => Assert.Equal(
            [("campaign", campaign, "requested"), ("campaign", campaign, "rejected")],
            host.Bus.Seen<ApprovalChanged>().Where(told => told.ApprovalId == approval).OrderBy(told => told.EventId).Select(told => (told.Of, told.OfId, told.State))));
        await ChangeAsync(campaign, "template");
        await host.ActAsync(campaign, "launch");
        await host.ActAsync(campaign, "cancel");
    }

    [Fact]
    public async Task An_approval_covers_a_segment_that_grew_a_little_and_not_one_that_grew_much()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 4);
        var campaign = await host.CreateCampaignAsync(tag);
        await host.ApproveAsync(campaign, await host.RequestApprovalAsync(campaign));
        await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, 10 + number)); // 7 of 4: more than half again

        Assert.Equal((409, "campaign.audience_grew", "segmentId"), await LaunchAsync(campaign));

        var another = await host.CreateCampaignAsync(tag);
        await host.ApproveAsync(another, await host.RequestApprovalAsync(another));
        await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, 20 + number)); // 10 of 7
        await host.ActAsync(another, "launch");
        await host.ActAsync(another, "cancel");
    }

    [Fact]
    public async Task Only_open_requests_of_campaigns_to_come_wait_for_an_approver()
    {
        var (waiting, decided, cancelled) = (await DraftAsync(4), await DraftAsync(4), await DraftAsync(4));
        await host.RequestApprovalAsync(waiting);
        await host.ApproveAsync(decided, await host.RequestApprovalAsync(decided));
        await host.RequestApprovalAsync(cancelled);
        await host.ActAsync(cancelled, "cancel");

        var open = (await host.Approver.GetAsync("/api/campaign/v1/approvals?limit=200").OkJsonAsync()).GetProperty("items").EnumerateArray()
            .Select(row => row.GetProperty("campaignId").GetGuid()).ToArray();

        Assert.Contains(waiting, open);
        Assert.DoesNotContain(decided, open);
        Assert.DoesNotContain(cancelled, open);
        Assert.Equal(409, (await host.Marketer.PostAsync(ManagementHost.Path(cancelled, "/approvals"), new { }).ProblemAsync()).Status);
        Assert.Equal((404, "campaign.campaign_not_found", null), await host.Marketer.PostAsync(ManagementHost.Path(CampaignHost.NewId(), "/approvals"), new { }).ProblemAsync());
    }

    private async Task<Guid> DraftAsync(int recipients, HttpClient? by = null)
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, recipients);
        var campaign = await host.CreateCampaignAsync(tag);
        if (by is null) return campaign;
        var made = await host.CampaignAsync(campaign);
        return (await by.PostAsync("/api/campaign/v1/campaigns", new
        {
            name = tag, segmentId = made.GetProperty("segmentId").GetGuid(), templateId = made.GetProperty("templateId").GetGuid(), senderName = "Toko", fromAddress = "promo@toko.example",
        }).OkJsonAsync()).GetProperty("id").GetGuid();
    }

    private async Task ChangeAsync(Guid campaign, string what)
    {
        var made = await host.CampaignAsync(campaign);
        if (what == "plan")
        {
            await host.PlanAsync(campaign, new { goal = "another" });
            return;
        }

        var path = $"/api/campaign/v1/{what}s/{made.GetProperty(what + "Id").GetGuid()}";
        var before = await host.Marketer.GetAsync(path).OkJsonAsync();
        object body = what == "segment"
            ? new { name = "s", criteria = before.GetProperty("criteria") }
            : new { name = "t", contents = new { id = new { subject = "Lain", html = "<p>Lain</p>" } } };
        await host.Marketer.PutAsync(path, body, before.GetProperty("version").GetInt64()).OkJsonAsync();
    }

    private Task<(int Status, string? Code, string? Field)> LaunchAsync(Guid campaign) =>
        host.Marketer.PostAsync(ManagementHost.Path(campaign, "/launch"), new { }).ProblemAsync();

    private static Task<(int Status, string? Code, string? Field)> DecideAsync(HttpClient who, Guid campaign, Guid approval, string decision) =>
        who.PostAsync(ManagementHost.Path(campaign, $"/approvals/{approval}/{decision}"), new { reason = "r" }).ProblemAsync();
}

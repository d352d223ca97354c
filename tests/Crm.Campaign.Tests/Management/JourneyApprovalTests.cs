using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Tests.Journeys;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Management;

/// <summary>Four eyes for what runs by itself.</summary>
public sealed class JourneyApprovalTests(ManagementHost host) : IClassFixture<ManagementHost>, IAsyncLifetime
{
    private readonly HttpClient _author = host.ClientFor(TestKeys.Person(Roles.Marketer, Roles.MarketingApprover));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.EndAllAsync();

    [Fact]
    public async Task A_journey_for_few_needs_nobody_and_one_for_many_a_second_person()
    {
        var (few, many) = (await DraftAsync(3), await DraftAsync(4));
        await ActivatedAsync(few);

        Assert.Equal((403, "campaign.approval_required", null), await ActivateAsync(many));
        var approval = await RequestAsync(many);
        Assert.Equal((403, "campaign.approval_required", null), await ActivateAsync(many));
        Assert.Equal((403, "campaign.approver_is_author", null), await _author.PostAsync(Path(many, $"/approvals/{approval}/approve"), new { }).ProblemAsync());
        var open = await host.Approver.GetAsync("/api/campaign/v1/journey-approvals").OkJsonAsync();
        Assert.Contains(open.GetProperty("items").EnumerateArray(), row => row.GetProperty("id").GetGuid() == approval && row.GetProperty("contacts").GetInt64() == 4);

        Assert.Equal("approved", await DecideAsync(many, approval, "approve"));
        await ActivatedAsync(many);
        await Eventually.Holds(async () => Assert.Equal(
            [("journey", many, "requested"), ("journey", many, "approved")],
            host.Bus.Seen<ApprovalChanged>().Where(told => told.ApprovalId == approval).OrderBy(told => told.EventId).Select(told => (told.Of, told.OfId, told.State))));

        // What goes on as it was published needs no new look.
        await _author.PostAsync(Path(many, "/pause"), new { }).OkJsonAsync();
        await ActivatedAsync(many);
    }

    [Theory]
    [InlineData("definition")]
    [InlineData("templates")]
    [InlineData("segments")]
    public async Task A_change_after_the_approval_makes_it_void(string what)
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 4);
        var segment = (await host.Marketer.PostAsync("/api/campaign/v1/segments", Segment(tag, tag)).OkJsonAsync()).GetProperty("id").GetGuid();
        var text = await host.CreateTextAsync(tag);
        string Definition(string start) => JourneyDriver.Definition(
            $$"""{"on":"segmentEntered","segmentId":"{{segment}}"}""", start, Send("s", text, "w"), """{"id":"w","kind":"wait","days":1,"next":"x"}""", Exit);
        var journey = (await _author.PostAsync(Route, Body(tag, Definition("s"))).OkJsonAsync()).GetProperty("id").GetGuid();
        var approval = await RequestAsync(journey);
        Assert.Equal("approved", await DecideAsync(journey, approval, "approve"));

        switch (what)
        {
            case "definition":
                await _author.PutAsync(Path(journey), Body(tag, Definition("s").Replace("\"days\":1", "\"days\":2", StringComparison.Ordinal)), 1).OkJsonAsync();
                break;
            case "templates":
                await host.Marketer.PutAsync($"/api/campaign/v1/templates/{text}", new { name = tag, contents = new { id = new { subject = "Lain", html = "<p>Lain</p>" } } }, 1).OkJsonAsync();
                break;
            default:
                await host.Marketer.PutAsync($"/api/campaign/v1/segments/{segment}", new { name = tag, criteria = new { field = "tags", op = "containsAny", value = new[] { tag, tag + "-2" } } }, 1).OkJsonAsync();
                break;
        }

        Assert.Equal((409, "campaign.approval_void", what), await ActivateAsync(journey));
        var shown = Assert.Single((await host.Marketer.GetAsync(Path(journey, "/approvals")).OkJsonAsync()).GetProperty("items").EnumerateArray());
        Assert.Equal(("void", what), (shown.GetProperty("state").GetString(), Assert.Single(shown.GetProperty("changed").EnumerateArray()).GetString()));
        Assert.Equal((409, "campaign.approval_decided", "state"), await host.Approver.PostAsync(Path(journey, $"/approvals/{approval}/reject"), new { reason = "late" }).ProblemAsync());

        Assert.Equal("approved", await DecideAsync(journey, await RequestAsync(journey), "approve"));
        await ActivatedAsync(journey);
    }

    [Fact]
    public async Task What_was_rejected_or_reaches_more_than_was_approved_is_not_activated()
    {
        var tag = CampaignHost.NewTag();
        var journey = await DraftAsync(4, tag);
        Assert.Equal("rejected", await DecideAsync(journey, await RequestAsync(journey), "reject"));
        Assert.Equal((409, "campaign.approval_rejected", null), await ActivateAsync(journey));

        Assert.Equal("approved", await DecideAsync(journey, await RequestAsync(journey), "approve"));
        await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, number + 10));
        Assert.Equal((409, "campaign.audience_grew", "definition.trigger"), await ActivateAsync(journey));
    }

    [Fact]
    public async Task A_triggered_campaign_is_approved_for_whomever_its_channel_reaches()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 4);
        var campaign = await host.CreateTriggeredAsync(tag);
        Assert.Equal((403, "campaign.approval_required", null), await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/launch"), new { }).ProblemAsync());

        await host.ApproveAsync(campaign, await host.RequestApprovalAsync(campaign));
        await host.ActAsync(campaign, "launch");
        Assert.Equal("sending", await host.StateAsync(campaign));

        // Its costs may be told while it runs, its times not.
        var version = (await host.CampaignAsync(campaign)).GetProperty("version").GetInt64();
        await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/plan"), new { currency = "IDR", messageCosts = new { email = 50 }, pointCost = 5 }, version).OkJsonAsync();
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/plan"), new { endsAt = "2099-01-01T00:00:00Z" }, version + 1).ProblemAsync());
        await host.ActAsync(campaign, "cancel");
    }

    private static string Path(Guid journey, string rest = "") => $"{Route}/{journey}{rest}";

    private static object Segment(string name, string tag) => new { name, criteria = new { field = "tags", op = "contains", value = tag } };

    private async Task<Guid> DraftAsync(int customers, string? tag = null)
    {
        tag ??= CampaignHost.NewTag();
        await host.RegisterAsync(tag, customers);
        var text = await host.CreateTextAsync(tag);
        return (await _author.PostAsync(Route, Body(tag, Definition(Manual(tag), "s", Send("s", text, "x"), Exit))).OkJsonAsync()).GetProperty("id").GetGuid();
    }

    private Task<(int Status, string? Code, string? Field)> ActivateAsync(Guid journey) => _author.PostAsync(Path(journey, "/activate"), new { }).ProblemAsync();

    private async Task ActivatedAsync(Guid journey) =>
        Assert.Equal("active", (await _author.PostAsync(Path(journey, "/activate"), new { }).OkJsonAsync()).GetProperty("state").GetString());

    private async Task<Guid> RequestAsync(Guid journey) =>
        (await host.Marketer.PostAsync(Path(journey, "/approvals"), new { comment = "please" }).OkJsonAsync()).GetProperty("id").GetGuid();

    private async Task<string?> DecideAsync(Guid journey, Guid approval, string decision) =>
        (await host.Approver.PostAsync(Path(journey, $"/approvals/{approval}/{decision}"), new { reason = "seen" }).OkJsonAsync()).GetProperty("state").GetString();
}

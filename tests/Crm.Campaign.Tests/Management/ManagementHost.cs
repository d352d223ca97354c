using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Management;

/// <summary>Where more than three recipients need four eyes.</summary>
public class ManagementHost : CampaignHost
{
    public HttpClient Approver => ClientFor(Roles.MarketingApprover);

    public static string Path(Guid campaign, string rest = "") => $"/api/campaign/v1/campaigns/{campaign}{rest}";

    public async Task<JsonElement> CampaignAsync(Guid campaign) => await Marketer.GetAsync(Path(campaign)).OkJsonAsync();

    public async Task<string?> StateAsync(Guid campaign) => (await CampaignAsync(campaign)).GetProperty("state").GetString();

    public async Task<JsonElement> PlanAsync(Guid campaign, object plan) =>
        await Marketer.PutAsync(Path(campaign, "/plan"), plan, (await CampaignAsync(campaign)).GetProperty("version").GetInt64()).OkJsonAsync();

    public async Task<JsonElement> PlanAsync(Guid campaign) => await Marketer.GetAsync(Path(campaign, "/plan")).OkJsonAsync();

    public async Task<Guid> RequestApprovalAsync(Guid campaign, HttpClient? by = null) =>
        (await (by ?? Marketer).PostAsync(Path(campaign, "/approvals"), new { comment = "please" }).OkJsonAsync()).GetProperty("id").GetGuid();

    public Task<JsonElement> ApproveAsync(Guid campaign, Guid approval) =>
        Approver.PostAsync(Path(campaign, $"/approvals/{approval}/approve"), new { reason = "fine" }).OkJsonAsync();

    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        await base.ConfigureAsync(settings);
        settings["Approval:AboveRecipients"] = "3";
        settings["Approval:GrowthPercent"] = "50";
        settings["Plan:PollInterval"] = "00:00:00.050";
        settings["Plan:RetryAfter"] = "00:00:30";
        settings["Plan:Grace"] = "01:00:00";
    }
}

/// <summary>With a clock that the test sets.</summary>
public sealed class ClockedHost : ManagementHost
{
    public ClockedHost() => Time = Clock;

    public TestClock Clock { get; } = new(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));

    public DateTimeOffset Now => Clock.GetUtcNow();
}

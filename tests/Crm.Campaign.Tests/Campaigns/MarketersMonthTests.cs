using System.Net;
using System.Text;
using Crm.Campaign.Delivery;
using Crm.Campaign.Tests.Management;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Campaigns;

/// <summary>
/// What marketers do in a month, one step after the other, through the API and over real servers: plan, write, have it approved, send at
/// the planned time, see what came of it, explain it, account for it, and go on with the next campaign.
/// </summary>
public sealed class MarketersMonthTests(ManagementHost host) : IClassFixture<ManagementHost>
{
    private const string Api = "/api/campaign/v1";
    private const int Customers = 40;

    [Fact]
    public async Task A_month_of_marketing()
    {
        var (tag, rina, dewi) = (CampaignHost.NewTag(), host.ClientFor(TestKeys.Person(Roles.Marketer)), host.ClientFor(TestKeys.Person(Roles.MarketingApprover)));
        var customers = await host.RegisterAsync(tag, Customers, number => CampaignHost.Customer(tag, number, consent: number > 0));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);

        // Whom: everybody with the tag but one, who does not consent.
        var criteria = new { field = "tags", op = "contains", value = tag };
        var preview = await rina.PostAsync($"{Api}/segments/preview", new { criteria }).OkJsonAsync();
        Assert.Equal((Customers, Customers - 1), (preview.GetProperty("matching").GetInt32(), preview.GetProperty("reachable").GetInt32()));

        // What, and a quarter kept back to see whether it does anything.
        var campaign = await host.CreateCampaignAsync(tag, holdout: 25);
        var checklist = await rina.PostAsync($"{Api}/task-checklists", new { name = tag, items = new[] { new { title = "Proofread", daysBeforeLaunch = 1 } } }).OkJsonAsync();
        var launchAt = TimeProvider.System.GetUtcNow().AddSeconds(8);
        var plan = new { launch = new { at = launchAt }, currency = "IDR", budget = 100_000, expectedRevenue = 900_000, messageCosts = new { email = 100 }, owner = "rina", goal = "Reactivate", tags = new[] { tag } };
        await rina.PutAsync(ManagementHost.Path(campaign, "/plan"), plan, 1).OkJsonAsync();
        await rina.PostAsync(ManagementHost.Path(campaign, "/tasks/from-checklist"), new { checklistId = checklist.GetProperty("id").GetGuid() }).OkJsonAsync();

        // A second person looks at it; then it goes out by itself.
        var approval = await host.RequestApprovalAsync(campaign, rina);
        await dewi.PostAsync(ManagementHost.Path(campaign, $"/approvals/{approval}/approve"), new { }).OkJsonAsync();
        await rina.PostAsync(ManagementHost.Path(campaign, "/schedule"), new { }).OkJsonAsync();
        await host.FinishedAsync(campaign);
        var sent = await SentOnceAsync(campaign, relay, customers.Count);

        // What came of it: one clicks, one unsubscribes.
        var deliveries = await host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'sent' ORDER BY delivery_id", new { campaign });
        var tokens = host.Services.GetRequiredService<TrackingTokens>();
        Assert.Equal(HttpStatusCode.Redirect, (await host.Anonymous().GetAsync(PathOf(tokens.LinkUrl(deliveries[0], 0)))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().PostAsync(PathOf(tokens.UnsubscribeUrl(deliveries[1])), null)).StatusCode);

        // Why, for one who got it and one who was kept back; and on the page that the mail itself leads to.
        var receipt = await rina.GetAsync($"{Api}/deliveries/{deliveries[0]}/receipt").OkJsonAsync();
        Assert.True(Assert.Single(receipt.GetProperty("rule").GetProperty("facts").EnumerateArray()).GetProperty("holds").GetBoolean());
        var keptBack = await host.QueryAsync<Guid>("SELECT customer_id FROM deliveries WHERE campaign_id = @campaign AND reason = 'holdout' LIMIT 1", new { campaign });
        Assert.Equal("holdout", (await rina.GetAsync(ManagementHost.Path(campaign, $"/receipts/{keptBack}")).OkJsonAsync()).GetProperty("reason").GetString());
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().GetAsync(PathOf(tokens.WhyUrl(deliveries[0])))).StatusCode);

        // What it cost, with the advertisements beside it.
        var activity = await rina.PostAsync($"{Api}/activities", new { name = tag, channel = "search-ads", firstDay = "2026-03-01", lastDay = "2026-03-31", currency = "IDR", plannedCost = 50_000, campaignId = campaign }).OkJsonAsync();
        await ReportAsync(rina, activity.GetProperty("id").GetGuid(), "day,impressions,clicks,leads,cost\n2026-03-01,1000,40,3,20000\n");
        var figures = await rina.GetAsync(ManagementHost.Path(campaign, "/figures")).OkJsonAsync();
        Assert.Equal(sent * 100m + 20_000m, figures.GetProperty("money")[0].GetProperty("spent").GetDecimal());
        Assert.Equal("effect_not_known", figures.GetProperty("roiReason").GetString());

        // The next one, like it: who unsubscribed is left out, and the calendar warns that it comes soon.
        var next = (await rina.PostAsync(ManagementHost.Path(campaign, "/clone"), new { name = tag + " II" }).OkJsonAsync()).GetProperty("id").GetGuid();
        await host.ApproveAsync(next, await host.RequestApprovalAsync(next, rina));
        await rina.PostAsync(ManagementHost.Path(next, "/launch"), new { }).OkJsonAsync();
        await host.FinishedAsync(next);
        Assert.Equal(1, (await host.StatisticsAsync(next)).GetProperty("skippedBy").GetProperty("suppressed").GetInt64());
        var day = launchAt.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var until = launchAt.AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var calendar = await rina.GetAsync($"{Api}/calendar?from={day}&to={until}&zone=Asia/Jakarta").OkJsonAsync();
        Assert.Contains(calendar.GetProperty("conflicts").EnumerateArray(), conflict => conflict.GetProperty("kind").GetString() == "segment" && conflict.GetProperty("campaignId").GetGuid() == next);
    }

    /// <summary>Everybody is accounted for, and each who is not kept back or excluded got one mail.</summary>
    private async Task<long> SentOnceAsync(Guid campaign, ScriptedSmtpServer relay, int customers)
    {
        var statistics = await host.StatisticsAsync(campaign);
        var (sent, holdout) = (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("skippedBy").GetProperty("holdout").GetInt64());
        Assert.Equal((customers, 1), (sent + holdout + 1, statistics.GetProperty("skippedBy").GetProperty("no_consent").GetInt64()));
        Assert.Equal(sent, relay.MessageIds().Distinct().Count());
        Assert.Equal(sent, relay.Contents.Count);
        await host.CountersAgreeAsync(campaign);
        return sent;
    }

    private static async Task ReportAsync(HttpClient client, Guid activity, string report)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Api}/activities/{activity}/results") { Content = new StringContent(report, Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", CampaignHost.NewId().ToString());
        using var response = await client.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static string PathOf(string url) => new Uri(url).AbsolutePath;
}

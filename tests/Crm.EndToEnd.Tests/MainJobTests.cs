using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.EndToEnd.Tests;

/// <summary>
/// The main job, as a department does it: real purchase histories go in; the platform knows its customers, values them, picks a target
/// group, sends it a campaign, shows who responded, and forgets who asks for it. Services are killed on the way.
/// </summary>
public sealed partial class MainJobTests(Platform platform) : IClassFixture<Platform>
{
    /// <summary>Fitted on the CDNOW sample, calibration until 1997-09-30, with exact weeks (CLVTools' published test values).</summary>
    private static readonly (string Name, double Value)[] PublishedBgNbd = [("r", 0.2425945), ("alpha", 4.4136019), ("a", 0.7929199), ("b", 2.4258881)];

    [Fact]
    public async Task Purchases_in_value_known_campaign_sent_response_seen()
    {
        var file = Repository.SharedData("cdnow", "CDNOW_sample.txt");
        if (file is not null)
        {
            Assert.Contains("2,357", Digits(await platform.SeedAsync("cdnow", file)), StringComparison.Ordinal);
        }
        else
        {
            await platform.SeedAsync("--customers", "400");
        }

        await using var browser = await Browser.OpenAsync();
        await browser.SignInAsync(platform, "demo");
        if (file is not null) await TheFitEqualsThePublishedValues(browser);

        // A service that dies comes back, and what follows is right all the same.
        await platform.KillAsync("analytics");
        await Score(browser);
        var ranked = await browser.ApiAsync("GET", "/api/analytics/v1/customer-values?sort=clv&order=desc&limit=5");
        var clv = ranked.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("clv").GetDecimal()).ToList();
        Assert.Equal(5, clv.Count);
        Assert.Equal(clv.OrderDescending(), clv);

        await using var shop = await Shop.StartAsync();
        var (campaignId, reachable) = await Launch(browser, shop.Address);
        await platform.KillAsync("campaign");
        var mails = await Eventually.Answers(
            async () =>
            {
                var inbox = await platform.MailsAsync();
                return inbox.GetArrayLength() >= reachable ? inbox.EnumerateArray().ToArray() : null;
            },
            TimeSpan.FromMinutes(2));

        // Each recipient once, personal, with one-click unsubscribe.
        Assert.Equal(reachable, mails.Length);
        Assert.Equal(mails.Length, mails.Select(mail => mail.GetProperty("to")[0].GetProperty("address").GetString()).Distinct().Count());
        var source = await platform.MailSourceAsync(mails[0].GetProperty("id").GetString()!);
        Assert.Contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click", source, StringComparison.Ordinal);
        Assert.Matches("(?m)^List-Unsubscribe: ?<http", source.Replace("\r\n ", " ", StringComparison.Ordinal));
        Assert.All(mails, mail => Assert.DoesNotContain("{{", mail.GetProperty("subject").GetString(), StringComparison.Ordinal));

        // A person opens the mail in the inbox, follows the link and lands in the shop.
        var name = mails[0].GetProperty("to")[0].GetProperty("address").GetString()!;
        await browser.Page.GotoAsync($"http://localhost:{platform.MailPort}/email/{mails[0].GetProperty("id").GetString()}/html");
        await browser.Page.Locator("a", new() { HasTextRegex = ShopLink() }).First.ClickAsync();
        await browser.Page.WaitForURLAsync(shop.Address + "/**");
        Assert.Equal("Sale", await browser.Page.Locator("h1").TextContentAsync());
        await browser.Page.GotoAsync(platform.Gateway + "/");

        await Eventually.Holds(async () =>
        {
            var statistics = await browser.ApiAsync("GET", $"/api/campaign/v1/campaigns/{campaignId}/statistics");
            Assert.Equal(reachable, statistics.GetProperty("sent").GetInt64());
            Assert.Equal(1, statistics.GetProperty("clicked").GetProperty("unique").GetInt64());
            Assert.Equal(0, statistics.GetProperty("unknown").GetInt64());
        });

        var customerId = (await browser.ApiAsync("GET", $"/api/customer/v1/customers?q={Uri.EscapeDataString(name)}")).GetProperty("items")[0].GetProperty("id").GetString()!;
        await OpenAndResolveACase(browser, customerId);
        await TheWholeCustomerShows(browser, customerId);
        await OneClickUnsubscribeWorks(browser, mails[1]);
        await AnErasedPersonIsNowhere(browser, customerId, name);
    }

    private static async Task TheFitEqualsThePublishedValues(Browser browser)
    {
        var fit = await Job(browser, "/api/analytics/v1/model-fits", new { calibrationEnd = "1997-09-30" });
        var bgNbd = fit.GetProperty("bgNbd");
        Assert.All(PublishedBgNbd, published => Assert.Equal(published.Value, bgNbd.GetProperty("parameters").GetProperty(published.Name).GetDouble(), published.Value * 1e-3));
        Assert.Equal(-9582.429, bgNbd.GetProperty("logLikelihood").GetDouble(), 0.01);
    }

    private static async Task Score(Browser browser)
    {
        await Job(browser, "/api/analytics/v1/model-fits", new { });
        var run = await Job(browser, "/api/analytics/v1/scoring-runs", new { });
        Assert.True(run.GetProperty("customers").GetInt64() >= 300);
    }

    private static async Task<JsonElement> Job(Browser browser, string path, object request)
    {
        var job = await browser.ApiAsync("POST", path, request);
        var id = job.GetProperty("id").GetString();
        return (await Eventually.Answers(
            async () =>
            {
                var now = await browser.ApiAsync("GET", $"{path}/{id}");
                var state = now.GetProperty("status").GetProperty("state").GetString();
                Assert.NotEqual("failed", state);
                return state == "succeeded" ? new Boxed(now.GetProperty("result")) : null;
            },
            TimeSpan.FromMinutes(2))).Value;
    }

    /// <summary>Bought at least twice, likely gone, valuable, and consents: the group of the main job.</summary>
    private static async Task<(string CampaignId, long Reachable)> Launch(Browser browser, string shop)
    {
        var criteria = new
        {
            all = new object[]
            {
                new { field = "purchaseCount", op = "gte", value = 2 },
                new { field = "pAlive", op = "lt", value = 0.5 },
                new { field = "clvPercentile", op = "gt", value = 0.8 },
                new { field = "consent.email", op = "eq", value = true },
            },
        };
        var preview = await Eventually.Answers(
            async () =>
            {
                var now = await browser.ApiAsync("POST", "/api/campaign/v1/segments/preview", new { criteria });
                return now.GetProperty("reachable").GetInt64() > 2 ? new Boxed(now) : throw new InvalidOperationException($"The audience is not complete yet: {now}");
            },
            TimeSpan.FromMinutes(3));
        var reachable = preview.Value.GetProperty("reachable").GetInt64();
        Assert.InRange(preview.Value.GetProperty("sample").GetArrayLength(), 1, 10);

        var segment = await browser.ApiAsync("POST", "/api/campaign/v1/segments", new { name = "Win back", criteria });
        var template = await browser.ApiAsync("POST", "/api/campaign/v1/templates", new
        {
            name = "Win back",
            contents = new Dictionary<string, object>
            {
                ["id"] = new { subject = "Kami rindu Anda, {{firstName}}", html = $"<p>Halo {{{{displayName}}}}, ada kejutan.</p><p><a href=\"{shop}/sale\">Ke toko</a></p>" },
                ["en"] = new { subject = "We miss you, {{firstName}}", html = $"<p>Hello {{{{displayName}}}}, here is a surprise.</p><p><a href=\"{shop}/sale\">To the shop</a></p>" },
            },
        });
        var campaign = await browser.ApiAsync("POST", "/api/campaign/v1/campaigns", new
        {
            name = "Win back",
            segmentId = segment.GetProperty("id").GetString(),
            templateId = template.GetProperty("id").GetString(),
            senderName = "Toko Musik",
            fromAddress = "halo@example.com",
        });
        var id = campaign.GetProperty("id").GetString()!;
        await browser.ApiAsync("POST", $"/api/campaign/v1/campaigns/{id}/launch", version: campaign.GetProperty("version").GetInt64());
        return (id, reachable);
    }

    private static async Task OpenAndResolveACase(Browser browser, string customerId)
    {
        var opened = await browser.ApiAsync("POST", "/api/service/v1/cases", new { customerId, subject = "CD is scratched", type = "complaint", channel = "phone" });
        var path = $"/api/service/v1/cases/{opened.GetProperty("id").GetString()}";
        await browser.ApiAsync("POST", path + "/resolution", new { resolution = "Replaced." }, opened.GetProperty("version").GetInt64());
    }

    /// <summary>Patient: while the backlog of the seed is worked off on a small machine, a part may miss its 300 ms for a while, and is named.</summary>
    private static Task TheWholeCustomerShows(Browser browser, string customerId) => Eventually.Holds(
        async () =>
        {
            var view = await browser.ApiAsync("GET", $"/api/customer360/v1/customers/{customerId}");
            Assert.Equal("[]", view.GetProperty("unavailable").GetRawText());
            Assert.True(view.GetProperty("purchases").GetProperty("count").GetInt64() >= 2);
            Assert.True(view.GetProperty("loyalty").GetProperty("availablePoints").GetInt64() > 0);
            Assert.Equal("Resolved", view.GetProperty("cases").GetProperty("cases")[0].GetProperty("status").GetString());
            Assert.True(view.GetProperty("value").GetProperty("probabilityAlive").GetDouble() < 0.5);
            Assert.NotEqual(JsonValueKind.Null, view.GetProperty("campaigns")[0].GetProperty("firstClickedAt").ValueKind);

            var timeline = await browser.ApiAsync("GET", $"/api/customer/v1/customers/{customerId}/timeline?limit=200");
            var sources = timeline.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("sourceService").GetString()).ToHashSet();
            Assert.Superset(new HashSet<string?> { "sales", "service", "loyalty", "campaign" }, sources);
        },
        TimeSpan.FromMinutes(2));

    private async Task OneClickUnsubscribeWorks(Browser browser, JsonElement mail)
    {
        var source = (await platform.MailSourceAsync(mail.GetProperty("id").GetString()!)).Replace("\r\n ", " ", StringComparison.Ordinal);
        var url = UnsubscribeHeader().Match(source).Groups[1].Value;
        var address = mail.GetProperty("to")[0].GetProperty("address").GetString()!;
        using var provider = new HttpClient(new SocketsHttpHandler());
        using (var looked = await provider.GetAsync(url)) Assert.Equal(HttpStatusCode.OK, looked.StatusCode);
        Assert.True(await ConsentsAsync(), "Looking at the page must not unsubscribe.");
        using var form = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        using (var acted = await provider.PostAsync(url, form)) Assert.True(acted.IsSuccessStatusCode);
        await Eventually.Holds(async () => Assert.False(await ConsentsAsync()));

        async Task<bool> ConsentsAsync()
        {
            var found = (await browser.ApiAsync("GET", $"/api/customer/v1/customers?q={Uri.EscapeDataString(address)}")).GetProperty("items")[0];
            var view = await browser.ApiAsync("GET", $"/api/customer360/v1/customers/{found.GetProperty("id").GetString()}");
            return view.GetProperty("customer").GetProperty("consents").EnumerateArray()
                .Any(consent => consent.GetProperty("channel").GetString() == "email" && consent.GetProperty("purpose").GetString() == "marketing" && consent.GetProperty("granted").GetBoolean());
        }
    }

    private static string Digits(string text) => Regex.Replace(text, "(?<=[0-9])[.  ](?=[0-9]{3})", ",");

    [GeneratedRegex("(?m)^List-Unsubscribe: ?<(http[^>]+)>")]
    private static partial Regex UnsubscribeHeader();

    [GeneratedRegex("Ke toko|To the shop")]
    private static partial Regex ShopLink();

    private sealed record Boxed(JsonElement Value);

    /// <summary>Where the campaign's link leads.</summary>
    private sealed class Shop(WebApplication app) : IAsyncDisposable
    {
        public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        public static async Task<Shop> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.Configuration["urls"] = "http://127.0.0.1:0";
            var app = builder.Build();
            app.MapGet("/sale", () => Results.Content("<h1>Sale</h1>", "text/html"));
            await app.StartAsync();
            return new Shop(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}

using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Tests.Channels;
using Crm.Campaign.Tests.Journeys;
using Crm.Campaign.Tests.Management;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Campaigns;

/// <summary>
/// What the marketers of a shop do in a month, one step after the other, through the API and over real servers. Rina plans and writes, Dewi
/// approves, Agus calls; customers read, click, buy and have birthdays.
/// </summary>
public sealed class MarketersMonthTests(MonthHost host) : IClassFixture<MonthHost>
{
    private const string Api = "/api/campaign/v1";
    private const int Customers = 60;
    private readonly string _shop = CampaignHost.NewTag();
    private readonly string _regulars = CampaignHost.NewTag();
    private readonly HttpClient _rina = host.ClientFor(TestKeys.Person(Roles.Marketer));
    private readonly HttpClient _dewi = host.ClientFor(TestKeys.Person(Roles.MarketingApprover));
    private readonly HttpClient _agus = host.ClientFor(TestKeys.Person(Roles.ServiceAgent));
    private IReadOnlyList<CustomerSnapshot> _customers = [];
    private ScriptedSmtpServer _relay = null!;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_month_of_marketing()
    {
        _customers = await host.RegisterAsync(_shop, Customers, Customer);
        await using var relay = _relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);

        await TheSegmentIsLookedAt();
        var (birthday, welcome, winBack) = await JourneysAreStarted();

        var coupons = await CouponsAreMade();
        var promo = await APromoIsPlannedAndApproved(coupons);
        await TwoSubjectsAreTestedAndNothingIsClaimed(promo);
        await SomebodyClicksAndSomebodyUnsubscribes(promo);
        await EverybodyIsToldWhy(promo);

        await RegularsAreCalled();
        await RegularsGetALetter();
        await ABirthdayIsGreeted(birthday);
        await ANewCustomerIsWelcomed(welcome);
        await ALostCustomerIsWonBack(winBack);

        await ResultsAreReadAgainstTheHoldOut(promo, await CustomersBuy(promo));
        await TheNextOneIsLikeIt(promo);
    }

    /// <summary>Everybody has the shop's tag; three are regulars; one does not consent; one has a birthday.</summary>
    private CustomerSnapshot Customer(int number) => ChannelCampaigns.Reachable(_shop, number, consent: number > 0) with
    {
        Tags = number is 1 or 2 or 3 ? [_shop, _regulars] : [_shop],
        BirthDate = number == 4 ? Today().AddYears(-28) : null,
    };

    private async Task TheSegmentIsLookedAt()
    {
        var preview = await _rina.PostAsync($"{Api}/segments/preview", new { criteria = new { field = "tags", op = "contains", value = _shop } }).OkJsonAsync();
        Assert.Equal((Customers, Customers - 1), (preview.GetProperty("matching").GetInt32(), preview.GetProperty("reachable").GetInt32()));
    }

    private async Task<(Guid Birthday, Guid Welcome, Guid WinBack)> JourneysAreStarted()
    {
        var (card, greeting, reminder) = (await host.CreateTextAsync(_shop + " card"), await host.CreateTextAsync(_shop + " greeting"), await host.CreateTextAsync(_shop + " reminder"));
        var birthday = await JourneyAsync("Birthday", JourneyDriver.Definition(
            $$"""{"on":"date","field":"birthDate","hour":0,"criteria":{{JourneyDriver.Tagged(_shop)}}}""", "card", JourneyDriver.Send("card", card, "x"), JourneyDriver.Exit));
        var winBack = await JourneyAsync("Win-back", JourneyDriver.Definition(
            """{"on":"date","field":"lastPurchaseAt","hour":0,"years":1,"criteria":{"field":"pAlive","op":"lt","value":0.5}}""", "invitation",
            JourneyDriver.Send("invitation", reminder, "back"),
            """{"id":"back","kind":"waitUntil","event":"purchaseRecorded","days":14,"next":"returned","otherwise":"x"}""",
            """{"id":"returned","kind":"goal","event":"purchaseRecorded"}""", JourneyDriver.Exit));
        var ready = new { templates = new { greeting, reminder }, senderName = "Toko Sejahtera", fromAddress = "promo@toko.example" };
        var welcome = (await _rina.PostAsync($"{Api}/journey-templates/welcome/journeys", ready).OkJsonAsync()).GetProperty("id").GetGuid();

        // Anybody may enter those: they are looked at by a second person, as a campaign to many is. Nobody fits the win-back yet.
        foreach (var journey in new[] { birthday, welcome })
        {
            Assert.Equal((403, "campaign.approval_required", null), await _rina.PostAsync($"{JourneyDriver.Route}/{journey}/activate", new { }).ProblemAsync());
            var approval = (await _rina.PostAsync($"{JourneyDriver.Route}/{journey}/approvals", new { comment = "Runs all year" }).OkJsonAsync()).GetProperty("id").GetGuid();
            await _dewi.PostAsync($"{JourneyDriver.Route}/{journey}/approvals/{approval}/approve", new { }).OkJsonAsync();
        }

        foreach (var journey in new[] { birthday, welcome, winBack }) await _rina.PostAsync($"{JourneyDriver.Route}/{journey}/activate", new { }).OkJsonAsync();
        return (birthday, welcome, winBack);
    }

    private async Task<string> CouponsAreMade()
    {
        var name = "p" + CampaignHost.NewId().ToString("N")[20..];
        var pool = await _rina.PostAsync($"{Api}/coupon-pools", new
        {
            name, worthId = "Rp 25.000", worthEn = "IDR 25,000", validFrom = DateTimeOffset.UnixEpoch, validUntil = Now.AddDays(30), cost = 25_000, costCurrency = "IDR",
        }).OkJsonAsync();
        await _rina.PostAsync($"{Api}/coupon-pools/{pool.GetProperty("id").GetGuid()}/generate", new { pattern = "PRO-####-######", count = 100 }).OkJsonAsync();
        return name;
    }

    /// <summary>A quarter is kept back to see whether it does anything; two subjects are tried on half of the others; it goes out by itself.</summary>
    private async Task<Guid> APromoIsPlannedAndApproved(string coupons)
    {
        var campaign = await host.CreateCampaignAsync(_shop, holdout: 25, $$$"""<p>Halo {{firstName}}</p><p><a href="https://toko.example/promo">Promo</a> {{coupon "{{{coupons}}}"}}</p>""");
        var templateId = (await _rina.GetAsync(ManagementHost.Path(campaign)).OkJsonAsync()).GetProperty("templateId").GetGuid();
        var variants = new[] { new { name = "A", templateId, subjects = new { id = "Promo untuk {{firstName}}", en = "Promo for {{firstName}}" } }, new { name = "B", templateId, subjects = new { id = "{{firstName}}, ada promo", en = "{{firstName}}, a promo" } } };
        await _rina.PutAsync(ManagementHost.Path(campaign, "/variants"), new { variants, testPercent = 50, minimumSample = 5, horizonMinutes = 60, defaultVariant = "B" }, 1).OkJsonAsync();
        var checklist = await _rina.PostAsync($"{Api}/task-checklists", new { name = _shop, items = new[] { new { title = "Proofread", daysBeforeLaunch = 1 } } }).OkJsonAsync();
        var plan = new
        {
            launch = new { at = Now.AddSeconds(6) }, currency = "IDR", budget = 100_000, expectedRevenue = 900_000, messageCosts = new { email = 100 }, owner = "rina", goal = "Reactivate",
        };
        await _rina.PutAsync(ManagementHost.Path(campaign, "/plan"), plan, 2).OkJsonAsync();
        await _rina.PostAsync(ManagementHost.Path(campaign, "/tasks/from-checklist"), new { checklistId = checklist.GetProperty("id").GetGuid() }).OkJsonAsync();

        var approval = await host.RequestApprovalAsync(campaign, _rina);
        await _dewi.PostAsync(ManagementHost.Path(campaign, $"/approvals/{approval}/approve"), new { }).OkJsonAsync();
        await _rina.PostAsync(ManagementHost.Path(campaign, "/schedule"), new { }).OkJsonAsync();
        return campaign;
    }

    private async Task TwoSubjectsAreTestedAndNothingIsClaimed(Guid promo)
    {
        // Nobody clicked in the test phase: that one subject is better cannot be said, and the declared one goes to the rest.
        await Eventually.Holds(async () => Assert.Equal(Customers, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @promo", new { promo })));
        await Eventually.Holds(async () => Assert.Equal(
            0, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @promo AND variant IS NOT NULL AND state NOT IN ('sent', 'skipped')", new { promo })));
        await host.ListAsync<int>("UPDATE campaigns SET launched_at = launched_at - interval '2 hours' WHERE id = @promo RETURNING 1", new { promo });
        await host.FinishedAsync(promo);
        var test = await _rina.GetAsync(ManagementHost.Path(promo, "/experiment")).OkJsonAsync();
        Assert.Equal(("inconclusive", "B", false), (test.GetProperty("outcome").GetString(), test.GetProperty("chosen").GetString(), test.GetProperty("preliminary").GetBoolean()));

        // Everybody is accounted for, and each who is not kept back or excluded got one mail.
        var statistics = await host.StatisticsAsync(promo);
        var (sent, holdout) = (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("skippedBy").GetProperty("holdout").GetInt64());
        Assert.Equal((Customers, 1), (sent + holdout + 1, statistics.GetProperty("skippedBy").GetProperty("no_consent").GetInt64()));
        var promos = await host.ListAsync<string>("SELECT email FROM deliveries WHERE campaign_id = @promo AND state = 'sent'", new { promo });
        Assert.All(promos, email => Assert.Single(_relay.Contents, content => Relay.Header(content, "Subject").Contains("romo", StringComparison.Ordinal) && Relay.Header(content, "To").Contains(email, StringComparison.Ordinal)));
        await host.CountersAgreeAsync(promo);
    }

    private async Task SomebodyClicksAndSomebodyUnsubscribes(Guid promo)
    {
        var (sent, tokens) = (await SentAsync(promo), host.Services.GetRequiredService<TrackingTokens>());
        Assert.Equal(HttpStatusCode.Redirect, (await host.Anonymous().GetAsync(PathOf(tokens.LinkUrl(sent[0], 0)))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().PostAsync(PathOf(tokens.UnsubscribeUrl(sent[1])), null)).StatusCode);
    }

    private async Task EverybodyIsToldWhy(Guid promo)
    {
        var sent = await SentAsync(promo);
        var receipt = await _rina.GetAsync($"{Api}/deliveries/{sent[0]}/receipt").OkJsonAsync();
        Assert.True(Assert.Single(receipt.GetProperty("rule").GetProperty("facts").EnumerateArray()).GetProperty("holds").GetBoolean());
        var keptBack = await host.QueryAsync<Guid>("SELECT customer_id FROM deliveries WHERE campaign_id = @promo AND reason = 'holdout' LIMIT 1", new { promo });
        Assert.Equal("holdout", (await _rina.GetAsync(ManagementHost.Path(promo, $"/receipts/{keptBack}")).OkJsonAsync()).GetProperty("reason").GetString());
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().GetAsync(PathOf(host.Services.GetRequiredService<TrackingTokens>().WhyUrl(sent[0])))).StatusCode);
    }

    private async Task RegularsAreCalled()
    {
        var calls = await host.CreateAsync(_regulars, "phone", "", "Koleksi baru", "Halo {{firstName}}, kami punya koleksi baru.");
        var always = new { maxAttempts = 2, noAnswerPauseMinutes = 1, busyPauseMinutes = 1, callsFrom = "00:00:00", callsUntil = "23:59:59.9", weekdays = new[] { 1, 2, 3, 4, 5, 6, 7 } };
        await _rina.PutAsync($"{Api}/call-lists/{calls}/rules", always, 0).OkJsonAsync();
        await host.ActAsync(calls, "launch");
        await host.FinishedAsync(calls);

        foreach (var outcome in new[] { "reachedInterested", "noAnswer", "doNotCall" })
        {
            var call = await _agus.PostAsync($"{Api}/call-lists/{calls}/next", new { }).OkJsonAsync();
            Assert.Contains("Halo Siti, kami punya", call.GetProperty("script").GetString(), StringComparison.Ordinal);
            await _agus.PostAsync($"{Api}/call-lists/{calls}/calls/{call.GetProperty("id").GetGuid()}/outcome", new { outcome }).OkJsonAsync();
        }

        var list = await _rina.GetAsync($"{Api}/call-lists/{calls}").OkJsonAsync();
        Assert.Equal((3, 2), (list.GetProperty("total").GetInt64(), list.GetProperty("done").GetInt64()));
        Assert.All(new[] { "reachedInterested", "noAnswer", "doNotCall" }, outcome => Assert.Equal(1, list.GetProperty("outcomes").GetProperty(outcome).GetInt64()));
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM suppressions s JOIN audience a USING (customer_id) WHERE s.channel = 'phone' AND a.tags @> ARRAY[@_regulars]", new { _regulars }));
    }

    private async Task RegularsGetALetter()
    {
        var letters = await host.CreateAsync(_regulars, "post", "Jl. Asia Afrika 8, Bandung 40112", "Terima kasih, {{displayName}}", "Halo {{firstName}},\n\nterima kasih.");
        await host.ActAsync(letters, "launch");
        await host.FinishedAsync(letters);
        var runs = await _rina.GetAsync(ManagementHost.Path(letters, "/print-runs")).OkJsonAsync();
        var run = await _rina.GetAsync($"{Api}/print-runs/{runs.GetProperty("items")[0].GetProperty("id").GetGuid()}").OkJsonAsync();
        Assert.Equal((3, true), (run.GetProperty("letters").GetInt64(), run.GetProperty("complete").GetBoolean()));

        var files = run.GetProperty("volumes").EnumerateArray().SelectMany(volume => volume.GetProperty("files").EnumerateArray())
            .ToDictionary(file => file.GetProperty("kind").GetString()!, file => file.GetProperty("url").GetString()!);
        Assert.Equal(["csv", "pdf"], files.Keys.Order());
        var addresses = Encoding.UTF8.GetString(await _rina.GetByteArrayAsync(files["csv"])).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).ToArray();
        Assert.Equal(3, addresses.Length);
        Assert.All(addresses, address => Assert.Contains("Jl. Merdeka", address, StringComparison.Ordinal));
        Assert.StartsWith("%PDF", Encoding.Latin1.GetString(await _rina.GetByteArrayAsync(files["pdf"])), StringComparison.Ordinal);
    }

    private async Task ABirthdayIsGreeted(Guid journey)
    {
        await host.WentAsync(journey, _customers[4].CustomerId, "card:planned x:exit");
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey", new { journey }));
        await GotAsync(_customers[4], "Halo");
    }

    private async Task ANewCustomerIsWelcomed(Guid journey)
    {
        var tag = CampaignHost.NewTag();
        var newcomer = (await host.RegisterAsync(tag, 1, number => CampaignHost.Customer(tag, number) with { RegisteredAt = Now }))[0];
        await GotAsync(newcomer, "Halo");
        await host.LetWaitEndAsync(journey, "first-purchase"); // a week passes without a purchase
        await host.LetWaitEndAsync(journey, "morning");
        await host.WentAsync(journey, newcomer.CustomerId, "greeting:planned first-purchase:timed_out morning:passed reminder:planned done:exit");
        await GotAsync(newcomer, "Halo", 2);
    }

    private async Task ALostCustomerIsWonBack(Guid journey)
    {
        var tag = CampaignHost.NewTag();
        var lost = (await host.RegisterAsync(tag, 1))[0];
        await BuyAsync(new DateTimeOffset(Today().AddYears(-1).ToDateTime(new TimeOnly(5, 0)), TimeSpan.Zero), lost.CustomerId);
        await host.Bus.PublishAsync(
            new CustomersScored(CampaignHost.NewId(), Now, "bgnbd-1", Now, Now, [new CustomerScore(lost.CustomerId, 1, 3, 4, 0.2, 0.1, 365, 500_000, "IDR", 0.9)]), CampaignHost.NewId());
        await GotAsync(lost, "Halo");

        await BuyAsync(Now, lost.CustomerId);
        await host.WentAsync(journey, lost.CustomerId, "invitation:planned returned:goal");
    }

    /// <summary>Six of those who got the promo buy, one with the coupon, and one of those kept back; an advertisement ran beside it.</summary>
    private async Task<Money> CustomersBuy(Guid promo)
    {
        var assigned = await host.ListAsync<(Guid Customer, bool Kept)>(
            "SELECT customer_id, reason = 'holdout' FROM deliveries WHERE campaign_id = @promo AND (state = 'sent' OR reason = 'holdout') ORDER BY delivery_id", new { promo });
        var (treated, kept) = (assigned.Where(row => !row.Kept).ToArray(), assigned.Where(row => row.Kept).ToArray());
        // Who got something else since, a letter or a card, is credited to that.
        var others = _customers.Take(5).Select(customer => customer.CustomerId).ToHashSet();
        var buyers = treated.Where(row => !others.Contains(row.Customer)).Take(6).ToArray();
        await BuyAsync(Now, [.. buyers.Concat(kept.Take(1)).Select(row => row.Customer)]);
        var code = await host.QueryAsync<string>("SELECT code FROM coupon_codes WHERE campaign_id = @promo AND customer_id = @Customer", new { promo, buyers[0].Customer });
        await host.ClientFor(Roles.Integration).PostAsync($"{Api}/coupon-redemptions", new { code, reference = "till 1" }).OkJsonAsync();

        var activity = await _rina.PostAsync($"{Api}/activities", new
        {
            name = "Search ads", channel = "search-ads", firstDay = "2026-03-01", lastDay = "2026-03-31", currency = "IDR", plannedCost = 50_000, campaignId = promo,
        }).OkJsonAsync();
        await ReportAsync(activity.GetProperty("id").GetGuid(), "day,impressions,clicks,leads,cost\n2026-03-01,1000,40,3,20000\n");
        return new Money(treated.Length, kept.Length, treated.Length * 100m + 20_000m + 25_000m);
    }

    private async Task ResultsAreReadAgainstTheHoldOut(Guid promo, Money money)
    {
        // Of the treated 6 bought for 100,000 each, of those kept back 1: what these would have bought anyway is no success of the promo's.
        var lift = 6.0 / money.Treated - 1.0 / money.Kept;
        var incremental = lift * 100_000 * money.Treated;
        JsonElement figures = default;
        await Eventually.Holds(async () =>
        {
            figures = await _rina.GetAsync(ManagementHost.Path(promo, "/figures")).OkJsonAsync();
            Assert.Equal(600_000m, figures.GetProperty("money")[0].GetProperty("actualRevenue").GetDecimal());
            Assert.Equal(lift, figures.GetProperty("effect").GetProperty("conversion").GetProperty("value").GetDouble(), 9);
            Assert.Equal(incremental, figures.GetProperty("effect").GetProperty("incrementalRevenue").GetProperty("value").GetDouble(), 3);
        });

        var (line, effect) = (Assert.Single(figures.GetProperty("money").EnumerateArray()), figures.GetProperty("effect"));
        var costs = line.GetProperty("costs");
        Assert.Equal(
            (money.Cost, money.Treated * 100m, 20_000m, 25_000m, 0m),
            (line.GetProperty("spent").GetDecimal(), costs.GetProperty("messages").GetDecimal(), costs.GetProperty("activities").GetDecimal(), costs.GetProperty("coupons").GetDecimal(), costs.GetProperty("points").GetDecimal()));
        Assert.Equal((money.Treated, money.Kept, false), (effect.GetProperty("treated").GetInt32(), effect.GetProperty("holdout").GetInt32(), effect.GetProperty("complete").GetBoolean()));
        Assert.Equal((incremental - (double)money.Cost) / (double)money.Cost, figures.GetProperty("roi").GetDouble(), 5);
        Assert.Equal(JsonValueKind.Null, figures.GetProperty("roiReason").ValueKind);
        var interval = effect.GetProperty("roi");
        Assert.InRange(figures.GetProperty("roi").GetDouble(), interval.GetProperty("low").GetDouble(), interval.GetProperty("high").GetDouble());

        // Without Analytics the rest of the figures is there, and says what is missing.
        await host.KillAnalyticsAsync();
        var without = await _rina.GetAsync(ManagementHost.Path(promo, "/figures")).OkJsonAsync();
        Assert.Equal(("analytics_unavailable", JsonValueKind.Null), (without.GetProperty("roiReason").GetString(), without.GetProperty("roi").ValueKind));
        Assert.Equal(money.Cost, without.GetProperty("money")[0].GetProperty("spent").GetDecimal());
    }

    /// <summary>Who unsubscribed is left out, and the calendar warns that it comes soon after.</summary>
    private async Task TheNextOneIsLikeIt(Guid promo)
    {
        var next = (await _rina.PostAsync(ManagementHost.Path(promo, "/clone"), new { name = _shop + " II" }).OkJsonAsync()).GetProperty("id").GetGuid();
        await host.ApproveAsync(next, await host.RequestApprovalAsync(next, _rina));
        await _rina.PostAsync(ManagementHost.Path(next, "/launch"), new { }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal(1, (await host.StatisticsAsync(next)).GetProperty("skippedBy").GetProperty("suppressed").GetInt64()));
        var (from, to) = (Day(Now.AddDays(-1)), Day(Now.AddDays(2)));
        var calendar = await _rina.GetAsync($"{Api}/calendar?from={from}&to={to}&zone=Asia/Jakarta").OkJsonAsync();
        Assert.Contains(
            calendar.GetProperty("conflicts").EnumerateArray(),
            conflict => conflict.GetProperty("kind").GetString() == "segment" && new[] { "campaignId", "otherId" }.Select(id => conflict.GetProperty(id).GetGuid()).Order().SequenceEqual(new[] { promo, next }.Order()));
        await host.ActAsync(next, "cancel");
    }

    private async Task<Guid> JourneyAsync(string name, string definition) =>
        (await _rina.PostAsync(JourneyDriver.Route, JourneyDriver.Body(name, definition)).OkJsonAsync()).GetProperty("id").GetGuid();

    private Task<IReadOnlyList<Guid>> SentAsync(Guid campaign) =>
        host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'sent' ORDER BY delivery_id", new { campaign });

    private Task GotAsync(CustomerSnapshot customer, string subject, int messages = 1) => Eventually.Holds(() =>
    {
        Assert.Equal(messages, _relay.Contents.Count(content =>
            Relay.Header(content, "To").Contains(customer.Email!, StringComparison.Ordinal) && Relay.Header(content, "Subject").StartsWith(subject, StringComparison.Ordinal)));
        return Task.CompletedTask;
    });

    private Task BuyAsync(DateTimeOffset at, params Guid[] customers) => host.Bus.PublishAsync(
        new PurchasesRecorded(CampaignHost.NewId(), at, [.. customers.Select(customer => new RecordedPurchase(CampaignHost.NewId(), customer, "shop", CampaignHost.NewId().ToString(), at, "IDR", 100_000, []))]),
        CampaignHost.NewId());

    private async Task ReportAsync(Guid activity, string report)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Api}/activities/{activity}/results") { Content = new StringContent(report, Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", CampaignHost.NewId().ToString());
        using var response = await _rina.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>In the customers' zone.</summary>
    private static DateOnly Today() => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(Now, TimeZoneInfo.FindSystemTimeZoneById("Asia/Jakarta")).DateTime);

    private static string Day(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string PathOf(string url) => new Uri(url).AbsolutePath;

    /// <param name="Treated">Customers whom the promo was for.</param>
    private sealed record Money(int Treated, int Kept, decimal Cost);
}

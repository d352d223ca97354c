using System.Text.Json;
using Crm.Analytics.Contracts.V1;
using Crm.Analytics.Domain.Offers;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Grpc.Core;

namespace Crm.Analytics.Tests.Features;

public sealed class OfferHost : AnalyticsHost;

public sealed class OfferApiTests(OfferHost host) : IClassFixture<OfferHost>
{
    private static readonly DateOnly Day = new(2024, 5, 2);

    [Fact]
    public async Task Rules_are_mined_and_a_customer_is_offered_what_goes_with_what_they_own_best_value_first()
    {
        // 200 baskets: coffee with filter 30 of 50 times; a cheap teapot with tea; and noise. Margins: filter 40,000, tea 2,000.
        var random = new Random(5);
        var baskets = Enumerable.Range(0, 200).Select(i =>
        {
            List<RecordedLine> lines = [];
            if (i < 50) lines.Add(Line(1, "COFFEE", "drink", 100_000, 60_000));
            if (i < 30) lines.Add(Line(2, "FILTER", "kitchen", 90_000, 50_000));
            if (i is >= 20 and < 50) lines.Add(Line(3, "SPOON", "cutlery", 5_000, 3_000));
            if (i >= 50) lines.Add(Line(4, $"NOISE-{random.Next(5)}", "misc", 10_000, null));
            return Basket(AnalyticsHost.Ids.Next(), Day.AddDays(i % 20), lines, "IDR");
        }).ToList();
        var coffeeDrinker = AnalyticsHost.Ids.Next();
        baskets.Add(Basket(coffeeDrinker, Day.AddDays(25), [Line(1, "COFFEE", "drink", 100_000, 60_000)], "IDR"));
        await host.RecordAsync(baskets);

        var run = await host.RunAsync("/offer-rule-runs", new { currency = "IDR" });
        Assert.Equal(201, run.GetProperty("result").GetProperty("baskets").GetInt32());
        var rules = (await host.Analyst().GetAsync(AnalyticsHost.Api + "/offer-rules?currency=IDR").OkJsonAsync()).GetProperty("items").EnumerateArray().ToArray();
        var rule = rules.Single(rule => rule.GetProperty("antecedent")[0].GetString() == "COFFEE" && rule.GetProperty("antecedent").GetArrayLength() == 1 && rule.GetProperty("consequent").GetString() == "FILTER");
        Assert.Equal((30, 30.0 / 51, 30.0 / 51 * 201 / 30), (rule.GetProperty("count").GetInt32(), rule.GetProperty("confidence").GetDouble(), rule.GetProperty("lift").GetDouble()));
        Assert.DoesNotContain(rules, rule => rule.GetRawText().Contains("NOISE", StringComparison.Ordinal));

        var offers = (await OffersAsync(coffeeDrinker, "store")).GetProperty("offers").EnumerateArray().ToArray();
        Assert.Equal(["FILTER", "SPOON"], offers.Select(offer => offer.GetProperty("sku").GetString()));
        Assert.Equal(("cross-sell", 40_000m, "cost"), (offers[0].GetProperty("kind").GetString(), offers[0].GetProperty("margin").GetDecimal(), offers[0].GetProperty("marginBasis").GetString()));
        Assert.Equal(30.0 / 51 * 40_000, offers[0].GetProperty("expectedValue").GetDouble(), 3);
        Assert.Contains("30 dari 51 keranjang", offers[0].GetProperty("reason").GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Contains("30 of 51 baskets", offers[0].GetProperty("reason").GetProperty("en").GetString(), StringComparison.Ordinal);

        await OverGrpcAsync(coffeeDrinker);

        // Declined, it is not offered again for a while.
        using (var declined = await host.ClientFor(Roles.SalesRep).PostAsync($"{AnalyticsHost.Api}/customers/{coffeeDrinker}/offer-outcomes", new { sku = "FILTER", kind = "cross-sell", outcome = "declined", reason = "has one" }))
        {
            Assert.Equal(201, (int)declined.StatusCode);
        }

        Assert.Equal(["SPOON"], (await OffersAsync(coffeeDrinker, "store")).GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("sku").GetString()));
        await ConsentDecidesAsync(coffeeDrinker);
    }

    /// <summary>Sales and Campaign are told the same as people, money in minor units.</summary>
    private async Task OverGrpcAsync(Guid customer)
    {
        var request = new GetNextBestOffersRequest { CustomerId = customer.ToString(), Limit = 1 };
        foreach (var caller in new[] { "sales", "campaign" })
        {
            var told = await new OfferReads.OfferReadsClient(host.GrpcFrom(caller, Roles.System)).GetNextBestOffersAsync(request);
            var offer = Assert.Single(told.Offers);
            Assert.Equal(("IDR", "", "cross-sell", "FILTER", "cost"), (told.Currency, told.Withheld, offer.Kind, offer.Sku, offer.MarginBasis));
            Assert.Equal((4_000_000, 2_352_941), (offer.MarginMinor, offer.ExpectedValueMinor));
            Assert.Equal(["COFFEE"], offer.BecauseSkus);
            Assert.Contains("30 of 51 baskets", offer.ReasonEn, StringComparison.Ordinal);
        }

        var client = new OfferReads.OfferReadsClient(host.GrpcFrom("campaign", Roles.System));
        Assert.Equal("no_consent", (await client.GetNextBestOffersAsync(new GetNextBestOffersRequest { CustomerId = customer.ToString(), Channel = "email" })).Withheld);
        Assert.Equal("no_purchases", (await client.GetNextBestOffersAsync(new GetNextBestOffersRequest { CustomerId = AnalyticsHost.Ids.Next().ToString() })).Withheld);
        foreach (var (wrong, status) in new[]
        {
            (new GetNextBestOffersRequest { CustomerId = "me" }, StatusCode.InvalidArgument),
            (new GetNextBestOffersRequest { CustomerId = customer.ToString(), Channel = "telegraph" }, StatusCode.InvalidArgument),
            (new GetNextBestOffersRequest { CustomerId = customer.ToString(), Limit = 51 }, StatusCode.InvalidArgument),
        })
        {
            Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(async () => await client.GetNextBestOffersAsync(wrong))).StatusCode);
        }

        var stranger = new OfferReads.OfferReadsClient(host.GrpcFrom("loyalty", Roles.Analyst));
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await stranger.GetNextBestOffersAsync(request))).StatusCode);
    }

    /// <summary>E-mail needs consent, a fresh one; three messages in a week are enough; whoever refuses profiling gets no offer anywhere.</summary>
    private async Task ConsentDecidesAsync(Guid customer)
    {
        Assert.Equal("no_consent", (await OffersAsync(customer, "email")).GetProperty("withheld").GetString());
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var now = TimeProvider.System.GetUtcNow();
        await ConsentAsync("email", "marketing", true, now);
        await ConsentAsync("email", "marketing", false, now.AddDays(-1)); // an older refusal that comes late
        await Eventually.Holds(async () => Assert.Equal(JsonValueKind.Null, (await OffersAsync(customer, "email")).GetProperty("withheld").ValueKind));
        var messages = Enumerable.Range(0, 3).Select(i => new SentMessage(AnalyticsHost.Ids.Next(), customer, "id", now.AddDays(-i))).ToArray();
        await probe.PublishAsync(new MessagesSent(AnalyticsHost.Ids.Next(), now, AnalyticsHost.Ids.Next(), "Promo", "email", messages), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal("frequency_cap", (await OffersAsync(customer, "email")).GetProperty("withheld").GetString()));
        Assert.NotEmpty((await OffersAsync(customer, "store")).GetProperty("offers").EnumerateArray());
        await ConsentAsync("email", "profiling", false, now);
        await Eventually.Holds(async () => Assert.Equal("profiling_refused", (await OffersAsync(customer, "store")).GetProperty("withheld").GetString()));

        Task ConsentAsync(string channel, string purpose, bool granted, DateTimeOffset at) => probe.PublishAsync(
            new ConsentChanged(AnalyticsHost.Ids.Next(), now, customer, new ConsentState(channel, purpose, granted, at), "1", "form"), AnalyticsHost.Ids.Next());
    }

    [Fact]
    public async Task What_cannot_be_answered_is_said_with_its_reason()
    {
        Assert.Equal("no_purchases", (await OffersAsync(AnalyticsHost.Ids.Next(), "store")).GetProperty("withheld").GetString());
        Assert.Equal((400, "analytics.unknown_channel", "channel"), await host.Analyst().GetAsync($"{AnalyticsHost.Api}/customers/{AnalyticsHost.Ids.Next()}/next-best-offers?channel=telegraph").ProblemAsync());
        Assert.Equal((400, "analytics.limit_out_of_range", "limit"), await host.Analyst().GetAsync($"{AnalyticsHost.Api}/customers/{AnalyticsHost.Ids.Next()}/next-best-offers?limit=0").ProblemAsync());
        Assert.Equal((400, "request.invalid", "outcome"), await host.ClientFor(Roles.SalesRep).PostAsync(
            $"{AnalyticsHost.Api}/customers/{AnalyticsHost.Ids.Next()}/offer-outcomes", new { sku = "X", kind = "cross-sell", outcome = "eaten" }).ProblemAsync());
    }

    [Fact]
    public void Up_sell_asks_for_a_customer_of_the_upper_prices_and_switch_sell_for_a_better_margin()
    {
        OfferProduct Product(string sku, decimal price, decimal margin) => new(sku, sku, "phone", 100, 100, price, margin, price, 0, 0);
        var catalogue = new OfferCatalogue(
            Guid.Empty, [], [Product("A", 100, 20), Product("A2", 101, 45), Product("B", 200, 50), Product("C", 900, 300)],
            [new("A", "A2", 30), new("B", "C", 40), new("A", "C", 50), new("B", "A", 60)], 0.3, 0);
        var none = new HashSet<string>();
        var forB = catalogue.For([new OwnedProduct("B", "phone", 200, 1)], none);
        Assert.Equal((OfferKind.UpSell, "C", 0.4 * 250), (Assert.Single(forB).Kind, forB[0].Product.Sku, (double)forB[0].ExpectedValue));
        var forA = catalogue.For([new OwnedProduct("A", "phone", 100, 1)], none); // C is two tiers away
        Assert.Equal((OfferKind.SwitchSell, "A2", 0.3 * 25), (Assert.Single(forA).Kind, forA[0].Product.Sku, (double)forA[0].ExpectedValue));
        Assert.Empty(catalogue.For([new OwnedProduct("B", "phone", 90, 1)], none)); // pays the lowest prices of the category
        Assert.Empty(catalogue.For([new OwnedProduct("A", "phone", 100, 1)], new HashSet<string> { "A2" }));
        Assert.Empty(catalogue.For([], none));
    }

    private Task<JsonElement> OffersAsync(Guid customer, string channel) =>
        host.ClientFor(Roles.SalesRep).GetAsync($"{AnalyticsHost.Api}/customers/{customer}/next-best-offers?channel={channel}").OkJsonAsync();

    internal static RecordedLine Line(int number, string sku, string category, decimal net, decimal? cost, string? lot = null) =>
        new(number, sku, sku, category, 1, net, 0, 0, net, cost, lot);

    internal static RecordedPurchase Basket(Guid customer, DateOnly day, IReadOnlyList<RecordedLine> lines, string currency) =>
        AnalyticsHost.Purchase(customer, day, lines.Sum(line => line.Net), currency) with { Lines = lines };
}

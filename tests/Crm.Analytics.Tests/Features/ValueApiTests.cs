using System.Text.Json;
using Crm.Analytics.Models;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class ValueHost : AnalyticsHost;

public sealed class ValueApiTests(ValueHost host) : IClassFixture<ValueHost>
{
    private const string Api = AnalyticsHost.Api;
    private static readonly DateOnly Today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(7));

    [Fact]
    public async Task Margins_count_costs_returns_and_what_is_unknown_and_every_step_is_explained()
    {
        var customer = AnalyticsHost.Ids.Next();
        var sold = Lines(AnalyticsHost.Purchase(customer, Today.AddDays(-40), 300, "IDR"), (200, 120), (100, 60));
        var uncosted = Lines(AnalyticsHost.Purchase(customer, Today.AddDays(-10), 50, "IDR"), (50, null));
        await host.RecordAsync([sold, uncosted]);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        // Half of the first line comes back: revenue and cost of goods go at their original values.
        await probe.PublishAsync(
            AnalyticsHost.Return(sold, 100, 200) with { Lines = [new ReturnedLine(1, "S1", 1, 100, "size")] }, AnalyticsHost.Ids.Next());
        await FactsAsync(new
        {
            costs = new[] { Cost(customer, "freight", 15), Cost(customer, "service", 5), Cost(customer, "acquisition", 40) },
        });
        await Eventually.Holds(async () =>
        {
            var value = await host.Analyst().GetAsync($"{Api}/customers/{customer}/total-value").OkJsonAsync();
            Assert.Equal(250, Of(value, "netRevenue12Months").GetProperty("value").GetDouble());
            Assert.Equal(80, Of(value, "cm1").GetProperty("value").GetDouble()); // 200 costed - 120
            Assert.Equal(65, Of(value, "cm2").GetProperty("value").GetDouble());
            Assert.Equal(60, Of(value, "cm3").GetProperty("value").GetDouble());
            Assert.Equal("cost_of_goods_partly_missing", Of(value, "cm3").GetProperty("reason").GetString());
            Assert.Equal(40, Of(value, "acquisitionCost").GetProperty("value").GetDouble());
            Assert.Equal(65.0 / 200, Of(value, "marginRate").GetProperty("value").GetDouble(), 12);
            Assert.Equal("not_scored", value.GetProperty("clv").GetProperty("reason").GetString());
            Assert.Equal(60, value.GetProperty("totalValue").GetProperty("value").GetDouble());
            Assert.Equal("value/1", value.GetProperty("totalValue").GetProperty("formulaVersion").GetString());
        });
        var explained = await host.Analyst().GetAsync($"{Api}/customers/{customer}/total-value/explain").OkJsonAsync();
        Assert.Equal(3, explained.GetProperty("lines").GetArrayLength());
        Assert.Equal(3, explained.GetProperty("costs").GetArrayLength());
        var step = explained.GetProperty("steps").EnumerateArray().Single(item => item.GetProperty("name").GetString() == "pastMargin");
        Assert.Equal((120, 15, 60), (Input(step, "costOfGoods"), Input(step, "orderCosts"), step.GetProperty("result").GetDouble()));
    }

    [Fact]
    public async Task Referrals_and_feedback_add_their_value_once()
    {
        var (one, two, referee) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        await host.RecordAsync(
        [
            Lines(AnalyticsHost.Purchase(one, Today.AddDays(-300), 100, "MYR"), (100, 50)), Lines(AnalyticsHost.Purchase(two, Today.AddDays(-300), 100, "MYR"), (100, 50)),
            Lines(AnalyticsHost.Purchase(referee, Today.AddDays(-100), 100, "MYR"), (100, 50)),
        ]);
        var since = Today.AddMonths(-12);
        var topic = $"checkout {one}";
        var request = new
        {
            // Both referred; the last one before the first purchase counts. The later code changes nothing.
            referrals = new[] { Referral(two, referee, -150, 30), Referral(one, referee, -120, 30), Referral(two, referee, -20, 30) },
            feedback = new[]
            {
                new { itemId = AnalyticsHost.Ids.Next(), customerId = one, topic, quality = 2m, reportedAt = At(-90), cost = 10m, currency = "MYR" },
                new { itemId = AnalyticsHost.Ids.Next(), customerId = two, topic, quality = 1m, reportedAt = At(-80), cost = 0m, currency = "MYR" },
                new { itemId = AnalyticsHost.Ids.Next(), customerId = two, topic, quality = 2m, reportedAt = At(-5), cost = 0m, currency = "MYR" },
            },
        };
        await FactsAsync(request);
        var before = await host.Analyst().GetAsync($"{Api}/customers/{one}/total-value").OkJsonAsync();
        Assert.Equal((JsonValueKind.Null, "no_benefit_booked"), (before.GetProperty("feedbackValue").GetProperty("value").ValueKind, before.GetProperty("feedbackValue").GetProperty("reason").GetString()));
        await FactsAsync(request); // known ids are passed over
        await FactsAsync(new { benefits = new[] { new { topic, benefit = 1000m, currency = "MYR", acceptedAt = At(-30), evidence = "https://example.com/study" } } });

        var value = await host.Analyst().GetAsync($"{Api}/customers/{one}/total-value").OkJsonAsync();
        var years = (Today.AddDays(-120).DayNumber - since.DayNumber) / 365.25;
        // Type 2 (would have bought anyway): saved acquisition 80 less reward 30.
        Assert.Equal(50 / Math.Pow(1.1, years), value.GetProperty("referralValue").GetProperty("value").GetDouble(), 9);
        var weights = (One: FeedbackValue.Weight(2, 1), Two: FeedbackValue.Weight(1, 2));
        Assert.Equal((1000 * weights.One / (weights.One + weights.Two)) - 10, value.GetProperty("feedbackValue").GetProperty("value").GetDouble(), 9);
        var total = new[] { "pastMargin", "referralValue", "feedbackValue" }.Sum(part => value.GetProperty(part).GetProperty("value").GetDouble());
        Assert.Equal(total, value.GetProperty("totalValue").GetProperty("value").GetDouble(), 9);
        Assert.Equal(0, (await host.Analyst().GetAsync($"{Api}/customers/{two}/total-value").OkJsonAsync()).GetProperty("referralValue").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task Satisfaction_takes_the_latest_answer_of_a_customer_and_says_when_a_change_is_one()
    {
        var wave = $"w{AnalyticsHost.Ids.Next()}";
        var people = Enumerable.Range(0, 100).Select(_ => AnalyticsHost.Ids.Next()).ToArray();
        await FactsAsync(new { surveys = people.Take(5).Select(person => Answer(person, "nps", wave, 0, -9)).ToArray() });
        await FactsAsync(new { surveys = people.Select((person, i) => Answer(person, "nps", wave, i < 50 ? 9 : i < 80 ? 7 : 3, -2)).ToArray() });
        var nps = await host.Analyst().GetAsync($"{Api}/metrics/nps?wave={wave}").OkJsonAsync();
        var metric = nps.GetProperty("metric");
        Assert.Equal((30.0, 100), (metric.GetProperty("value").GetDouble(), metric.GetProperty("n").GetInt32()));
        Assert.Equal((14.05, 44.20), (Math.Round(metric.GetProperty("low").GetDouble(), 2), Math.Round(metric.GetProperty("high").GetDouble(), 2)));
        Assert.Equal(20, nps.GetProperty("counts").GetProperty("3").GetInt32());

        await FactsAsync(new { surveys = people.Select((person, i) => Answer(person, "nps", wave + "b", i < 90 ? 10 : 7, -1)).ToArray() });
        var change = await host.Analyst().GetAsync($"{Api}/metrics/nps?wave={wave}b&comparedWith={wave}").OkJsonAsync();
        Assert.True(change.GetProperty("changed").GetBoolean());
        Assert.Equal(60, change.GetProperty("change").GetProperty("value").GetDouble(), 9);

        await FactsAsync(new { surveys = people.Take(4).Select((person, i) => Answer(person, "csat", wave, 2 + i, -1)).Concat(people.Take(3).Select((person, i) => Answer(person, "ces", wave, 5 + i, -1))).ToArray() });
        var csat = (await host.Analyst().GetAsync($"{Api}/metrics/csat?wave={wave}").OkJsonAsync()).GetProperty("metric");
        Assert.Equal((0.5, "few_observations"), (csat.GetProperty("value").GetDouble(), csat.GetProperty("reason").GetString()));
        Assert.Equal(6, (await host.Analyst().GetAsync($"{Api}/metrics/ces?wave={wave}").OkJsonAsync()).GetProperty("metric").GetProperty("value").GetDouble());
        var nothing = (await host.Analyst().GetAsync($"{Api}/metrics/csat?wave=never").OkJsonAsync()).GetProperty("metric");
        Assert.Equal((JsonValueKind.Null, "empty_denominator"), (nothing.GetProperty("value").ValueKind, nothing.GetProperty("reason").GetString()));
        Assert.Equal((400, "analytics.survey_kind_unknown", "kind"), await host.Analyst().GetAsync($"{Api}/metrics/mood").ProblemAsync());
    }

    [Fact]
    public async Task Retention_and_cohorts_count_those_who_came_back()
    {
        var people = Enumerable.Range(0, 4).Select(_ => AnalyticsHost.Ids.Next()).ToArray();
        await host.RecordAsync(
        [
            .. people.Select(person => AnalyticsHost.Purchase(person, new DateOnly(2023, 1, 10), 100, "SGD")),
            AnalyticsHost.Purchase(people[0], new DateOnly(2023, 2, 10), 80, "SGD"), AnalyticsHost.Purchase(people[1], new DateOnly(2023, 6, 20), 150, "SGD"),
            AnalyticsHost.Purchase(people[0], new DateOnly(2023, 6, 25), 40, "SGD"),
        ]);
        var period = await host.Analyst().GetAsync($"{Api}/retention/period?start=2023-03-31&end=2023-06-30&currency=SGD").OkJsonAsync();
        var kept = period.GetProperty("retention");
        Assert.Equal((0.5, 2, 4), (kept.GetProperty("value").GetDouble(), kept.GetProperty("numerator").GetInt32(), kept.GetProperty("denominator").GetInt32()));
        // 480 at the start (280 of people 0 and 1): 40 of 180 and, capped at 100, all of 100; NRR counts the 150.
        Assert.Equal(140.0 / 480, period.GetProperty("grossRevenueRetention").GetProperty("value").GetDouble(), 12);
        Assert.Equal(190.0 / 480, period.GetProperty("netRevenueRetention").GetProperty("value").GetDouble(), 12);
        var cohort = Assert.Single((await host.Analyst().GetAsync($"{Api}/retention/cohorts?from=2023-01-01&to=2023-02-01&currency=SGD").OkJsonAsync()).GetProperty("cohorts").EnumerateArray());
        Assert.Equal([4, 1, 0, 0, 0, 2], cohort.GetProperty("active").EnumerateArray().Select(item => item.GetInt32()));
        var survival = await host.Analyst().GetAsync($"{Api}/retention/survival?asOf=2023-12-31&currency=SGD&inactivityDays=150").OkJsonAsync();
        Assert.Equal(4, survival.GetProperty("customers").GetInt32());
        Assert.Equal(0.5, survival.GetProperty("steps")[0].GetProperty("survival").GetProperty("value").GetDouble());
        var empty = await host.Analyst().GetAsync($"{Api}/retention/period?start=2001-03-31&end=2001-06-30&currency=SGD").OkJsonAsync();
        Assert.Equal("empty_denominator", empty.GetProperty("retention").GetProperty("reason").GetString());
        Assert.Equal((400, "analytics.empty_period", "from"), await host.Analyst().GetAsync($"{Api}/retention/period?start=2023-03-31&end=2023-03-31").ProblemAsync());
    }

    [Fact]
    public async Task Bad_facts_are_refused_and_nothing_is_stored()
    {
        var customer = AnalyticsHost.Ids.Next();
        (object Request, string Code, string Field)[] cases =
        [
            (new { costs = new[] { Cost(customer, "freight", -1) } }, "analytics.cost_negative", "costs.amount"),
            (new { costs = new[] { Cost(customer, "lunch", 1) } }, "analytics.cost_kind_unknown", "costs.kind"),
            (new { surveys = new[] { Answer(customer, "nps", "w", 11, -1) } }, "analytics.score_out_of_range", "surveys.score"),
            (new { surveys = new[] { Answer(customer, "mood", "w", 1, -1) } }, "analytics.survey_kind_unknown", "surveys.kind"),
            (new { referrals = new[] { Referral(customer, customer, -1, 1) } }, "analytics.referral_of_oneself", "referrals.refereeId"),
            (new { }, "analytics.facts_out_of_range", "facts"),
        ];
        foreach (var (request, code, field) in cases)
        {
            Assert.Equal((400, code, field), await host.Analyst().PostAsync($"{Api}/value-facts", request).ProblemAsync());
        }

        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM customer_costs WHERE customer_id = @customer", new { customer }));
        Assert.Equal(403, (int)(await host.ClientFor(Roles.Viewer).PostAsync($"{Api}/value-facts", new { costs = new[] { Cost(customer, "freight", 1) } })).StatusCode);
        Assert.Equal((404, "analytics.customer_not_bought", null), await host.Analyst().GetAsync($"{Api}/customers/{customer}/total-value").ProblemAsync());
    }

    private async Task FactsAsync(object request) => await host.Analyst().PostAsync($"{Api}/value-facts", request).OkJsonAsync();

    private static RecordedPurchase Lines(RecordedPurchase purchase, params (decimal Net, decimal? Cost)[] lines) => purchase with
    {
        Lines = [.. lines.Select((line, i) => new RecordedLine(i + 1, $"S{i + 1}", $"Item {i + 1}", "Coffee", 2, line.Net / 2, 0, 0, line.Net, line.Cost, null))],
    };

    private static object Cost(Guid customer, string kind, decimal amount) =>
        new { costId = AnalyticsHost.Ids.Next(), customerId = customer, currency = "IDR", day = Today.AddDays(-3), kind, amount };

    private static object Answer(Guid customer, string kind, string wave, int score, int days) =>
        new { answerId = AnalyticsHost.Ids.Next(), customerId = customer, kind, wave, score, answeredAt = At(days) };

    private static object Referral(Guid referrer, Guid referee, int days, decimal reward) => new
    {
        referralId = AnalyticsHost.Ids.Next(), referrerId = referrer, refereeId = referee, programme = "friends", acceptedAt = At(days), wouldHaveBought = true, savedAcquisition = 80m,
        marketingCost = 5m, reward, currency = "MYR",
    };

    /// <summary>Noon of the business zone.</summary>
    private static DateTimeOffset At(int days) => new(Today.AddDays(days).ToDateTime(new TimeOnly(5, 0)), TimeSpan.Zero);

    private static JsonElement Of(JsonElement value, string name) => value.GetProperty("margin").EnumerateArray().Single(metric => metric.GetProperty("name").GetString() == name);

    private static double Input(JsonElement step, string name) => step.GetProperty("inputs").GetProperty(name).GetDouble();
}

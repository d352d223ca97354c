using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class CampaignEffectApiTests(AnalyticsHost host) : IClassFixture<AnalyticsHost>
{
    private static readonly DateTimeOffset Assigned = new(2024, 3, 4, 20, 0, 0, TimeSpan.Zero); // 5 March in Jakarta

    [Fact]
    public async Task The_effect_is_what_those_assigned_bought_in_the_window_and_copies_and_order_do_not_matter()
    {
        var campaign = AnalyticsHost.Ids.Next();
        var (treated, holdout, globally) = (Customers(40), Customers(20), Customers(5));
        // Treated: 12 of 40 buy for 100,000; held out: 3 of 20. Outside of the window, and by others, nothing counts. One is returned whole.
        var inWindow = treated.Take(13).Concat(holdout.Take(3)).Select((customer, i) => AnalyticsHost.Purchase(customer, new DateOnly(2024, 3, 5 + (i % 14)), 100_000, "IDR")).ToArray();
        var outside = treated.Skip(20).Select(customer => AnalyticsHost.Purchase(customer, new DateOnly(2024, 3, 4), 900_000, "IDR"))
            .Concat(holdout.Skip(5).Select(customer => AnalyticsHost.Purchase(customer, new DateOnly(2024, 3, 19), 900_000, "IDR"))).ToArray();
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();

        // The return and half of the assignments come first, the purchases in between.
        await probe.PublishAsync(AnalyticsHost.Return(inWindow[12], 100_000, 0), AnalyticsHost.Ids.Next());
        await AssignAsync(probe, campaign, [.. treated.Take(25).Select(customer => new AssignedCustomer(customer, AssignedGroup.Treated, "A"))]);
        await host.RecordAsync([.. inWindow, .. outside]);
        await AssignAsync(probe, campaign,
        [
            .. treated.Skip(20).Select(customer => new AssignedCustomer(customer, AssignedGroup.Treated, "A")),
            .. holdout.Select(customer => new AssignedCustomer(customer, AssignedGroup.Holdout, null)),
            .. globally.Select(customer => new AssignedCustomer(customer, AssignedGroup.GlobalHoldout, null)),
        ]);

        JsonElement effect = default;
        await Eventually.Holds(async () =>
        {
            effect = await host.Analyst().GetAsync($"{AnalyticsHost.Api}/campaign-effects/{campaign}?cost=400000&marginRate=0.5").OkJsonAsync();
            Assert.Equal((40, 20, 5), (Arm("treated").GetProperty("customers").GetInt64(), Arm("holdout").GetProperty("customers").GetInt64(), Arm("globalHoldout").GetProperty("customers").GetInt64()));
            Assert.Equal((12, 3), (Arm("treated").GetProperty("converted").GetInt64(), Arm("holdout").GetProperty("converted").GetInt64()));
        });
        Assert.Equal((1_200_000m, 300_000m), (Arm("treated").GetProperty("revenue").GetDecimal(), Arm("holdout").GetProperty("revenue").GetDecimal()));
        Assert.Equal(0.15, effect.GetProperty("conversion").GetProperty("value").GetDouble(), 12);
        Assert.Equal("newcombe", effect.GetProperty("conversion").GetProperty("method").GetString());
        Assert.Equal(15_000, effect.GetProperty("revenue").GetProperty("value").GetDouble(), 6);
        Assert.Equal(600_000, effect.GetProperty("incrementalRevenue").GetProperty("value").GetDouble(), 4);
        Assert.Equal(-0.25, effect.GetProperty("roi").GetProperty("value").GetDouble(), 9); // (600,000 x 0.5 - 400,000) / 400,000
        Assert.True(effect.GetProperty("complete").GetBoolean());
        Assert.Equal(("IDR", "A", 40), (effect.GetProperty("currency").GetString(), Variant().GetProperty("variant").GetString(), Variant().GetProperty("customers").GetInt64()));

        JsonElement Arm(string name) => effect.GetProperty(name);
        JsonElement Variant() => Assert.Single(effect.GetProperty("variants").EnumerateArray());
    }

    [Fact]
    public async Task A_variant_that_is_told_after_the_test_phase_counts_from_the_first_assignment_whatever_comes_first()
    {
        var campaign = AnalyticsHost.Ids.Next();
        var (waited, early) = (Customers(3), Customers(2));
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        CampaignAssigned Assigns(Guid[] customers, string? variant, int days) => new(
            AnalyticsHost.Ids.Next(), Assigned.AddDays(days), campaign, "Promo", "email", [.. customers.Select(customer => new AssignedCustomer(customer, AssignedGroup.Treated, variant))]);

        foreach (var assigned in new[] { Assigns(waited, null, 0), Assigns(waited, "B", 2), Assigns(early, "B", 2), Assigns(early, null, 0), Assigns(waited, "A", 3) })
        {
            await probe.PublishAsync(assigned, AnalyticsHost.Ids.Next());
        }

        await Eventually.Holds(async () =>
        {
            Assert.Equal(5, await host.ScalarAsync<long>("SELECT count(*) FROM campaign_assignments WHERE campaign_id = @campaign AND variant = 'B'", new { campaign }));
            Assert.Equal("2024-03-05", await host.ScalarAsync<string>("SELECT string_agg(DISTINCT assigned_day::text, ' ') FROM campaign_assignments WHERE campaign_id = @campaign", new { campaign }));
        });
    }

    [Fact]
    public async Task Without_a_hold_out_there_is_a_response_and_no_effect()
    {
        var campaign = AnalyticsHost.Ids.Next();
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        await AssignAsync(probe, campaign, [.. Customers(3).Select(customer => new AssignedCustomer(customer, AssignedGroup.Treated, null))]);
        await Eventually.Holds(async () =>
        {
            var effect = await host.Analyst().GetAsync($"{AnalyticsHost.Api}/campaign-effects/{campaign}?cost=100").OkJsonAsync();
            Assert.Equal("no_holdout", effect.GetProperty("withoutEffect").GetString());
            Assert.All(new[] { "holdout", "conversion", "revenue", "incrementalRevenue", "roi" }, name => Assert.Equal(JsonValueKind.Null, effect.GetProperty(name).ValueKind));
        });
        Assert.Equal((404, "analytics.campaign_not_measured", null), await host.Analyst().GetAsync($"{AnalyticsHost.Api}/campaign-effects/{AnalyticsHost.Ids.Next()}").ProblemAsync());
        Assert.Equal((400, "analytics.window_out_of_range", "windowDays"), await host.Analyst().GetAsync($"{AnalyticsHost.Api}/campaign-effects/{campaign}?windowDays=0").ProblemAsync());
        Assert.Equal((400, "analytics.cost_invalid", "cost"), await host.Analyst().GetAsync($"{AnalyticsHost.Api}/campaign-effects/{campaign}?cost=0").ProblemAsync());
    }

    private static Guid[] Customers(int count) => [.. Enumerable.Range(0, count).Select(_ => AnalyticsHost.Ids.Next())];

    private static Task AssignAsync(BusProbe probe, Guid campaign, IReadOnlyList<AssignedCustomer> customers) =>
        probe.PublishAsync(new CampaignAssigned(AnalyticsHost.Ids.Next(), Assigned, campaign, "Promo", "email", customers), AnalyticsHost.Ids.Next());
}

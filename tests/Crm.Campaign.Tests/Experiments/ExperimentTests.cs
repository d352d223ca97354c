using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Experiments;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Experiments;

[Collection(CampaignCollection.Name)]
public sealed class ExperimentTests(CampaignHost host) : IAsyncLifetime
{
    private const string Api = "/api/campaign/v1";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task The_rest_waits_for_the_outcome_and_gets_the_winner()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 120);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag);
        await SetAsync(campaign, testPercent: 40, salt: "pepper");
        await host.ActAsync(campaign, "launch");

        // The test phase: everybody who takes part has a message with the subject of his variant, nobody else has one.
        var assignment = new VariantAssignment("pepper", [new Arm("A", 1), new Arm("B", 1)], 40);
        await Eventually.Holds(async () => Assert.Equal(
            0, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND variant IS NOT NULL AND state <> 'sent'", new { campaign })
               + await host.QueryAsync<long>("SELECT 120 - count(*) FROM deliveries WHERE campaign_id = @campaign", new { campaign })));
        var ledger = await LedgerAsync(campaign);
        Assert.All(ledger, row => Assert.Equal((assignment.Of(row.CustomerId), assignment.Of(row.CustomerId) is null ? "planned" : "sent"), (row.Variant, row.State)));
        Assert.InRange(ledger.Count(row => row.Variant == "A"), 8, 40);
        Assert.Equal(
            [("A", ledger.Count(row => row.Variant == "A")), ("B", ledger.Count(row => row.Variant == "B"))],
            relay.Contents.Select(content => Relay.Header(content, "Subject")[..1]).GroupBy(subject => subject).OrderBy(group => group.Key).Select(group => (group.Key, group.Count())));

        // Everybody who got B clicks. Before the horizon that decides nothing.
        await ClickAsync(campaign, "B");
        var early = await host.Marketer.GetAsync($"{Api}/campaigns/{campaign}/experiment").OkJsonAsync();
        Assert.True(early.GetProperty("preliminary").GetBoolean());
        Assert.Equal("sending", (await host.StatisticsAsync(campaign)).GetProperty("state").GetString());

        await PassHorizonAsync(campaign);
        await host.FinishedAsync(campaign);
        var result = await host.Marketer.GetAsync($"{Api}/campaigns/{campaign}/experiment").OkJsonAsync();
        Assert.Equal(("winner", "B", false), (result.GetProperty("outcome").GetString(), result.GetProperty("chosen").GetString(), result.GetProperty("preliminary").GetBoolean()));
        var comparison = Assert.Single(result.GetProperty("result").GetProperty("comparisons").EnumerateArray());
        Assert.Equal(-1, comparison.GetProperty("difference").GetDouble());
        Assert.True(comparison.GetProperty("high").GetDouble() < 0 && comparison.GetProperty("adjustedP").GetDouble() < 0.05);
        var after = await LedgerAsync(campaign);
        Assert.All(after, row => Assert.Equal((assignment.Of(row.CustomerId) ?? "B", "sent"), (row.Variant, row.State)));
        Assert.Equal(120, relay.MessageIds().Distinct().Count());
        Assert.Equal(120, relay.Contents.Count);
        await host.CountersAgreeAsync(campaign);

        // Analytics hears of everybody, and of those who waited once more, with what they got.
        await Eventually.Holds(() =>
        {
            var told = host.Bus.Seen<CampaignAssigned>().Where(assigned => assigned.CampaignId == campaign).SelectMany(assigned => assigned.Customers).ToLookup(customer => customer.CustomerId, customer => customer.Variant);
            Assert.All(after, row => Assert.Equal(assignment.Of(row.CustomerId) is { } variant ? [variant] : [null, "B"], told[row.CustomerId].Order(StringComparer.Ordinal)));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Where_nothing_can_be_said_the_declared_default_goes_to_the_rest()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 60);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag);
        await SetAsync(campaign, testPercent: 50, defaultVariant: "B");
        await host.ActAsync(campaign, "launch");
        await Eventually.Holds(async () => Assert.Equal(60, (await LedgerAsync(campaign)).Count));
        await PassHorizonAsync(campaign);
        await host.FinishedAsync(campaign);

        var result = await host.Marketer.GetAsync($"{Api}/campaigns/{campaign}/experiment").OkJsonAsync();
        Assert.Equal(("inconclusive", "B"), (result.GetProperty("outcome").GetString(), result.GetProperty("chosen").GetString()));
        Assert.Equal(JsonValueKind.Null, result.GetProperty("result").GetProperty("winner").ValueKind);
        Assert.DoesNotContain(await LedgerAsync(campaign), row => row.State != "sent" || row.Variant is null);
    }

    [Fact]
    public async Task Variants_are_fixed_at_the_launch_and_wrong_ones_refused_with_their_place()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1);
        var campaign = await host.CreateCampaignAsync(tag);
        var template = await TemplateOfAsync(campaign);
        object Variant(string name, object? subjects = null) => new { name, templateId = template, subjects };
        Task<HttpResponseMessage> Put(object[] variants, long version, string? defaultVariant = null) =>
            host.Marketer.PutAsync($"{Api}/campaigns/{campaign}/variants", new { variants, defaultVariant }, version);

        Assert.Equal((422, "campaign.variants_count", "variants"), await Put([Variant("A")], 1).ProblemAsync());
        Assert.Equal((422, "campaign.variant_name_taken", "variants[1].name"), await Put([Variant("A"), Variant("A")], 1).ProblemAsync());
        Assert.Equal((422, "campaign.unknown_variant", "defaultVariant"), await Put([Variant("A"), Variant("B")], 1, "C").ProblemAsync());
        Assert.Equal((422, "campaign.unknown_merge_field", "contents.en.subject"), await Put([Variant("A"), Variant("B", new { en = "{{shoeSize}}" })], 1).ProblemAsync());
        Assert.Equal((422, "campaign.unknown_language", "variants[1].subjects.fr"), await Put([Variant("A"), Variant("B", new { fr = "Salut" })], 1).ProblemAsync());
        Assert.Equal((422, "campaign.unknown_template", "variants[0].templateId"), await Put([new { name = "A", templateId = CampaignHost.NewId() }, Variant("B")], 1).ProblemAsync());
        Assert.Equal((412, "campaign.stale", null), await Put([Variant("A"), Variant("B")], 7).ProblemAsync());
        Assert.Equal((404, "campaign.no_experiment", null), await host.Marketer.GetAsync($"{Api}/campaigns/{campaign}/experiment").ProblemAsync());
        Assert.Equal(2, (await Put([Variant("A"), Variant("B")], 1).OkJsonAsync()).GetProperty("version").GetInt64());
        await host.ActAsync(campaign, "launch");
        Assert.Equal((409, "campaign.wrong_state", "state"), await Put([Variant("A"), Variant("B")], 3).ProblemAsync());

        var hint = await host.Marketer.GetAsync($"{Api}/experiment-sample-size?baseline=0.1&effect=0.02").OkJsonAsync();
        Assert.InRange(hint.GetProperty("perVariant").GetInt64(), 3_840, 3_842);
        Assert.Equal((400, "campaign.effect_invalid", "effect"), await host.Marketer.GetAsync($"{Api}/experiment-sample-size?baseline=0.1&effect=0").ProblemAsync());
    }

    [Fact]
    public async Task Who_is_kept_back_can_be_recomputed_stands_in_the_ledger_and_is_told()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 150, number => CampaignHost.Customer(tag, number, consent: number > 0));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var holdout = await host.ClientFor(Roles.MarketingApprover)
            .PostAsync($"{Api}/global-holdouts", new { percent = 30, salt = tag, endsAt = TimeProvider.System.GetUtcNow().AddHours(1) }).OkJsonAsync();
        try
        {
            Assert.Equal(403, (int)(await host.Marketer.PostAsync($"{Api}/global-holdouts", new { percent = 1, endsAt = TimeProvider.System.GetUtcNow().AddHours(1) })).StatusCode);
            Assert.Equal(
                (409, "campaign.holdout_overlaps", "startsAt"),
                await host.ClientFor(Roles.Ops).PostAsync($"{Api}/global-holdouts", new { percent = 1, endsAt = TimeProvider.System.GetUtcNow().AddHours(1) }).ProblemAsync());
            var campaign = await host.LaunchAsync(tag, holdout: 20);
            await host.FinishedAsync(campaign);

            var global = new GlobalHoldout(tag, 30);
            string? Expected(Guid customer) => global.Contains(customer) ? "global_holdout" : Holdout.Contains(campaign, customer, 20) ? "holdout" : null;
            var ledger = await LedgerAsync(campaign);
            Assert.All(ledger.Where(row => row.Reason != "no_consent"), row => Assert.Equal((Expected(row.CustomerId), Expected(row.CustomerId) is null ? "sent" : "skipped"), (row.Reason, row.State)));
            Assert.Equal(["global_holdout", "holdout", "no_consent"], ledger.Select(row => row.Reason).OfType<string>().Distinct().Order());
            Assert.Equal(ledger.Count(row => row.Reason is null), relay.Contents.Count);
            await Eventually.Holds(() =>
            {
                var told = host.Bus.Seen<CampaignAssigned>().Where(assigned => assigned.CampaignId == campaign).SelectMany(assigned => assigned.Customers).ToDictionary(customer => customer.CustomerId);
                Assert.Equal(ledger.Count(row => row.Reason != "no_consent"), told.Count);
                Assert.All(told.Values, customer => Assert.Equal(
                    Expected(customer.CustomerId) switch { "global_holdout" => AssignedGroup.GlobalHoldout, "holdout" => AssignedGroup.Holdout, _ => AssignedGroup.Treated }, customer.Group));
                return Task.CompletedTask;
            });
        }
        finally
        {
            await host.ClientFor(Roles.Ops).PostAsync($"{Api}/global-holdouts/{holdout.GetProperty("id").GetGuid()}/end", new { }).OkJsonAsync();
        }
    }

    private async Task SetAsync(Guid campaign, int testPercent, string? salt = null, string? defaultVariant = null)
    {
        var templateId = await TemplateOfAsync(campaign);
        object[] variants =
        [
            new { name = "A", templateId, subjects = new { id = "A untuk {{firstName}}", en = "A for {{firstName}}" } },
            new { name = "B", templateId, subjects = new { id = "B untuk {{firstName}}", en = "B for {{firstName}}" } },
        ];
        await host.Marketer.PutAsync($"{Api}/campaigns/{campaign}/variants", new { variants, testPercent, salt, defaultVariant, minimumSample = 5, horizonMinutes = 60 }, 1).OkJsonAsync();
    }

    private Task<Guid> TemplateOfAsync(Guid campaign) => host.QueryAsync<Guid>("SELECT template_id FROM campaigns WHERE id = @campaign", new { campaign });

    private async Task ClickAsync(Guid campaign, string variant)
    {
        foreach (var delivery in await host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND variant = @variant", new { campaign, variant }))
        {
            await host.ListAsync<int>(
                """
                INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, link, occurred_at, user_agent)
                SELECT @id, delivery_id, campaign_id, customer_id, 'clicked', 0, now() - interval '1 minute', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'
                FROM deliveries WHERE delivery_id = @delivery RETURNING 1
                """,
                new { id = CampaignHost.NewId(), delivery });
        }

        await Eventually.Holds(async () => Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM responses WHERE campaign_id = @campaign AND judged_at IS NULL", new { campaign })));
    }

    private Task<IReadOnlyList<int>> PassHorizonAsync(Guid campaign) =>
        host.ListAsync<int>("UPDATE campaigns SET launched_at = launched_at - interval '2 hours' WHERE id = @campaign RETURNING 1", new { campaign });

    private Task<IReadOnlyList<LedgerRow>> LedgerAsync(Guid campaign) =>
        host.ListAsync<LedgerRow>("SELECT customer_id, variant, state, reason FROM deliveries WHERE campaign_id = @campaign", new { campaign });

    private sealed record LedgerRow(Guid CustomerId, string? Variant, string State, string? Reason);
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Crm.Analytics.Contracts.V1;
using Crm.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Campaign.Tests.Management;

/// <summary>When figures tell a return on a campaign, and why they do not.</summary>
public sealed class EffectTests(EffectHost host) : IClassFixture<EffectHost>
{
    private const string Measured = """{ "conversion": { "value": 0.1, "low": 0.02, "high": 0.18, "p": 0.01 }, "incrementalRevenue": { "value": 5000, "low": 1000, "high": 9000, "p": 0.01 }, "roi": { "value": 1.5, "low": -0.2, "high": 3, "p": 0.05 } }""";

    [Fact]
    public async Task The_return_is_of_all_costs_over_the_campaigns_own_window()
    {
        var campaign = await SentAsync(new { currency = "IDR", messageCosts = new { email = 100 } }, windowDays: 5);
        host.Analytics.Answers[campaign] = Measured;

        var figures = await FiguresAsync(campaign);

        Assert.Equal((1.5m, JsonValueKind.Null), (figures.GetProperty("roi").GetDecimal(), figures.GetProperty("roiReason").ValueKind));
        var effect = figures.GetProperty("effect");
        Assert.Equal((5, "IDR", 90, 30), (effect.GetProperty("windowDays").GetInt32(), effect.GetProperty("currency").GetString(), effect.GetProperty("treated").GetInt32(), effect.GetProperty("holdout").GetInt32()));
        Assert.Equal((1000, 9000), (effect.GetProperty("incrementalRevenue").GetProperty("low").GetDouble(), effect.GetProperty("incrementalRevenue").GetProperty("high").GetDouble()));
        var asked = Assert.Single(host.Analytics.Asked, request => request.CampaignId == campaign.ToString());
        Assert.Equal((5, "IDR", 1000.0), (asked.WindowDays, asked.Currency, asked.Cost));
    }

    [Fact]
    public async Task Without_a_hold_out_or_before_the_launch_nobody_is_asked()
    {
        var without = await SentAsync(new { currency = "IDR", messageCosts = new { email = 100 } }, holdout: 0);
        var draft = await host.CreateCampaignAsync(CampaignHost.NewTag(), holdout: 10);

        Assert.Equal(("no_holdout", "not_launched"), (await ReasonAsync(without), await ReasonAsync(draft)));
        Assert.DoesNotContain(host.Analytics.Asked, request => request.CampaignId == without.ToString() || request.CampaignId == draft.ToString());
    }

    [Fact]
    public async Task An_effect_without_known_costs_in_one_currency_is_shown_and_no_return_is_claimed()
    {
        var uncosted = await SentAsync(new { currency = "IDR" });
        var free = await SentAsync(new { currency = "IDR", messageCosts = new { email = 0 } });
        var several = await SentAsync(new { currency = "IDR", messageCosts = new { email = 100 } });
        var activity = await host.Marketer.PostAsync("/api/campaign/v1/activities", new
        {
            name = "ads", channel = "search-ads", firstDay = "2026-03-01", lastDay = "2026-03-31", currency = "USD", plannedCost = 1, campaignId = several,
        }).OkJsonAsync();
        await host.ListAsync<int>("INSERT INTO activity_results VALUES (@id, '2026-03-01', 1, 1, 1, 7) RETURNING 1", new { id = activity.GetProperty("id").GetGuid() });
        foreach (var (campaign, reason) in new[] { (uncosted, "cost_unknown"), (free, "no_cost"), (several, "costs_in_several_currencies") })
        {
            host.Analytics.Answers[campaign] = Measured;
            var figures = await FiguresAsync(campaign);
            Assert.Equal((reason, JsonValueKind.Null), (figures.GetProperty("roiReason").GetString(), figures.GetProperty("roi").ValueKind));
            Assert.Equal(0.1, figures.GetProperty("effect").GetProperty("conversion").GetProperty("value").GetDouble());
            Assert.Equal(0, Assert.Single(host.Analytics.Asked, request => request.CampaignId == campaign.ToString()).Cost);
        }

        Assert.Equal(["email"], (await FiguresAsync(uncosted)).GetProperty("uncosted").EnumerateArray().Select(channel => channel.GetString()));
    }

    [Fact]
    public async Task What_Analytics_does_not_know_or_does_not_say_in_time_is_told_and_the_rest_is_there()
    {
        var plan = new { currency = "IDR", messageCosts = new { email = 100 } };
        var (unknown, oneArm, slow) = (await SentAsync(plan), await SentAsync(plan), await SentAsync(plan));
        host.Analytics.Answers[oneArm] = "{}";
        host.Analytics.Answers[slow] = "slow";

        Assert.Equal(("effect_not_known", "effect_not_known"), (await ReasonAsync(unknown), await ReasonAsync(oneArm)));
        var watch = Stopwatch.StartNew();
        var figures = await FiguresAsync(slow);
        Assert.Equal(("analytics_unavailable", 1000m), (figures.GetProperty("roiReason").GetString(), figures.GetProperty("money")[0].GetProperty("spent").GetDecimal()));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    /// <summary>As after a send to ten.</summary>
    private async Task<Guid> SentAsync(object plan, decimal holdout = 25, int? windowDays = null)
    {
        var campaign = await host.CreateCampaignAsync(CampaignHost.NewTag(), holdout);
        await host.PlanAsync(campaign, plan);
        if (windowDays is not null) await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/attribution"), new { windowDays }, 2).OkJsonAsync();
        await host.ListAsync<int>("INSERT INTO chunks (campaign_id, seq, recipients, sent, epoch, enqueued_at) VALUES (@campaign, 1, 10, 10, 1, now()) RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE campaigns SET state = 'finished', launched_at = now(), finished_at = now() WHERE id = @campaign RETURNING 1", new { campaign });
        return campaign;
    }

    private Task<JsonElement> FiguresAsync(Guid campaign) => host.Marketer.GetAsync(ManagementHost.Path(campaign, "/figures")).OkJsonAsync();

    private async Task<string?> ReasonAsync(Guid campaign)
    {
        var figures = await FiguresAsync(campaign);
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (figures.GetProperty("roi").ValueKind, figures.GetProperty("effect").ValueKind));
        return figures.GetProperty("roiReason").GetString();
    }
}

/// <summary>With an Analytics that says what the test wants.</summary>
public sealed class EffectHost : ManagementHost
{
    private StubGrpcServer _server = null!;

    public AnsweringAnalytics Analytics { get; } = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        _server = await StubGrpcServer.StartAsync(Analytics);
        AnalyticsAddress = _server.Address;
        await base.ConfigureAsync(settings);
    }
}

/// <summary>By campaign: the measures as JSON, or "slow"; others are not known.</summary>
public sealed class AnsweringAnalytics : EffectReads.EffectReadsBase
{
    public ConcurrentDictionary<Guid, string> Answers { get; } = new();

    public ConcurrentBag<GetCampaignEffectRequest> Asked { get; } = [];

    public override async Task<GetCampaignEffectResponse> GetCampaignEffect(GetCampaignEffectRequest request, ServerCallContext context)
    {
        Asked.Add(request);
        if (!Answers.TryGetValue(Guid.Parse(request.CampaignId), out var answer)) throw new RpcException(new Status(StatusCode.NotFound, "analytics.campaign_not_measured"));
        if (answer == "slow") await Task.Delay(TimeSpan.FromSeconds(30), context.CancellationToken);
        var measures = GetCampaignEffectResponse.Parser.ParseJson(answer);
        measures.Currency = request.Currency;
        (measures.Treated, measures.Holdout, measures.Confidence, measures.FormulaVersion) = (90, 30, 0.95, "1");
        measures.AsOf = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
        if (request.Cost == 0) measures.Roi = null;
        return measures;
    }
}

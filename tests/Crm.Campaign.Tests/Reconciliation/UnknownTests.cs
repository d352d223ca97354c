using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Reconciliation;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Reconciliation;

[Collection(CampaignCollection.Name)]
public sealed class UnknownTests(CampaignHost host) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("journal").FullName;

    private TrackingTokens Tokens => host.Services.GetRequiredService<TrackingTokens>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task Unknown_deliveries_are_listed_page_by_page_and_settled_by_hand()
    {
        await using var relay = Losing(3, 6, 9);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await FinishedAsync(CampaignHost.NewTag(), 12);
        var ops = host.ClientFor(Roles.Ops);
        var path = $"/api/campaign/v1/campaigns/{campaign}/unknowns";

        var backlog = await host.Services.GetServices<IHostedService>().OfType<Backlog>().Single().CountAsync(CancellationToken.None);
        Assert.True(backlog.Single(waiting => waiting is { Channel: "email", State: "unknown" }).Recipients >= 3);

        var first = await ops.GetAsync(path + "?limit=2").OkJsonAsync();
        var second = await ops.GetAsync(path + "?limit=2&cursor=" + first.GetProperty("nextCursor").GetString()).OkJsonAsync();
        var listed = first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).ToArray();

        Assert.Equal((2, 1), (first.GetProperty("items").GetArrayLength(), second.GetProperty("items").GetArrayLength()));
        Assert.All(listed, unknown =>
        {
            Assert.Equal("reply_lost", unknown.GetProperty("reason").GetString());
            Assert.Contains($"<{unknown.GetProperty("messageId").GetString()}>", relay.MessageIds());
        });

        var delivery = listed[0].GetProperty("deliveryId").GetGuid();
        var settled = await ops.PostAsync(path + "/resolve", new { outcome = "sent", deliveryIds = new[] { delivery, CampaignHost.NewId() } }).OkJsonAsync();
        Assert.Equal((1, 2), (settled.GetProperty("resolved").GetInt32(), settled.GetProperty("remaining").GetInt32()));
        await Eventually.Holds(() =>
        {
            Assert.Contains(host.Bus.Seen<MessagesSent>(), sent => sent.Messages.Any(message => message.DeliveryId == delivery));
            return Task.CompletedTask;
        });

        // The rest goes out again, under the same Message-IDs, although the campaign was finished.
        await ops.PostAsync(path + "/resolve", new { outcome = "resend" }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal(12, (await host.StatisticsAsync(campaign)).GetProperty("sent").GetInt64()));
        await host.FinishedAsync(campaign);
        Assert.Equal((14, 12), (relay.WireContents.Count, relay.MessageIds().Distinct().Count()));
        await host.CountersAgreeAsync(campaign);

        Assert.Equal((400, "request.invalid", "outcome"), await ops.PostAsync(path + "/resolve", new { outcome = "forget" }).ProblemAsync());
        Assert.Equal(404, (await ops.GetAsync($"/api/campaign/v1/campaigns/{CampaignHost.NewId()}/unknowns").ProblemAsync()).Status);
        Assert.Equal(403, (await host.ClientFor(Roles.Viewer).PostAsync(path + "/resolve", new { outcome = "resend" }).ProblemAsync()).Status);
    }

    [Fact]
    public async Task The_relays_log_tells_which_unknown_ones_arrived_and_only_the_others_go_out_again()
    {
        var log = Path.Combine(_folder, "mail.log");
        await File.WriteAllTextAsync(log, $"{TimeProvider.System.GetUtcNow().AddSeconds(-1):O} mail postfix/postfix-script[1]: starting the Postfix mail system\n");
        await using var relay = Losing(3, 6, 9);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await FinishedAsync(CampaignHost.NewTag(), 12);
        var unknown = await host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'unknown' ORDER BY delivery_id", new { campaign });
        Assert.Equal(3, unknown.Count);

        // The first was taken; of the second only the Message-ID was seen before the connection broke; the third left no trace.
        await File.AppendAllLinesAsync(log,
        [
            $"{TimeProvider.System.GetUtcNow():O} mail postfix/cleanup[7]: 4F1C2A: message-id=<{Tokens.MessageId(unknown[0])}>",
            $"{TimeProvider.System.GetUtcNow():O} mail postfix/cleanup[7]: 4F1C2B: message-id=<{Tokens.MessageId(unknown[1])}>",
            $"{TimeProvider.System.GetUtcNow():O} mail postfix/qmgr[8]: 4F1C2A: from=<promo@toko.example>, size=900, nrcpt=1 (queue active)",
        ]);
        var before = relay.WireContents.Count;
        await using (await ReconcilingAsync(new ReconcileOptions { PostfixLog = log, Interval = TimeSpan.FromMilliseconds(100), After = TimeSpan.Zero }))
        {
            await Eventually.Holds(async () => Assert.Equal((12, 0), await ProgressAsync(campaign)));
        }

        await host.FinishedAsync(campaign);
        Assert.Equal(before + 2, relay.WireContents.Count);
        Assert.Equal(1, relay.MessageIds().Count(id => id == $"<{Tokens.MessageId(unknown[0])}>"));
        Assert.Equal(2, relay.MessageIds().Count(id => id == $"<{Tokens.MessageId(unknown[1])}>"));
        Assert.StartsWith("relay's log: 4F1C2A", await host.QueryAsync<string>("SELECT reply FROM deliveries WHERE delivery_id = @id", new { id = unknown[0] }), StringComparison.Ordinal);
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_log_that_begins_too_late_rules_nothing_out_and_an_opened_message_has_arrived()
    {
        await using var relay = Losing(3, 6);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await FinishedAsync(CampaignHost.NewTag(), 10);
        var unknown = await host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'unknown' ORDER BY delivery_id", new { campaign });
        var log = Path.Combine(_folder, "mail.log");
        await File.WriteAllTextAsync(log, $"{TimeProvider.System.GetUtcNow().AddSeconds(1):O} mail postfix/qmgr[8]: 1: removed\n");

        await host.Anonymous().GetAsync(new Uri(Tokens.OpenUrl(unknown[1])).AbsolutePath);
        await using (await ReconcilingAsync(new ReconcileOptions { PostfixLog = log, Interval = TimeSpan.FromMilliseconds(100), After = TimeSpan.Zero }))
        {
            await Eventually.Holds(async () => Assert.Equal((9, 1), await ProgressAsync(campaign)));
        }

        Assert.Equal(unknown[0], await host.QueryAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'unknown'", new { campaign }));
        Assert.Equal(10, relay.WireContents.Count);
    }

    [Fact]
    public async Task Where_nobody_can_tell_a_campaign_that_says_so_sends_again()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 10);
        await using var relay = Losing(4);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag);
        await host.Marketer.PutAsync($"/api/campaign/v1/campaigns/{campaign}/pacing", new { onUnknown = "resend" }, 1).OkJsonAsync();
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);
        Assert.Equal((9, 1), await ProgressAsync(campaign));

        await using (await ReconcilingAsync(new ReconcileOptions { Interval = TimeSpan.FromMilliseconds(100), After = TimeSpan.Zero }))
        {
            await Eventually.Holds(async () => Assert.Equal((10, 0), await ProgressAsync(campaign)));
        }

        Assert.Equal((11, 10), (relay.WireContents.Count, relay.MessageIds().Distinct().Count()));
    }

    private async Task<(long Sent, long Unknown)> ProgressAsync(Guid campaign)
    {
        var statistics = await host.StatisticsAsync(campaign);
        return (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("unknown").GetInt64());
    }

    /// <summary>A relay whose connection breaks after the content of these messages.</summary>
    private static ScriptedSmtpServer Losing(params int[] messages) => new(Relay.Capabilities)
    {
        Script = step => step.Name == "CONTENT" && messages.Contains(step.Occurrence) ? new ScriptedReply(null) : null,
    };

    private async Task<Guid> FinishedAsync(string tag, int recipients)
    {
        await host.RegisterAsync(tag, recipients);
        var campaign = await host.LaunchAsync(tag);
        await host.FinishedAsync(campaign);
        return campaign;
    }

    private Task<RunningReconciler> ReconcilingAsync(ReconcileOptions options) => options.PostfixLog is null
        ? RunningReconciler.StartAsync(host, options)
        : RunningReconciler.StartAsync(host, options, new PostfixJournal(Options.Create(options), TimeProvider.System));
}

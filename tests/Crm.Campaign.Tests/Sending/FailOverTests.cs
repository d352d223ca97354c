using Crm.Campaign.Sender.Channels;
using Crm.Campaign.Sender.Smtp;
using Crm.Campaign.Tests.Smtp;
using Crm.Testing;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Sending;

[Collection(CampaignCollection.Name)]
public sealed class FailOverTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Where_a_relay_fails_the_next_takes_over_and_the_ledger_says_who_took_each()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 60);
        var down = false;
        await using var first = new ScriptedSmtpServer(Relay.Capabilities)
        {
            Script = step => step.Name switch
            {
                "CONTENT" when step.Occurrence == 15 => Fail(),
                "GREETING" or "MAIL" when down => new ScriptedReply("421 4.3.2 down"),
                _ => null,
            },
        };
        await using var second = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, first, Backup(second));

        var campaign = await host.LaunchAsync(tag);
        await host.FinishedAsync(campaign);

        // The message whose answer was lost is unknown: nobody sends it again; all others arrived once, here or there.
        var ids = first.MessageIds().Concat(second.MessageIds()).ToArray();
        Assert.Equal((60, 60), (ids.Length, ids.Distinct().Count()));
        var providers = await host.ListAsync<string>("SELECT coalesce(provider, state) || ' ' || count(*) FROM deliveries WHERE campaign_id = @campaign GROUP BY provider, state ORDER BY 1", new { campaign });
        Assert.Equal([$"backup {second.WireContents.Count}", $"smtp {first.WireContents.Count - 1}", "unknown 1"], providers);
        Assert.True(second.WireContents.Count > 20);
        await host.CountersAgreeAsync(campaign);

        ScriptedReply Fail()
        {
            down = true;
            return new ScriptedReply(null);
        }
    }

    [Fact]
    public async Task Large_mails_of_one_claim_go_out_in_parts_and_each_arrives_whole()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 40);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, [("Send:MicroBatch", "40"), ("Send:Slots", "1")]);

        var campaign = await host.CreateCampaignAsync(tag, html: string.Concat(Enumerable.Repeat("<p>Halo {{firstName}}, a line of a long letter.</p>\n", 3_000)) + "<p>The end.</p>");
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);

        Assert.Equal(40, relay.MessageIds().Distinct().Count());
        Assert.All(relay.WireContents, content => Assert.InRange(content.Length, 150_000, 400_000));
        Assert.All(relay.WireContents, content => Assert.True(content.AsSpan().IndexOf("The end."u8) > 0));
        Assert.Equal(40, await host.QueryAsync<int>("SELECT count(*)::int FROM deliveries WHERE campaign_id = @campaign AND state = 'sent'", new { campaign }));
    }

    [Fact]
    public async Task Relays_of_one_order_share_the_work_by_weight()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 200);
        await using var first = new ScriptedSmtpServer(Relay.Capabilities);
        await using var second = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, first, [.. Backup(second), ("Relays:Further:backup:Order", "0"), ("Send:MicroBatch", "5"), ("Send:LargestMicroBatch", "5")]);

        await host.FinishedAsync(await host.LaunchAsync(tag));

        Assert.Equal(200, first.WireContents.Count + second.WireContents.Count);
        Assert.InRange(first.WireContents.Count, 40, 160); // 40 draws of a half: 6 standard deviations
    }

    [Fact]
    public async Task A_relay_that_fails_in_a_row_is_left_alone_and_tried_by_one_after_its_cool_down()
    {
        var time = new ManualTimeProvider();
        var options = new RelayOptions { FailuresToOpen = 2, CoolDown = TimeSpan.FromSeconds(30) };
        await using var pool = new SmtpConnectionPool(new SmtpOptions { Host = "localhost" }, time);
        await using var set = new RelaySet(pool, Options.Create(options), time);
        var relay = set.InOrder()[0];

        Assert.False(relay.Failed());
        relay.Answered();
        Assert.False(relay.Failed());
        Assert.True(relay.TryEnter());
        Assert.True(relay.Failed());
        Assert.False(relay.TryEnter());
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.True(relay.TryEnter());
        Assert.False(relay.TryEnter());
        relay.Answered();
        Assert.True(relay.TryEnter());
    }

    private static (string, string)[] Backup(ScriptedSmtpServer relay) =>
    [
        ("Relays:Further:backup:Smtp:Host", "localhost"), ("Relays:Further:backup:Smtp:Port", $"{relay.Port}"), ("Relays:Further:backup:Smtp:Security", "None"),
    ];
}

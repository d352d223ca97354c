using System.Collections.Concurrent;
using Crm.Campaign.Tests.Smtp;
using Crm.Testing;

namespace Crm.Campaign.Tests.Sending;

[Collection(CampaignCollection.Name)]
public sealed class RateLimitTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Two_senders_share_a_providers_rate_and_keep_to_it_by_themselves_while_redis_is_frozen()
    {
        const int PerSecond = 40;
        var provider = CampaignHost.NewTag(); // a bucket of its own in the shared Redis
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 200);
        var (redisHost, redisPort) = Redis();
        await using var redis = new FreezableProxy(redisHost, redisPort);
        var arrivals = new ConcurrentQueue<long>();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => { if (step.Name == "CONTENT") arrivals.Enqueue(TimeProvider.System.GetTimestamp()); return null; } };
        await using var dead = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "GREETING" ? new ScriptedReply("554 5.3.0 no") : null };
        (string, string)[] settings =
        [
            ($"RateLimits:Providers:{provider}:PerSecond", "40"), ($"RateLimits:Providers:{provider}:Burst", "10"), ("ConnectionStrings:redis", $"127.0.0.1:{redis.Port}"),
            ($"Relays:Further:{provider}:Smtp:Host", "localhost"), ($"Relays:Further:{provider}:Smtp:Port", $"{relay.Port}"), ($"Relays:Further:{provider}:Smtp:Security", "None"),
            ("Relays:FailuresToOpen", "1"),
        ];
        await using var first = await SenderHost.StartAsync(host, dead, settings);
        await using var second = await SenderHost.StartAsync(host, dead, settings);

        var campaign = await host.LaunchAsync(tag);
        await Eventually.Holds(() => Task.FromResult(arrivals.Count > 60 ? 0 : throw new InvalidOperationException("Not yet.")));
        redis.Freeze();
        await host.FinishedAsync(campaign);

        Assert.Equal(200, relay.MessageIds().Distinct().Count());
        Assert.Equal(200, relay.WireContents.Count);
        Assert.Equal([1], await host.ListAsync<int>("SELECT DISTINCT attempts FROM deliveries WHERE campaign_id = @campaign", new { campaign }));
        Assert.Equal([provider], await host.ListAsync<string>("SELECT DISTINCT provider FROM deliveries WHERE campaign_id = @campaign", new { campaign }));

        // In any second: the rate, the bucket, and what both senders may have leased ahead.
        var at = arrivals.Order().ToArray();
        for (var i = 0; i < at.Length; i++)
        {
            var within = at.Skip(i).TakeWhile(arrival => TimeProvider.System.GetElapsedTime(at[i], arrival) < TimeSpan.FromSeconds(1)).Count();
            Assert.InRange(within, 1, PerSecond + 10 + 2 * 10);
        }
    }

    [Fact]
    public async Task A_domain_at_its_rate_holds_up_nobody_else()
    {
        var (slow, fast) = ($"{CampaignHost.NewTag()}.example", $"{CampaignHost.NewTag()}.example");
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 60, number => CampaignHost.Customer(tag, number, email: $"p{number}@{(number % 2 == 0 ? slow : fast)}"));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, ($"RateLimits:Domains:{slow}:PerSecond", "0.02"), ($"RateLimits:Domains:{slow}:Burst", "7"));

        var campaign = await host.LaunchAsync(tag);
        await Eventually.Holds(async () => Assert.Equal(37, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND state = 'sent'", new { campaign })));

        Assert.Equal(30, relay.Contents.Count(content => Relay.Header(content, "To").Contains(fast, StringComparison.Ordinal)));
        Assert.Equal([0], await host.ListAsync<int>("SELECT DISTINCT attempts FROM deliveries WHERE campaign_id = @campaign AND state = 'planned'", new { campaign }));
        Assert.Equal(23, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND state = 'planned' AND not_before > now() + interval '5 seconds'", new { campaign }));
        await host.CountersAgreeAsync(campaign);
    }

    private (string Host, int Port) Redis()
    {
        var address = host.Servers.Redis.Split(',')[0].Split(':');
        return (address[0], int.Parse(address[1], System.Globalization.CultureInfo.InvariantCulture));
    }
}

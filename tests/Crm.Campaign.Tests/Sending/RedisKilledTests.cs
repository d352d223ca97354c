using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Crm.Campaign.Tests.Smtp;
using Crm.Testing;

namespace Crm.Campaign.Tests.Sending;

/// <summary>Redis holds nothing but rates: that it dies, and comes back empty, costs no message and no limit.</summary>
[Collection(CampaignCollection.Name)]
public sealed class RedisKilledTests(CampaignHost host) : IAsyncLifetime
{
    private const int Recipients = 240;
    private const int PerSecond = 40;
    private const int Burst = 10;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crm-redis-");
    private readonly int _port = FreePort();
    private Process? _redis;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await KillAsync();
        _directory.Delete(recursive: true);
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task Redis_killed_in_the_middle_of_a_send_loses_and_doubles_nothing_and_the_senders_keep_to_the_rate()
    {
        var (provider, tag) = (CampaignHost.NewTag(), CampaignHost.NewTag());
        await host.RegisterAsync(tag, Recipients);
        await StartAsync();
        var arrivals = new ConcurrentQueue<long>();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => { if (step.Name == "CONTENT") arrivals.Enqueue(TimeProvider.System.GetTimestamp()); return null; } };
        await using var dead = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "GREETING" ? new ScriptedReply("554 5.3.0 no") : null };
        (string, string)[] settings =
        [
            ($"RateLimits:Providers:{provider}:PerSecond", $"{PerSecond}"), ($"RateLimits:Providers:{provider}:Burst", $"{Burst}"), ("ConnectionStrings:redis", $"127.0.0.1:{_port}"),
            ($"Relays:Further:{provider}:Smtp:Host", "localhost"), ($"Relays:Further:{provider}:Smtp:Port", $"{relay.Port}"), ($"Relays:Further:{provider}:Smtp:Security", "None"),
            ("Relays:FailuresToOpen", "1"),
        ];
        await using var first = await SenderHost.StartAsync(host, dead, settings);
        await using var second = await SenderHost.StartAsync(host, dead, settings);

        var campaign = await host.LaunchAsync(tag);
        await ArrivedAsync(60);
        await KillAsync();
        var killedAt = arrivals.Count;
        await ArrivedAsync(killedAt + 60); // they go on by themselves
        await StartAsync();
        await host.FinishedAsync(campaign);

        Assert.Equal(Recipients, relay.MessageIds().Distinct().Count());
        Assert.Equal(Recipients, relay.WireContents.Count);
        Assert.Equal(["sent 1"], await host.ListAsync<string>("SELECT DISTINCT state || ' ' || attempts FROM deliveries WHERE campaign_id = @campaign", new { campaign }));
        await host.CountersAgreeAsync(campaign);

        // In any second: the rate, the bucket, what both senders may have leased ahead, and once the bucket of a Redis that came back empty.
        var at = arrivals.Order().ToArray();
        for (var i = 0; i < at.Length; i++)
        {
            var within = at.Skip(i).TakeWhile(arrival => TimeProvider.System.GetElapsedTime(at[i], arrival) < TimeSpan.FromSeconds(1)).Count();
            Assert.InRange(within, 1, PerSecond + Burst + (2 * Burst) + Burst);
        }

        async Task ArrivedAsync(int count) => await Eventually.Holds(() => Task.FromResult(arrivals.Count >= count ? 0 : throw new InvalidOperationException($"{arrivals.Count} of {count}")));
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("redis-server", ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--dir", _directory.FullName, "--logfile", Path.Combine(_directory.FullName, "log")]);
        _redis = Process.Start(start)!;
        await Eventually.Holds(async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
        });
    }

    private async Task KillAsync()
    {
        if (_redis is null) return;
        _redis.Kill();
        await _redis.WaitForExitAsync();
        _redis.Dispose();
        _redis = null;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

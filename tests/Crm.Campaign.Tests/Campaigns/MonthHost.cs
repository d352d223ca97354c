using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Crm.Campaign.Tests.Management;
using Crm.Testing;

namespace Crm.Campaign.Tests.Campaigns;

/// <summary>Campaign with Analytics beside it: a process and a database of its own, on the same broker, asked over the wire.</summary>
public sealed class MonthHost : ManagementHost
{
    private readonly (int Http, int Grpc) _ports = (FreePort(), FreePort());
    private IsolatedServers _servers = null!;
    private Process _analytics = null!;

    public override async Task InitializeAsync()
    {
        _servers = await IsolatedServers.CreateAsync("month-analytics");
        await base.InitializeAsync();
        StartAnalytics();
        await ReadyAsync();
    }

    /// <summary>Analytics dies.</summary>
    public Task KillAnalyticsAsync()
    {
        _analytics.Kill();
        return _analytics.WaitForExitAsync();
    }

    public override async Task DisposeAsync()
    {
        if (!_analytics.HasExited) await KillAnalyticsAsync();
        _analytics.Dispose();
        await base.DisposeAsync();
        await _servers.DisposeAsync();
    }

    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        AnalyticsAddress = $"http://127.0.0.1:{_ports.Grpc}";
        return base.ConfigureAsync(settings);
    }

    private void StartAnalytics()
    {
        var start = new ProcessStartInfo("dotnet", [System.IO.Path.Combine(AppContext.BaseDirectory, "Crm.Analytics.dll")]) { WorkingDirectory = AppContext.BaseDirectory };
        var environment = start.Environment;
        environment["ConnectionStrings__postgres"] = _servers.Postgres;
        environment["ConnectionStrings__rabbitmq"] = Servers.RabbitMq;
        environment["ConnectionStrings__redis"] = Servers.Redis;
        environment["Postgres__MigrateOnStart"] = "true";
        environment["BIND_ADDRESS"] = "127.0.0.1";
        environment["HTTP_PORT"] = $"{_ports.Http}";
        environment["GRPC_PORT"] = $"{_ports.Grpc}";
        environment["InternalTokens__Issuer"] = "analytics";
        environment["InternalTokens__PrivateKey"] = TestKeys.PrivateKey("analytics");
        environment["InternalTokens__TrustedIssuers__campaign"] = TestKeys.PublicKey("campaign");
        environment["Logging__LogLevel__Default"] = "Error";
        _analytics = Process.Start(start)!;
    }

    /// <summary>Its queues are there: what is published from now on reaches it.</summary>
    private async Task ReadyAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        await Eventually.Holds(
            async () => Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri($"http://127.0.0.1:{_ports.Http}/health/ready"))).StatusCode), TimeSpan.FromSeconds(60));
        await Eventually.Holds(async () => Assert.True(await Servers.QueueExistsAsync("analytics-campaign-assigned") && await Servers.QueueExistsAsync("analytics-purchases-recorded")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

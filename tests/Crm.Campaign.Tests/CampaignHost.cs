using System.Diagnostics;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Sender.Sending;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Campaign.Tests;

/// <summary>The Campaign service with what a marketer does in it. Tests keep apart by a tag that only their customers have.</summary>
public class CampaignHost() : ServiceHost<DispatchOptions>("campaign")
{
    private static readonly Ids Ids = new(TimeProvider.System);

    /// <summary>Common to the service and its senders.</summary>
    public static readonly IReadOnlyDictionary<string, string?> MessageSettings = new Dictionary<string, string?>
    {
        ["Campaign:PublicBaseUrl"] = "http://localhost:8080",
        ["Campaign:LinkKey"] = Convert.ToBase64String(Enumerable.Range(1, 32).Select(number => (byte)number).ToArray()),
        ["Campaign:SenderDomain"] = "mail.toko.example",
        ["Campaign:BounceDomain"] = "bounce.toko.example",
    };

    public static readonly DateTimeOffset Registered = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Key of the mail provider "mailer".</summary>
    public static readonly byte[] ProviderKey = [.. Enumerable.Range(50, 32).Select(number => (byte)number)];

    /// <summary>Where the service takes bounces.</summary>
    public int ReceiverPort { get; } = FreePort();

    /// <summary>Of Analytics' rpcs; nobody listens unless a test has somebody.</summary>
    public string AnalyticsAddress { get; protected set; } = "http://127.0.0.1:1";

    public HttpClient Marketer => ClientFor(Roles.Marketer);

    public BusProbe Bus { get; private set; } = null!;

    public static Guid NewId() => Ids.Next();

    public static string NewTag() => "tag-" + Ids.Next().ToString("N")[20..];

    public static CustomerSnapshot Customer(string tag, int number, string? email = null, bool consent = true, long version = 1, Guid? id = null) => new()
    {
        CustomerId = id ?? NewId(),
        Version = version,
        DisplayName = $"Budi <{number}>",
        GivenName = "Budi",
        Email = email ?? $"{tag}.{number}@example.com",
        Language = number % 2 == 0 ? "id" : "en",
        TimeZone = "Asia/Jakarta",
        City = "Bandung",
        Tags = [tag],
        LifecycleStage = "customer",
        RegisteredAt = Registered,
        Consents = [new ConsentState("email", "marketing", consent, Registered)],
    };

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Bus = await BusProbe.StartAsync(
            Servers.RabbitMq, typeof(Contracts.Events.V1.MessagesSent), typeof(Contracts.Events.V1.CampaignResponded), typeof(Contracts.Events.V1.CampaignAssigned),
            typeof(Contracts.Events.V1.TagChangesRequested), typeof(Contracts.Events.V1.CasesRequested), typeof(Contracts.Events.V1.PosMessagesPrepared), typeof(Contracts.Events.V1.PointsRequested),
            typeof(Contracts.Events.V1.ApprovalChanged));
    }

    public override async Task DisposeAsync()
    {
        await Bus.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Customers arrive as events, as they do from Customer.</summary>
    public async Task<IReadOnlyList<CustomerSnapshot>> RegisterAsync(string tag, int count, Func<int, CustomerSnapshot>? create = null)
    {
        var customers = Enumerable.Range(0, count).Select(number => create?.Invoke(number) ?? Customer(tag, number)).ToArray();
        await Bus.PublishAsync(new CustomersRegistered(NewId(), Registered, customers), NewId());
        await Eventually.Holds(async () => Assert.Equal(
            count, await QueryAsync<long>("SELECT count(*) FROM audience WHERE customer_id = ANY(@ids) AND profile_version IS NOT NULL", new { ids = customers.Select(customer => customer.CustomerId).ToArray() })));
        return customers;
    }

    public async Task<T?> QueryAsync<T>(string sql, object? args = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<T>(sql, args);
    }

    public async Task<IReadOnlyList<T>> ListAsync<T>(string sql, object? args = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql, args)).AsList();
    }

    public async Task<Guid> CreateCampaignAsync(string tag, decimal holdout = 0, string html = "<p>Halo {{firstName}}</p><a href=\"https://toko.example/promo?a=1&amp;b=2\">Promo</a>")
    {
        var segment = await Marketer.PostAsync("/api/campaign/v1/segments", new { name = tag, criteria = new { field = "tags", op = "contains", value = tag } }).OkJsonAsync();
        var template = await CreateTemplateAsync(tag, html);
        var campaign = await Marketer.PostAsync("/api/campaign/v1/campaigns", new
        {
            name = tag,
            segmentId = segment.GetProperty("id").GetGuid(),
            templateId = template,
            senderName = "Toko Sejahtera",
            fromAddress = "promo@toko.example",
            holdoutPercent = holdout,
        }).OkJsonAsync();
        return campaign.GetProperty("id").GetGuid();
    }

    /// <summary>A campaign without a segment, for a test to append recipients to.</summary>
    public async Task<Guid> CreateTriggeredAsync(string tag)
    {
        var templateId = await CreateTemplateAsync(tag, "<p>Selamat {{firstName}}</p>");
        var campaign = await Marketer.PostAsync(
            "/api/campaign/v1/campaigns", new { name = tag, kind = "triggered", templateId, senderName = "Toko Sejahtera", fromAddress = "promo@toko.example" }).OkJsonAsync();
        return campaign.GetProperty("id").GetGuid();
    }

    public async Task<Guid> LaunchAsync(string tag, decimal holdout = 0)
    {
        var id = await CreateCampaignAsync(tag, holdout);
        await ActAsync(id, "launch");
        return id;
    }

    public Task<JsonElement> ActAsync(Guid campaign, string action) => Marketer.PostAsync($"/api/campaign/v1/campaigns/{campaign}/{action}", new { }).OkJsonAsync();

    public Task<JsonElement> StatisticsAsync(Guid campaign) => Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/statistics").OkJsonAsync();

    public Task FinishedAsync(Guid campaign) => Eventually.Holds(
        async () => Assert.Equal("finished", (await StatisticsAsync(campaign)).GetProperty("state").GetString()), TimeSpan.FromSeconds(60));

    private async Task<Guid> CreateTemplateAsync(string name, string html)
    {
        var contents = new { id = new { subject = "Halo {{displayName}}", html }, en = new { subject = "Hello {{displayName}}", html } };
        return (await Marketer.PostAsync("/api/campaign/v1/templates", new { name, contents }).OkJsonAsync()).GetProperty("id").GetGuid();
    }

    public Task CancelAllAsync() => ListAsync<int>("UPDATE campaigns SET state = 'cancelled', epoch = epoch + 1 WHERE state IN ('sending', 'paused') RETURNING 1");

    /// <summary>Whatever happened, the counters say what the rows say.</summary>
    public async Task CountersAgreeAsync(Guid campaign) => Assert.Equal(
        await QueryAsync<string>(
            """
            SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'failed'),
                count(*) FILTER (WHERE state = 'skipped'), count(*) FILTER (WHERE state = 'unknown')) FROM deliveries WHERE campaign_id = @campaign
            """,
            new { campaign }),
        await QueryAsync<string>(
            "SELECT concat_ws(' ', sum(recipients), sum(sent), sum(failed), sum(skipped), sum(unknown)) FROM chunks WHERE campaign_id = @campaign", new { campaign }));

    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        foreach (var (key, value) in MessageSettings) settings[key] = value;
        settings["services:analytics:grpc:0"] = AnalyticsAddress;
        settings["Receipts:sms-simulator:Secret"] = Channels.SimulatorHost.Secret;
        settings["Inbound:SmtpPort"] = ReceiverPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        settings["Inbound:MaxMessageSize"] = "65536";
        settings["Inbound:CommandTimeout"] = "00:00:02";
        settings["Inbound:SoftBounceLimit"] = "3";
        settings["Inbound:Providers:0:Name"] = "mailer";
        settings["Inbound:Providers:0:Key"] = Convert.ToBase64String(ProviderKey);
        settings["Dispatch:ChunkSize"] = "50";
        settings["Dispatch:SliceSize"] = "80";
        settings["Dispatch:PollInterval"] = "00:00:00.100";
        settings["Dispatch:ResendAfter"] = "00:00:05";
        settings["Responses:SettleAfter"] = "00:00:01.200";
        settings["Responses:PollInterval"] = "00:00:00.100";
        settings["Responses:ScannerNetworks:0"] = "198.51.100.0/24";
        settings["Journeys:PollInterval"] = "00:00:00.100";
        settings["Journeys:SweepInterval"] = "00:00:00.300";
        settings["Journeys:WholeSweepInterval"] = "00:00:00.300";
        settings["Journeys:BatchSize"] = "20";
        settings["Audience:CountTimeout"] = "00:00:02";
        settings["Audience:MeasureInterval"] = "00:00:00.500";
        settings["Audience:MeasureHour"] = "0";
        return Task.CompletedTask;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A sender on the campaign service's database and queue, with a relay that does what the test says.</summary>
public sealed class SenderHost(CampaignHost campaign, ScriptedSmtpServer relay, (string Key, string Value)[] overrides) : ServiceHost<SendOptions>("campaign-sender"), IAsyncDisposable
{
    public static async Task<SenderHost> StartAsync(CampaignHost campaign, ScriptedSmtpServer relay, params (string Key, string Value)[] overrides)
    {
        var host = new SenderHost(campaign, relay, overrides);
        await host.InitializeAsync();
        return host;
    }

    public static Dictionary<string, string?> Settings(CampaignHost campaign, ScriptedSmtpServer relay) => Settings(campaign, relay.Port);

    public static Dictionary<string, string?> Settings(CampaignHost campaign, int relayPort) => new(CampaignHost.MessageSettings)
    {
        ["ConnectionStrings:postgres"] = campaign.Servers.Postgres,
        ["ConnectionStrings:rabbitmq"] = campaign.Servers.RabbitMq,
        ["Postgres:MigrateOnStart"] = "false",
        ["Smtp:Host"] = "localhost",
        ["Smtp:Port"] = relayPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["Smtp:Security"] = "None",
        ["Send:Slots"] = "2",
        ["Send:MicroBatch"] = "10",
        ["Send:LargestMicroBatch"] = "10",
        ["Send:LeaseSeconds"] = "2",
        ["Send:RelayRetry"] = "00:00:01",
        ["Send:DeferralRetry"] = "00:00:00.500",
    };

    /// <summary>A sender as a process of its own, to be killed.</summary>
    public static Process StartProcess(Dictionary<string, string?> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Crm.Campaign.Sender.dll")]) { WorkingDirectory = AppContext.BaseDirectory };
        foreach (var (key, value) in settings) start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["BIND_ADDRESS"] = "127.0.0.1";
        start.Environment["HTTP_PORT"] = "0";
        start.Environment["GRPC_PORT"] = "0";
        start.Environment["InternalTokens__Issuer"] = "campaign-sender";
        start.Environment["InternalTokens__PrivateKey"] = TestKeys.PrivateKey("campaign-sender");
        return Process.Start(start)!;
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        foreach (var (key, value) in Settings(campaign, relay)) settings[key] = value;
        foreach (var (key, value) in overrides) settings[key] = value;
        return Task.CompletedTask;
    }
}

/// <summary>What arrived at the relay, by recipient.</summary>
internal static class Relay
{
    public static readonly string[] Capabilities = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"];

    public static IReadOnlyList<string> MessageIds(this ScriptedSmtpServer relay) => [.. relay.Contents.Select(content => Header(content, "Message-ID"))];

    public static string Header(byte[] content, string name)
    {
        var text = System.Text.Encoding.UTF8.GetString(content).ReplaceLineEndings("\n").Replace("\n ", " ", StringComparison.Ordinal);
        return text.Split('\n').First(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();
    }
}

[CollectionDefinition(Name)]
public sealed class CampaignCollection : ICollectionFixture<CampaignHost>
{
    public const string Name = "campaign";
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Crm.Testing.Mail;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Bench;

/// <summary>The Campaign service and any number of senders as processes of their own, on servers of their own, into a sink that counts.</summary>
internal sealed class SendRig : IAsyncDisposable
{
    private static readonly string Configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
    private readonly Dictionary<string, string> _settings;
    private readonly List<Process> _senders = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler());
    private readonly WebApplication _journal;
    private Process? _service;

    private SendRig(IsolatedServers servers, SmtpSink sink, WebApplication journal, Dictionary<string, string> settings)
    {
        (Servers, Sink, _journal, _settings) = (servers, sink, journal, settings);
        Database = NpgsqlDataSource.Create(servers.Postgres + ";Timeout=5");
    }

    public IsolatedServers Servers { get; }

    public SmtpSink Sink { get; }

    public NpgsqlDataSource Database { get; }

    public IReadOnlyList<Process> Senders => _senders;

    public static async Task<SendRig> StartAsync(SmtpSink sink, IReadOnlyDictionary<string, string> settings)
    {
        var servers = await IsolatedServers.CreateAsync("send");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var journal = builder.Build();
        journal.MapGet("/taken", (string id) => sink.Taken.ContainsKey(id) ? Results.Json(new[] { id }) : Results.NotFound());
        await journal.StartAsync();
        var (httpPort, grpcPort) = (FreePort(), FreePort());
        var rig = new SendRig(servers, sink, journal, new Dictionary<string, string>
        {
            ["ConnectionStrings__postgres"] = servers.Postgres,
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["ConnectionStrings__redis"] = servers.Redis,
            ["Postgres__MigrateOnStart"] = "true",
            ["BIND_ADDRESS"] = "127.0.0.1",
            ["HTTP_PORT"] = $"{httpPort}",
            ["GRPC_PORT"] = $"{grpcPort}",
            ["services__analytics__grpc__0"] = "http://127.0.0.1:1",
            ["InternalTokens__Issuer"] = "campaign",
            ["InternalTokens__PrivateKey"] = TestKeys.PrivateKey("campaign"),
            ["InternalTokens__TrustedIssuers__gateway"] = TestKeys.PublicKey("gateway"),
            ["Campaign__PublicBaseUrl"] = "http://localhost:8080",
            ["Campaign__LinkKey"] = Convert.ToBase64String(new byte[32]),
            ["Campaign__SenderDomain"] = "mail.toko.example",
            ["Smtp__Host"] = "127.0.0.1",
            ["Smtp__Port"] = $"{sink.Port}",
            ["Smtp__Security"] = "None",
            ["Reconcile__HttpUrl"] = journal.Urls.First() + "/taken?id={messageId}",
            ["Logging__LogLevel__Default"] = "Error",
        });
        foreach (var (key, value) in settings) rig._settings[key] = value;
        rig._http.BaseAddress = new Uri($"http://127.0.0.1:{httpPort}");
        rig.StartService();
        await rig.ReadyAsync();
        return rig;
    }

    /// <summary>Kills what runs as the service, and starts it again.</summary>
    public void StartService()
    {
        if (_service is { HasExited: false }) _service.Kill();
        _service = Start("Crm.Campaign", []);
    }

    public Process StartSender()
    {
        var sender = Start("Crm.Campaign.Sender", new()
        {
            ["HTTP_PORT"] = "0", ["GRPC_PORT"] = "0", ["Postgres__MigrateOnStart"] = "false",
            ["InternalTokens__Issuer"] = "campaign-sender", ["InternalTokens__PrivateKey"] = TestKeys.PrivateKey("campaign-sender"),
        });
        lock (_senders) _senders.Add(sender);
        return sender;
    }

    public void KillSender(Process sender)
    {
        sender.Kill();
        lock (_senders) _senders.Remove(sender);
    }

    /// <summary>A campaign to so many new customers; launched.</summary>
    public async Task<Guid> LaunchAsync(int recipients)
    {
        var tag = "tag-" + new Crm.ServiceDefaults.Hosting.Ids(TimeProvider.System).Next().ToString("N")[12..];
        await using (var connection = await Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO audience (customer_id, profile_version, display_name, given_name, email, language, time_zone, city, tags, registered_at, consent_email)
                SELECT gen_random_uuid(), 1, 'Budi ' || n, 'Budi', @tag || '.' || n || '@example.com', 'id', 'Asia/Jakarta', 'Bandung', ARRAY[@tag], now(), true
                FROM generate_series(1, @recipients) AS n;
                """,
                new { tag, recipients });
            await connection.ExecuteAsync("ANALYZE audience");
        }

        var segment = await PostAsync("segments", new { name = tag, criteria = new { field = "tags", op = "contains", value = tag } });
        var html = "<p>Halo {{firstName}}, {{city}}</p>" + string.Concat(Enumerable.Range(0, 5).Select(link => $"<a href=\"https://toko.example/{link}\">{link}</a>"));
        var template = await PostAsync("templates", new { name = tag, contents = new { id = new { subject = "Halo {{displayName}}", html } } });
        var campaign = await PostAsync("campaigns", new
        {
            name = tag, segmentId = segment.GetProperty("id").GetGuid(), templateId = template.GetProperty("id").GetGuid(), senderName = "Toko", fromAddress = "promo@toko.example",
        });
        var id = campaign.GetProperty("id").GetGuid();
        await PostAsync($"campaigns/{id}/launch", new { });
        return id;
    }

    public Task<JsonElement> StatisticsAsync(Guid campaign) => GetAsync($"campaigns/{campaign}/statistics");

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _senders.Append(_service).OfType<Process>().Where(process => !process.HasExited))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        await _journal.DisposeAsync();
        await Database.DisposeAsync();
        await Servers.DisposeAsync();
        _http.Dispose();
    }

    private Task<JsonElement> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body)
    {
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestKeys.Token("gateway", "campaign", TestKeys.Person(Roles.Marketer, Roles.Ops)));
        return method == HttpMethod.Get ? await _http.GetAsync("/api/campaign/v1/" + path).OkJsonAsync() : await _http.PostAsync("/api/campaign/v1/" + path, body).OkJsonAsync();
    }

    private Task ReadyAsync() => Eventually.Holds(
        async () => (await _http.GetAsync("/health/ready")).EnsureSuccessStatusCode(), TimeSpan.FromMinutes(1));

    private Process Start(string project, Dictionary<string, string> overrides)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.PathOf("artifacts", "bin", project, Configuration, project + ".dll")]) { RedirectStandardOutput = true };
        foreach (var (key, value) in _settings) start.Environment[key] = value;
        foreach (var (key, value) in overrides) start.Environment[key] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text && Environment.GetEnvironmentVariable("CRM_VERBOSE") is not null) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {project} {process.Id}: {text}"));
        };
        process.BeginOutputReadLine();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// The campaign service with an audience, and for each run a sender of its own: both as they are deployed, built beside this program in the
/// same configuration. A run is a campaign that is launched over the API and waited for in the ledger.
/// </summary>
internal sealed class SendBenchPlatform : IAsyncDisposable
{
    private const string Filler = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna. ";
    private static readonly string[] Fields = ["displayName", "firstName", "email", "city", "province", "points", "purchaseCount", "lastPurchaseDate", "firstName", "city"];
    private readonly ECDsa _gateway = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _linkKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly string _dkimRsa = Pem("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048");
    private readonly string _dkimEd25519 = Pem("genpkey", "-algorithm", "ed25519");
    private readonly int _messages;
    private readonly int _warmUp;
    private IsolatedServers _servers = null!;
    private Process _service = null!;
    private HttpClient _http = null!;
    private BusProbe _subscriber = null!;
    private Guid _template;

    private SendBenchPlatform(int messages, int warmUp) => (_messages, _warmUp) = (messages, warmUp);

    /// <param name="warmUp">Messages that each sender sends before it is measured: a sender lives for weeks, and its first seconds are the compiler's.</param>
    public static async Task<SendBenchPlatform> StartAsync(int messages, int warmUp, CancellationToken cancellationToken)
    {
        var platform = new SendBenchPlatform(messages, warmUp) { _servers = await IsolatedServers.CreateAsync("bench-send") };
        using (var migrate = platform.Start("Crm.Campaign", [], "migrate"))
        {
            await migrate.WaitForExitAsync(cancellationToken);
            if (migrate.ExitCode != 0) throw new InvalidOperationException("The migrations failed.");
        }

        // Somebody has to want the sender's events: the broker gives back what nobody does, and the outbox tries it again for ever.
        platform._subscriber = await BusProbe.StartAsync(platform._servers.RabbitMq, typeof(MessagesSent));
        var port = PostfixSink.FreePort();
        platform._service = platform.Start("Crm.Campaign", new Dictionary<string, string> { ["HTTP_PORT"] = $"{port}" });
        platform._http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await ReadyAsync(port, platform._service, cancellationToken);
        await platform.FillAsync(cancellationToken);
        return platform;
    }

    public async Task<SendRun> SendAsync(int relay, SendVariant variant, CancellationToken cancellationToken)
    {
        var port = PostfixSink.FreePort();
        using var sender = Start("Crm.Campaign.Sender", SenderSettings(port, relay, variant));
        try
        {
            await ReadyAsync(port, sender, cancellationToken);
            await CampaignAsync("warm", _warmUp, cancellationToken);
            var before = Cpu(sender.Id);
            var seconds = await CampaignAsync("all", _messages, cancellationToken);
            return new SendRun(_messages / seconds, (Cpu(sender.Id) - before) * 1e6 / _messages, Megabytes(sender.Id, "VmHWM:"), Megabytes(sender.Id, "RssFile:"));
        }
        finally
        {
            await StopAsync(sender);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await StopAsync(_service);
        _service.Dispose();
        await _subscriber.DisposeAsync();
        await _servers.DisposeAsync();
        _gateway.Dispose();
    }

    private Dictionary<string, string> SenderSettings(int port, int relay, SendVariant variant)
    {
        var settings = new Dictionary<string, string>
        {
            ["HTTP_PORT"] = $"{port}",
            ["Smtp__Host"] = "localhost",
            ["Smtp__Port"] = $"{relay}",
            ["Smtp__Security"] = variant.AuthorityFile is null ? "None" : "Tls",
            ["Smtp__MaxMessagesPerConnection"] = "100000",
            ["Send__Slots"] = "10",
            ["DOTNET_GCgen0size"] = "0x600000", // as the chart deploys it
            ["DOTNET_GCGen0MaxBudget"] = "0x600000",
            ["DOTNET_GCGen1MaxBudget"] = "0x600000",
        };
        if (variant.AuthorityFile is not null) settings["Smtp__TrustedCertificateAuthorities"] = variant.AuthorityFile;
        if (!variant.Signed) return settings;
        foreach (var (i, key) in new[] { _dkimRsa, _dkimEd25519 }.Index())
        {
            settings[$"Dkim__Keys__{i}__Domain"] = "toko.example";
            settings[$"Dkim__Keys__{i}__Selector"] = $"s{i}";
            settings[$"Dkim__Keys__{i}__PrivateKey"] = key;
        }

        return settings;
    }

    /// <summary>Launches a campaign to so many and waits until the ledger says that all went out; from the first to the last, in seconds.</summary>
    private async Task<double> CampaignAsync(string tag, int recipients, CancellationToken cancellationToken)
    {
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token());
        var segment = await PostAsync("segments", new { name = tag, criteria = new { field = "tags", op = "contains", value = tag } });
        var campaign = await PostAsync("campaigns", new { name = tag, segmentId = segment, templateId = _template, senderName = "Toko Sejahtera", fromAddress = "promo@toko.example" });
        await _http.PostAsync($"/api/campaign/v1/campaigns/{campaign}/launch", new { }).OkJsonAsync();
        await using var database = new NpgsqlConnection(_servers.Postgres);
        var clock = Stopwatch.StartNew();
        while (await database.ExecuteScalarAsync<long>("SELECT coalesce(sum(sent), 0) FROM chunks WHERE campaign_id = @campaign", new { campaign }) < recipients)
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(5)) throw new TimeoutException("The campaign was not sent within five minutes.");
            await Task.Delay(50, cancellationToken);
        }

        return await database.ExecuteScalarAsync<double>("SELECT extract(epoch FROM max(sent_at) - min(sent_at))::float8 FROM deliveries WHERE campaign_id = @campaign", new { campaign });
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        await using (var database = new NpgsqlConnection(_servers.Postgres))
        {
            await database.ExecuteAsync(new CommandDefinition(
                """
                INSERT INTO audience (customer_id, profile_version, display_name, given_name, email, language, time_zone, city, province, tags, lifecycle_stage,
                    consent_email, points, purchase_count, last_purchased_at)
                SELECT gen_random_uuid(), 1, 'Person ' || n, 'Person', 'person' || n || '@example.com', 'en', 'Asia/Jakarta', 'Bandung', 'Jawa Barat',
                    CASE WHEN n <= @_warmUp THEN ARRAY['all', 'warm'] ELSE ARRAY['all'] END, 'customer', true, n, n % 50, now() - interval '10 days'
                FROM generate_series(1, @_messages) n;
                ANALYZE audience
                """,
                new { _warmUp, _messages },
                cancellationToken: cancellationToken));
        }

        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token());
        var offers = string.Concat(Fields.Select((field, i) => $"<p>{{{{{field}}}}} <a href=\"https://toko.example/offers/{i}?from=mail\">Offer {i}</a></p>\n"));
        var html = $"<html><body>{offers}{string.Concat(Enumerable.Repeat($"<p>{Filler}</p>\n", 28))}</body></html>";
        _template = await PostAsync("templates", new { name = "bench", contents = new { en = new { subject = "Offer for {{displayName}}", html, text = Plain() } } });
    }

    /// <summary>Short, so that the whole mail is about 8 KB.</summary>
    private static string Plain() => string.Join('\n', Fields.Select(field => $"{{{{{field}}}}}")) + "\n" + Filler;

    private async Task<Guid> PostAsync(string collection, object body) =>
        (await _http.PostAsync($"/api/campaign/v1/{collection}", body).OkJsonAsync()).GetProperty("id").GetGuid();

    private string Token()
    {
        var options = Options.Create(new InternalTokenOptions { Issuer = "gateway", PrivateKey = Convert.ToBase64String(_gateway.ExportPkcs8PrivateKey()) });
        return new InternalTokenIssuer(options, TimeProvider.System, new Ids(TimeProvider.System)).Mint(new Actor("user:bench", "bench", [Roles.Marketer], null, null), "campaign");
    }

    private Process Start(string project, IEnumerable<KeyValuePair<string, string>> settings, params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, configuration, project + ".dll"));
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { WorkingDirectory = Path.GetDirectoryName(program) };
        var environment = start.Environment;
        environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        environment["Logging__LogLevel__Default"] = "Error";
        environment["BIND_ADDRESS"] = "127.0.0.1";
        environment["HTTP_PORT"] = "0";
        environment["GRPC_PORT"] = "0";
        environment["ConnectionStrings__postgres"] = _servers.Postgres;
        environment["ConnectionStrings__rabbitmq"] = _servers.RabbitMq;
        environment["ConnectionStrings__redis"] = _servers.Redis;
        environment["Postgres__MigrateOnStart"] = "false";
        environment["Approval__AboveRecipients"] = "100000000";
        environment["Campaign__PublicBaseUrl"] = "http://localhost:8080";
        environment["Campaign__LinkKey"] = _linkKey;
        environment["Campaign__BounceDomain"] = "bounce.toko.example";
        environment["services__analytics__grpc__0"] = "http://127.0.0.1:1";
        environment["InternalTokens__Issuer"] = project == "Crm.Campaign" ? "campaign" : "campaign-sender";
        environment["InternalTokens__PrivateKey"] = Convert.ToBase64String(own.ExportPkcs8PrivateKey());
        environment["InternalTokens__TrustedIssuers__gateway"] = Convert.ToBase64String(_gateway.ExportSubjectPublicKeyInfo());
        foreach (var (name, value) in settings) environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task ReadyAsync(int port, Process process, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health/ready"), cancellationToken)).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (attempt < 600 && !process.HasExited)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    private static async Task StopAsync(Process process)
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
    }

    /// <summary>User and system time in seconds (proc(5): fields 14 and 15, in hundredths).</summary>
    private static double Cpu(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
    }

    /// <summary>A figure of proc(5) status.</summary>
    internal static double Megabytes(int process, string field)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(text => text.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static string Pem(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        return process.StandardOutput.ReadToEnd();
    }
}

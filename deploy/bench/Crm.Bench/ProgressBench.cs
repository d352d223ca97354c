using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Aspire.Hosting;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// A campaign's statistics over HTTP against count(*) GROUP BY over its ledger: both say the same, ours from counters. The ledger and the
/// responses are made in SQL; Campaign is a process of its own on that database, without a broker. Goal G9: p99 under 50 ms at any size.
/// </summary>
internal sealed class ProgressBench : IBench
{
    private const int Requests = 500;
    private const int Counts = 5;
    private const int MaxResponses = 100_000;
    private const double Goal = 50;
    private static readonly string[] States = ["planned", "sending", "sent", "failed", "skipped", "unknown"];

    public string Name => "progress";

    public string Summary => "statistics of a campaign with 1,000,000 recipients (or: progress RECIPIENTS) against count(*) over its ledger";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var size = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var folder = Directory.CreateTempSubdirectory("crm-bench-progress-").FullName;
        try
        {
            Environment.SetEnvironmentVariable("CRM_HOME", folder);
            var builder = DistributedApplication.CreateBuilder([]);
            var postgres = builder.AddPostgres("postgres");
            await using var application = builder.Build();
            await application.StartAsync(cancellationToken);
            var server = (await postgres.Resource.GetConnectionStringAsync(cancellationToken))!;
            try
            {
                return await MeasureAsync(size, server, cancellationToken);
            }
            finally
            {
                await ExecuteAsync(server, "DROP DATABASE IF EXISTS bench_progress WITH (FORCE)", CancellationToken.None);
                await application.StopAsync(CancellationToken.None);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> MeasureAsync(int size, string server, CancellationToken cancellationToken)
    {
        await ExecuteAsync(server, "DROP DATABASE IF EXISTS bench_progress WITH (FORCE)", cancellationToken);
        await ExecuteAsync(server, "CREATE DATABASE bench_progress", cancellationToken);
        var database = new NpgsqlConnectionStringBuilder(server) { Database = "bench_progress", PersistSecurityInfo = true, CommandTimeout = 1200 }.ConnectionString;
        using var keys = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using (var migration = Start(database, keys, 0, 0, "migrate"))
        {
            await migration.WaitForExitAsync(cancellationToken);
            if (migration.ExitCode != 0) throw new InvalidOperationException("The migrations failed.");
        }

        var campaign = Guid.Parse("01890a5d-ac96-774b-bcce-b302099a8057");
        var clock = Stopwatch.StartNew();
        await ExecuteAsync(database, Fill(campaign, size), cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {size:N0} recipients and {Math.Min(size / 10, MaxResponses):N0} responses made in {clock.Elapsed.TotalSeconds:F0} s"));

        var port = FreePort();
        using var process = Start(database, keys, port, FreePort());
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(keys));
            await ReadyAsync(client, process, cancellationToken);

            clock.Restart();
            await JudgedAsync(database, cancellationToken);
            await ExecuteAsync(database, "VACUUM ANALYZE responses", cancellationToken); // as autovacuum does a minute later
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  responses judged and counted in {clock.Elapsed.TotalSeconds:F0} s"));
            var (ours, counted) = await TimeAsync(client, campaign, cancellationToken);
            var (reference, exact) = await CountAsync(database, campaign, cancellationToken);
            var same = States.All(state => counted[state] == exact.GetValueOrDefault(state));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  p50 {ours[ours.Length / 2]:F1} ms, p99 {ours[(int)(ours.Length * 0.99)]:F1} ms, {(same ? "the same numbers as the ledger" : "NOT the numbers of the ledger")}"));
            var p99 = ours[(int)(ours.Length * 0.99)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"progress: ours {p99:F2} ms, reference {reference:F2} ms, ratio {reference / p99:F1}"));
            return same && p99 < Goal ? 0 : 1;
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Milliseconds of each request, sorted, and the last answer.</summary>
    private static async Task<(double[] Sorted, Dictionary<string, long> Counted)> TimeAsync(HttpClient client, Guid campaign, CancellationToken cancellationToken)
    {
        var path = $"/api/campaign/v1/campaigns/{campaign}/statistics";
        var times = new double[Requests];
        JsonElement answer = default;
        for (var request = -20; request < Requests; request++)
        {
            var started = Stopwatch.GetTimestamp();
            answer = JsonSerializer.Deserialize<JsonElement>(await client.GetByteArrayAsync(new Uri(path, UriKind.Relative), cancellationToken));
            if (request >= 0) times[request] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        return (times, States.ToDictionary(state => state, state => answer.GetProperty(state).GetInt64()));
    }

    /// <summary>The median of the naive question.</summary>
    private static async Task<(double Median, Dictionary<string, long> Exact)> CountAsync(string database, Guid campaign, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        var times = new List<double>();
        var exact = new Dictionary<string, long>();
        for (var i = 0; i < Counts; i++)
        {
            exact.Clear();
            var started = Stopwatch.GetTimestamp();
            await using var command = new NpgsqlCommand("SELECT state, count(*) FROM deliveries WHERE campaign_id = $1 GROUP BY state", connection) { Parameters = { new() { Value = campaign } } };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) exact[reader.GetString(0)] = reader.GetInt64(1);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        return (times[Counts / 2], exact);
    }

    /// <summary>Half sent, a tenth kept back, the rest planned, in two languages and chunks of 500; a response of every tenth, judged.</summary>
    private static string Fill(Guid campaign, int size) =>
        $$"""
        INSERT INTO segments (id, version, name, criteria, created_by, created_at, changed_at) VALUES ('{{campaign}}', 1, 'bench', '{"all":[]}', 'bench', now(), now());
        INSERT INTO templates (id, version, name, created_by, created_at, changed_at) VALUES ('{{campaign}}', 1, 'bench', 'bench', now(), now());
        INSERT INTO template_versions (template_id, version, contents, prepared, links) VALUES ('{{campaign}}', 1, '{}', '{}', '{https://toko.example/}');
        INSERT INTO campaigns (id, version, name, segment_id, template_id, template_version, channel, sender_name, from_address, holdout_percent, state, criteria, created_by, created_at, launched_at)
        VALUES ('{{campaign}}', 1, 'bench', '{{campaign}}', '{{campaign}}', 1, 'email', 'bench', 'a@b.example', 10, 'paused', '{}', 'bench', now(), now() - interval '1 day');
        INSERT INTO deliveries (campaign_id, customer_id, channel, delivery_id, chunk, state, reason, language, not_before, sent_at)
        SELECT '{{campaign}}', gen_random_uuid(), 'email', gen_random_uuid(), i / 500 + 1, CASE WHEN i % 10 = 0 THEN 'skipped' WHEN i % 2 = 0 THEN 'sent' ELSE 'planned' END,
            CASE WHEN i % 10 = 0 THEN 'holdout' END, CASE WHEN i % 3 = 0 THEN 'en' ELSE 'id' END, now(), CASE WHEN i % 10 > 0 AND i % 2 = 0 THEN now() - interval '1 day' END
        FROM generate_series(0, {{size - 1}}) i;
        INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, link, occurred_at, user_agent)
        SELECT gen_random_uuid(), delivery_id, campaign_id, customer_id, CASE WHEN random() < 0.7 THEN 'opened' ELSE 'clicked' END, 0, now() - random() * interval '1 day', 'bench'
        FROM deliveries WHERE state = 'sent' LIMIT {{Math.Min(size / 10, MaxResponses)}};
        ANALYZE
        """;

    private static async Task ReadyAsync(HttpClient client, Process process, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                (await client.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken)).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (attempt < 300 && !process.HasExited)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    private static async Task JudgedAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT 1 FROM responses WHERE judged_at IS NULL)", connection);
        while ((bool)(await command.ExecuteScalarAsync(cancellationToken))!) await Task.Delay(200, cancellationToken);
    }

    private static async Task ExecuteAsync(string database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 1200 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Token(ECDsa gatewayKey)
    {
        var options = Options.Create(new InternalTokenOptions { Issuer = "gateway", PrivateKey = Convert.ToBase64String(gatewayKey.ExportPkcs8PrivateKey()) });
        return new InternalTokenIssuer(options, TimeProvider.System, new Ids(TimeProvider.System)).Mint(new Actor("bench", "bench", [Roles.Marketer], null, null), "campaign");
    }

    private static Process Start(string connectionString, ECDsa key, int httpPort, int grpcPort, params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Crm.Campaign", configuration, "Crm.Campaign.dll"));
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            WorkingDirectory = Path.GetDirectoryName(program),
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["Logging__LogLevel__Default"] = "Error",
                ["Logging__LogLevel__MassTransit"] = "None",
                ["BIND_ADDRESS"] = "127.0.0.1",
                ["HTTP_PORT"] = httpPort.ToString(CultureInfo.InvariantCulture),
                ["GRPC_PORT"] = grpcPort.ToString(CultureInfo.InvariantCulture),
                ["ConnectionStrings__postgres"] = connectionString,
                ["ConnectionStrings__rabbitmq"] = "amqp://127.0.0.1:1",
                ["ConnectionStrings__redis"] = "127.0.0.1:1",
                ["Campaign__PublicBaseUrl"] = "http://localhost:8080",
                ["Campaign__LinkKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
                ["services__analytics__grpc__0"] = "http://127.0.0.1:1",
                ["InternalTokens__Issuer"] = "campaign",
                ["InternalTokens__PrivateKey"] = Convert.ToBase64String(own.ExportPkcs8PrivateKey()),
                ["InternalTokens__TrustedIssuers__gateway"] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()),
            },
        })!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// From the publishing of a purchase to its buyer's new score in the table, while purchases come at a steady rate; analytics is a process of
/// its own, as it is deployed. Every customer buys once in the run, so a score that changed is the score with that purchase. Every tenth buyer
/// is looked for, every 50 ms, which is part of the figures. The reference is the stated goal.
/// </summary>
internal sealed class RescoreBench : IBench
{
    private const double GoalSeconds = 1;
    private const int WarmUpSeconds = 5;
    private const int Watched = 10;
    private readonly Ids _ids = new(TimeProvider.System);

    public string Name => "rescore";
    public string Summary => "purchase to updated score, p99 at 2,000 purchases/s (or: rescore PER_SECOND PURCHASES_PER_EVENT SECONDS), against the goal of 1 s";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int Argument(int at, int otherwise) => args.Length > at ? int.Parse(args[at], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : otherwise;
        var (rate, perEvent, seconds) = (Argument(0, 2000), Argument(1, 1), Argument(2, 15));
        var servers = await IsolatedServers.CreateAsync("bench-rescore");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var port = FreePort();
        using (var migrate = Start(servers, key, 0, "migrate")) await migrate.WaitForExitAsync(cancellationToken);
        using var analytics = Start(servers, key, port);
        await using var bus = await BusProbe.StartAsync(servers.RabbitMq);
        await using var database = NpgsqlDataSource.Create(servers.Postgres);
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(key));
            await ReadyAsync(client, analytics, cancellationToken);
            var customers = Enumerable.Range(0, rate * (seconds + WarmUpSeconds)).Select(_ => _ids.Next()).ToArray();
            await PopulateAsync(customers, bus, client, database, cancellationToken);

            var (warm, measured) = (customers[..(rate * WarmUpSeconds)], customers[(rate * WarmUpSeconds)..]);
            await LoadAsync(warm, rate, perEvent, bus, database, cancellationToken);
            var waits = await LoadAsync(measured, rate, perEvent, bus, database, cancellationToken);
            Array.Sort(waits);
            double At(double share) => waits[Math.Min(waits.Length - 1, (int)(waits.Length * share))];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {rate} purchases/s in events of {perEvent}, {seconds} s: median {At(0.5):F3} s, p90 {At(0.9):F3} s, p99 {At(0.99):F3} s, most {waits[^1]:F3} s; {Environment.ProcessorCount} processors for service, database, broker and load"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rescore: ours {At(0.99):F3} s, reference {GoalSeconds:F3} s, ratio {At(0.99) / GoalSeconds:F3}"));
            return At(0.99) <= GoalSeconds ? 0 : 1;
        }
        finally
        {
            analytics.Kill();
            await analytics.WaitForExitAsync(CancellationToken.None);
            await servers.DisposeAsync();
        }
    }

    /// <summary>Two purchases of everybody in the past year, then the models and a scoring of all.</summary>
    private async Task PopulateAsync(Guid[] customers, BusProbe bus, HttpClient client, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var random = new Random(1);
        var now = TimeProvider.System.GetUtcNow();
        var past = customers.SelectMany(customer => Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Purchase(customer, now.AddDays(-2 - random.Next(360)), 10_000 + random.Next(90_000)))).ToArray();
        await Task.WhenAll(past.Chunk(500).Select(part => bus.PublishAsync(new PurchasesRecorded(_ids.Next(), now, part), _ids.Next())));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        while (await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM purchases WHERE day IS NOT NULL") < past.Length) await Task.Delay(200, cancellationToken);

        using var fit = await client.PostAsync("/api/analytics/v1/model-fits", new { currency = "IDR", thenScore = true });
        if (!fit.IsSuccessStatusCode) throw new InvalidOperationException(await fit.Content.ReadAsStringAsync(cancellationToken));
        while (await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM jobs WHERE kind = 'scoring-run' AND state = 'succeeded'") == 0)
        {
            if (await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM jobs WHERE state = 'failed'") > 0) throw new InvalidOperationException("A job failed.");
            await Task.Delay(200, cancellationToken);
        }

        while (await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM rescoring_queue") > 0) await Task.Delay(200, cancellationToken);
        await connection.ExecuteAsync("VACUUM ANALYZE");
    }

    /// <summary>Seconds until each buyer's new score was seen.</summary>
    private async Task<double[]> LoadAsync(Guid[] customers, int rate, int perEvent, BusProbe bus, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetUtcNow();
        var clock = Stopwatch.StartNew();
        var published = new double[customers.Length];
        var seen = new double[customers.Length];
        var publishing = PublishAsync();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var watched = Enumerable.Range(0, customers.Length).Where(i => i % Watched == 0).ToDictionary(i => customers[i]);
        while (watched.Count > 0)
        {
            if (clock.Elapsed.TotalSeconds > (customers.Length / (double)rate) + 120) throw new TimeoutException($"{watched.Count * Watched} of {customers.Length} scores are still missing.");
            var open = watched.Where(item => published[item.Value] > 0).Select(item => item.Key).ToArray();
            foreach (var customer in await connection.QueryAsync<Guid>("SELECT customer_id FROM customer_scores WHERE customer_id = ANY(@open) AND computed_at >= @start", new { open, start }))
            {
                if (watched.Remove(customer, out var i)) seen[i] = clock.Elapsed.TotalSeconds;
            }

            await Task.Delay(50, cancellationToken);
        }

        await publishing;
        return [.. Enumerable.Range(0, customers.Length).Where(i => i % Watched == 0).Select(i => seen[i] - published[i])];

        async Task PublishAsync()
        {
            var sending = new List<Task>(customers.Length / perEvent);
            for (var first = 0; first < customers.Length; first += perEvent)
            {
                var wait = (first / (double)rate) - clock.Elapsed.TotalSeconds;
                if (wait > 0.002) await Task.Delay(TimeSpan.FromSeconds(wait), cancellationToken);
                var now = TimeProvider.System.GetUtcNow();
                var buyers = customers[first..Math.Min(first + perEvent, customers.Length)];
                for (var i = 0; i < buyers.Length; i++) published[first + i] = clock.Elapsed.TotalSeconds;
                sending.Add(bus.PublishAsync(new PurchasesRecorded(_ids.Next(), now, [.. buyers.Select(buyer => Purchase(buyer, now, 50_000))]), _ids.Next()));
            }

            await Task.WhenAll(sending);
        }
    }

    private RecordedPurchase Purchase(Guid customer, DateTimeOffset at, decimal total) => new(
        _ids.Next(), customer, "bench", _ids.Next().ToString(), at, "IDR", total, [new RecordedLine(1, "S" + (int)(total % 200), "Item", "Tea", 1, total, 0, 0, total, total / 2, null)]);

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

    private static string Token(ECDsa key)
    {
        var options = Options.Create(new InternalTokenOptions { Issuer = "gateway", PrivateKey = Convert.ToBase64String(key.ExportPkcs8PrivateKey()) });
        return new InternalTokenIssuer(options, TimeProvider.System, new Ids(TimeProvider.System)).Mint(new Actor("bench", "bench", [Roles.Analyst], null, null), "analytics");
    }

    private static Process Start(IsolatedServers servers, ECDsa key, int port, params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Crm.Analytics", configuration, "Crm.Analytics.dll"));
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            WorkingDirectory = Path.GetDirectoryName(program),
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["Logging__LogLevel__Default"] = "Error",
                ["BIND_ADDRESS"] = "127.0.0.1",
                ["HTTP_PORT"] = port.ToString(CultureInfo.InvariantCulture),
                ["GRPC_PORT"] = "0",
                ["METRICS_PORT"] = "0",
                ["ConnectionStrings__postgres"] = servers.Postgres,
                ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
                ["ConnectionStrings__redis"] = servers.Redis,
                ["InternalTokens__Issuer"] = "analytics",
                ["InternalTokens__PrivateKey"] = Convert.ToBase64String(own.ExportPkcs8PrivateKey()),
                ["InternalTokens__TrustedIssuers__gateway"] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()),
            },
        })!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}

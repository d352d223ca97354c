using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Crm.Sales.Contracts.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// Purchases over Sales' gRPC stream into PostgreSQL, with their outbox, against psql's COPY of the very rows that came out of it into
/// tables made by the same migrations (same indexes and constraints). Sales is a process of its own; the broker is away, so the relay
/// waits. A row is a purchase or one of its lines (two on average). The service's memory is watched at both sizes.
/// </summary>
internal sealed class IngestBench : IBench
{
    private const int Customers = 10_000;
    private const int Products = 200;
    private const int PerMessage = 500;
    private const double SmallestRatio = 0.2;

    /// <summary>Memory at ten times the rows may be this much above memory at the first size and still count as flat.</summary>
    private const double Flat = 1.2;

    public string Name => "ingest";

    public string Summary => "1,000,000 purchases over the gRPC stream (or: ingest PURCHASES) against raw COPY of the same rows; memory at a tenth and at all";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var size = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var folder = Directory.CreateTempSubdirectory("crm-bench-ingest-").FullName;
        try
        {
            await using var server = await PostgresServer.StartAsync(folder, cancellationToken);
            await using var ours = await server.CreateDatabaseAsync("bench_ingest_ours", cancellationToken);
            await using var reference = await server.CreateDatabaseAsync("bench_ingest_reference", cancellationToken);
            using var keys = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await SalesProcess.MigrateAsync(ours.ConnectionString, keys, cancellationToken);
            await SalesProcess.MigrateAsync(reference.ConnectionString, keys, cancellationToken);
            await FillAsync(ours, cancellationToken);
            await using var sales = await SalesProcess.StartAsync(ours.ConnectionString, keys, cancellationToken);

            await MeasureAsync("warm-up", size / 20, sales, ours, reference, folder, cancellationToken);
            var tenth = await MeasureAsync("a tenth", size / 10, sales, ours, reference, folder, cancellationToken);
            var all = await MeasureAsync("all", size, sales, ours, reference, folder, cancellationToken);

            var growth = all.PeakMegabytes / tenth.PeakMegabytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  memory of the service: {tenth.PeakMegabytes:F0} MB at {size / 10:N0} purchases, {all.PeakMegabytes:F0} MB at {size:N0}, {growth:F2} times"));
            var ratio = all.Ours / all.Reference;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ingest: ours {all.Ours:F0} rows/s, reference {all.Reference:F0} rows/s, ratio {ratio:F3}"));
            return ratio >= SmallestRatio && growth <= Flat ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Measurement> MeasureAsync(
        string label, int purchases, SalesProcess sales, NpgsqlDataSource ours, NpgsqlDataSource reference, string folder, CancellationToken cancellationToken)
    {
        await EmptyAsync(ours, cancellationToken);
        await EmptyAsync(reference, cancellationToken);

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var peak = sales.WatchMemoryAsync(watching.Token);
        var clock = Stopwatch.StartNew();
        var summary = await StreamAsync(sales, purchases, cancellationToken);
        var seconds = clock.Elapsed.TotalSeconds;
        await watching.CancelAsync();
        if (summary.Recorded != purchases) throw new InvalidOperationException($"Recorded {summary.Recorded} of {purchases}: {summary.Rejections.FirstOrDefault()}");

        var rows = await CountAsync(ours, cancellationToken);
        var events = await ScalarAsync(ours, "SELECT count(*) FROM outbox", cancellationToken);
        if (events < purchases / 500) throw new InvalidOperationException($"Only {events} events are in the outbox.");

        var copied = 0.0;
        foreach (var table in new[] { "purchases", "purchase_lines" })
        {
            var file = Path.Combine(folder, table + ".csv");
            await ExportAsync(ours, table, file, cancellationToken);
            copied += await CopyAsync(reference, table, file, cancellationToken);
            File.Delete(file);
        }

        if (await CountAsync(reference, cancellationToken) != rows) throw new InvalidOperationException("The reference does not hold the same rows.");
        var result = new Measurement(rows / seconds, rows / copied, await peak / 1e6);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {label}: {purchases:N0} purchases, {rows:N0} rows, {events:N0} events: ours {seconds:F2} s, {result.Ours:F0} rows/s; COPY {copied:F2} s, {result.Reference:F0} rows/s; peak {result.PeakMegabytes:F0} MB"));
        return result;
    }

    private static async Task<IngestSummary> StreamAsync(SalesProcess sales, int purchases, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(sales.GrpcAddress);
        var client = new PurchaseIngestion.PurchaseIngestionClient(channel);
        using var call = client.Ingest(new Metadata { { "authorization", "Bearer " + sales.Token() } }, cancellationToken: cancellationToken);
        try
        {
            for (var first = 0; first < purchases; first += PerMessage)
            {
                var request = new IngestRequest();
                for (var i = first; i < Math.Min(first + PerMessage, purchases); i++) request.Purchases.Add(Purchase(i));
                await call.RequestStream.WriteAsync(request, cancellationToken);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (InvalidOperationException)
        {
            // The server has ended the call; the response below says why.
        }

        return await call.ResponseAsync;
    }

    /// <summary>The i-th purchase of the shop: one to three lines, customers and products spread evenly.</summary>
    private static PurchaseRecord Purchase(int i)
    {
        var purchase = new PurchaseRecord
        {
            Source = "bench",
            SourceId = i.ToString("D9", CultureInfo.InvariantCulture),
            CustomerSource = "bench",
            CustomerSourceId = (i * 7919L % Customers).ToString(CultureInfo.InvariantCulture),
            PurchasedAt = new Timestamp { Seconds = 1_700_000_000 + (i * 60L % 60_000_000) },
            Currency = "IDR",
        };
        for (var line = 0; line <= i % 3; line++)
        {
            purchase.Lines.Add(new PurchaseLine
            {
                Sku = "SKU-" + ((i + (line * 31)) % Products).ToString(CultureInfo.InvariantCulture),
                QuantityMilli = 1000 * (1 + (i % 5)),
                UnitPrice = new Money { Units = 12_500 + (100 * (i % 97)) },
                Discount = new Money { Units = 500 * (i % 2) },
                Tax = new Money { Units = 1_375 },
            });
        }

        return purchase;
    }

    /// <summary>Catalogue and customers as Sales would have learnt them.</summary>
    private static Task FillAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => ExecuteAsync(
        database,
        $"""
        INSERT INTO customers (customer_id, source, source_id) SELECT gen_random_uuid(), 'bench', i::text FROM generate_series(0, {Customers - 1}) i;
        INSERT INTO products (id, sku, name, category, price, currency, cost, active, version, created_at, updated_at)
        SELECT gen_random_uuid(), 'SKU-' || i, 'Produk ' || i, 'Kategori ' || i % 8, 12500, 'IDR', 9000, true, 1, now(), now() FROM generate_series(0, {Products - 1}) i;
        ANALYZE customers, products;
        """,
        cancellationToken);

    private static Task EmptyAsync(NpgsqlDataSource database, CancellationToken cancellationToken) =>
        ExecuteAsync(database, "TRUNCATE purchases, purchase_lines, returns, return_lines, outbox; CHECKPOINT", cancellationToken);

    private static Task<long> CountAsync(NpgsqlDataSource database, CancellationToken cancellationToken) =>
        ScalarAsync(database, "SELECT (SELECT count(*) FROM purchases) + (SELECT count(*) FROM purchase_lines)", cancellationToken);

    private static async Task ExportAsync(NpgsqlDataSource database, string table, string file, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        using var rows = await connection.BeginTextExportAsync($"COPY {table} TO STDOUT (FORMAT csv, HEADER)", cancellationToken);
        await using var writer = new StreamWriter(file);
        var buffer = new char[1 << 16];
        while (await rows.ReadAsync(buffer, cancellationToken) is var read and > 0) await writer.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
    }

    private static async Task<double> CopyAsync(NpgsqlDataSource database, string table, string file, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        using var copy = Process.Start(new ProcessStartInfo(BenchFolder.PathOf("ingest", "copy.sh"), [table, file])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["PGHOST"] = settings.Host, ["PGPORT"] = settings.Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = settings.Username,
                ["PGPASSWORD"] = settings.Password, ["PGDATABASE"] = settings.Database,
            },
        })!;
        var output = await copy.StandardOutput.ReadToEndAsync(cancellationToken);
        await copy.WaitForExitAsync(cancellationToken);
        if (copy.ExitCode != 0) throw new InvalidOperationException("copy.sh failed; is psql installed?");
        return double.Parse(output.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 300 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<long> ScalarAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <param name="Ours">Rows a second.</param>
    /// <param name="Reference">Rows a second.</param>
    private sealed record Measurement(double Ours, double Reference, double PeakMegabytes);

    /// <summary>Sales as it is deployed, built beside this program in the same configuration.</summary>
    private sealed class SalesProcess(Process process, int grpcPort, ECDsa gatewayKey) : IAsyncDisposable
    {
        public string GrpcAddress => $"http://127.0.0.1:{grpcPort}";

        public static async Task MigrateAsync(string connectionString, ECDsa key, CancellationToken cancellationToken)
        {
            using var process = Start(connectionString, key, 0, 0, "migrate");
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0) throw new InvalidOperationException("The migrations failed.");
        }

        public static async Task<SalesProcess> StartAsync(string connectionString, ECDsa key, CancellationToken cancellationToken)
        {
            var (http, grpc) = (FreePort(), FreePort());
            var process = Start(connectionString, key, http, grpc);
            using var client = new HttpClient(new SocketsHttpHandler());
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    (await client.GetAsync(new Uri($"http://127.0.0.1:{http}/health/ready"), cancellationToken)).EnsureSuccessStatusCode();
                    return new SalesProcess(process, grpc, key);
                }
                catch (HttpRequestException) when (attempt < 300 && !process.HasExited)
                {
                    await Task.Delay(100, cancellationToken);
                }
            }
        }

        public string Token()
        {
            var options = Options.Create(new InternalTokenOptions { Issuer = "gateway", PrivateKey = Convert.ToBase64String(gatewayKey.ExportPkcs8PrivateKey()) });
            return new InternalTokenIssuer(options, TimeProvider.System, new Ids(TimeProvider.System)).Mint(new Actor("client:bench", "bench", [Roles.Integration], null, null), "sales");
        }

        /// <summary>The largest resident set seen until cancelled, in bytes.</summary>
        public async Task<long> WatchMemoryAsync(CancellationToken cancellationToken)
        {
            var peak = 0L;
            while (!cancellationToken.IsCancellationRequested)
            {
                process.Refresh();
                peak = Math.Max(peak, process.WorkingSet64);
                await Task.Delay(100, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return peak;
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        private static Process Start(string connectionString, ECDsa key, int httpPort, int grpcPort, params string[] arguments)
        {
            var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Crm.Sales", configuration, "Crm.Sales.dll"));
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
                    ["services__customer__grpc__0"] = "http://127.0.0.1:1",
                    ["InternalTokens__Issuer"] = "sales",
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
}

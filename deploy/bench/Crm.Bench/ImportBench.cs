using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// Customers from a CSV file through Customer's import job (checked, keyed, with outbox, history and timeline) against psql's \copy of the
/// very same file into a table made by the same migrations (same indexes and constraints). From the start of the upload to the last commit.
/// </summary>
internal sealed class ImportBench : IBench
{
    private const double SmallestRatio = 1.0 / 6;
    private const double Flat = 1.3;
    private static readonly string[] Syllables = ["ba", "di", "su", "ra", "wi", "to", "ma", "ni", "sa", "pu", "tri", "yo", "har", "ken", "lis", "dar"];

    public string Name => "import";

    public string Summary => "1,000,000 customers from CSV (or: import ROWS) against \\copy of the same file; memory at a tenth and at all";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var size = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var folder = Directory.CreateTempSubdirectory("crm-bench-import-").FullName;
        try
        {
            await using var server = await PostgresServer.StartAsync(folder, cancellationToken);
            await using var ours = await server.CreateDatabaseAsync("bench_import_ours", cancellationToken);
            await using var reference = await server.CreateDatabaseAsync("bench_import_reference", cancellationToken);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await CustomerProcess.MigrateAsync(ours.ConnectionString, key, cancellationToken);
            await CustomerProcess.MigrateAsync(reference.ConnectionString, key, cancellationToken);
            await ExecuteAsync(
                reference,
                """
                ALTER TABLE customers ALTER id SET DEFAULT gen_random_uuid(), ALTER number SET DEFAULT next_customer_number(), ALTER source SET DEFAULT 'bench',
                    ALTER language SET DEFAULT 'id', ALTER time_zone SET DEFAULT 'Asia/Jakarta', ALTER registered_at SET DEFAULT now(), ALTER changed_at SET DEFAULT now()
                """,
                cancellationToken);
            await using var customer = await CustomerProcess.StartAsync(ours.ConnectionString, key, cancellationToken);

            var tenth = await MeasureAsync(0, size / 10, customer, ours, reference, folder, cancellationToken);
            var all = await MeasureAsync(size / 10, size, customer, ours, reference, folder, cancellationToken);
            var growth = all.PeakMegabytes / tenth.PeakMegabytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  memory of the service: {tenth.PeakMegabytes:F0} MB at {size / 10:N0} rows, {all.PeakMegabytes:F0} MB at {size:N0}, {growth:F2} times"));
            var ratio = all.Ours / all.Reference;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"import: ours {all.Ours:F0} rows/s, reference {all.Reference:F0} rows/s, ratio {ratio:F3}"));
            return ratio >= SmallestRatio && growth <= Flat ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double Ours, double Reference, double PeakMegabytes)> MeasureAsync(
        int first, int rows, CustomerProcess customer, NpgsqlDataSource ours, NpgsqlDataSource reference, string folder, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, "customers.csv");
        await WriteAsync(file, first, rows, cancellationToken);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var peak = customer.WatchMemoryAsync(watching.Token);
        var clock = Stopwatch.StartNew();
        var job = await ImportAsync(file, first, customer, ours, cancellationToken);
        var seconds = clock.Elapsed.TotalSeconds;
        await watching.CancelAsync();
        if (job != rows) throw new InvalidOperationException($"Created {job} of {rows}.");
        var copied = await CopyAsync(reference, file, cancellationToken);
        var megabytes = await peak / 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {rows:N0} rows, {new FileInfo(file).Length / 1e6:F0} MB: ours {seconds:F1} s, {rows / seconds:F0} rows/s; \\copy {copied:F1} s, {rows / copied:F0} rows/s; peak {megabytes:F0} MB"));
        return (rows / seconds, rows / copied, megabytes);
    }

    private static async Task WriteAsync(string file, int first, int rows, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(file);
        await writer.WriteLineAsync("sourceId,displayName,email,phone,city,birthDate,gender".AsMemory(), cancellationToken);
        for (var i = first; i < first + rows; i++)
        {
            await writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{i},{Word(i)} {Word((i * 31L) + 7)} {Word((i / 977L) + 3)},c{i}@example.com,+62812{i:D8},Kota {i % 300},{1950 + (i % 50)}-{1 + (i % 12):D2}-{1 + (i % 28):D2},{(i % 2 == 0 ? "female" : "male")}").AsMemory(), cancellationToken);
        }
    }

    /// <summary>One of four thousand words, as names have them.</summary>
    internal static string Word(long i)
    {
        var n = Math.Abs(i * 2_654_435_761L) % 4096;
        return char.ToUpperInvariant(Syllables[n % 16][0]) + Syllables[n % 16][1..] + Syllables[n / 16 % 16] + Syllables[n / 256];
    }

    private static async Task<long> ImportAsync(string file, int first, CustomerProcess customer, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(file);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/customer/v1/import-jobs?source=bench") { Content = new StreamContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        request.Headers.Add("Idempotency-Key", $"bench-{first}");
        using var client = customer.Client();
        using var response = await client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var id = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(cancellationToken)).GetProperty("id").GetGuid();
        while (true)
        {
            await using var command = database.CreateCommand("SELECT state, created FROM import_jobs WHERE id = $1");
            command.Parameters.Add(new() { Value = id });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetString(0) is "done" or "failed") return reader.GetInt64(1);
            await Task.Delay(100, cancellationToken);
        }
    }

    private static async Task<double> CopyAsync(NpgsqlDataSource database, string file, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var clock = Stopwatch.StartNew();
        using var copy = Process.Start(new ProcessStartInfo(
            "psql", ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", $"\\copy customers (source_id, display_name, email, phone, city, birth_date, gender) FROM '{file}' (FORMAT csv, HEADER)"])
        {
            Environment =
            {
                ["PGHOST"] = settings.Host, ["PGPORT"] = settings.Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = settings.Username,
                ["PGPASSWORD"] = settings.Password, ["PGDATABASE"] = settings.Database,
            },
        })!;
        await copy.WaitForExitAsync(cancellationToken);
        return copy.ExitCode == 0 ? clock.Elapsed.TotalSeconds : throw new InvalidOperationException("\\copy failed; is psql installed?");
    }

    internal static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 1200 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

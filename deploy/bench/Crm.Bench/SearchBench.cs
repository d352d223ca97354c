using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// The one box of Customer at a million customers, kind of question by kind, over HTTP as the gateway asks, against reading one customer by
/// its id in the same way and the same run. What is asked differs from one request to the next.
/// </summary>
internal sealed class SearchBench : IBench
{
    private const int Requests = 200;
    private const double MostMilliseconds = 50;

    public string Name => "search";

    public string Summary => "name, phone, e-mail and number at 1,000,000 customers (or: search CUSTOMERS) against one read by id; p50 and p99";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var size = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var folder = Directory.CreateTempSubdirectory("crm-bench-search-").FullName;
        try
        {
            await using var server = await PostgresServer.StartAsync(folder, cancellationToken);
            await using var database = await server.CreateDatabaseAsync("bench_search", cancellationToken);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await CustomerProcess.MigrateAsync(database.ConnectionString, key, cancellationToken);
            await FillAsync(database, size, cancellationToken);
            await using var customer = await CustomerProcess.StartAsync(database.ConnectionString, key, cancellationToken);

            var ids = await IdsAsync(database, cancellationToken);
            string Name(int i) => $"{ImportBench.Word(i * 37L)} {ImportBench.Word((i * 37L * 31) + 7)}";
            var kinds = new (string Label, Func<int, string> Path)[]
            {
                ("by id", i => $"/{ids[i % ids.Count]}"),
                ("whole name", i => Query(Name(i))),
                ("one word", i => Query(ImportBench.Word(i * 37L))),
                ("name of one in ten", _ => Query("Muhammad")),
                ("and another word", i => Query("muhammad " + ImportBench.Word(i * 37L)[..3])),
                ("beginning of a word", i => Query(ImportBench.Word(i * 37L)[..4])),
                ("part of a word", i => Query(ImportBench.Word(i * 37L)[1..5])),
                ("misspelt", i => Query(Misspelt(ImportBench.Word(i * 37L)) + " " + ImportBench.Word((i * 37L * 31) + 7))),
                ("phone, local notation", i => Query($"0812-{(i * 4999L) % size:D8}")),
                ("beginning of a phone", i => Query($"0812 {(i * 4999L) % size / 1000:D5}")),
                ("e-mail", i => Query($"c{(i * 4999L) % size}@example.com")),
                ("number", i => Query($"CUST-{1 + ((i * 4999L) % size):D6}")),
                ("filter", i => "?filter=" + Uri.EscapeDataString($$"""{"all":[{"field":"city","op":"eq","value":"Kota {{i % 300}}"},{"field":"gender","op":"eq","value":"male"}]}""")),
            };
            double reference = 0, worst = 0;
            foreach (var (label, path) in kinds)
            {
                using var client = customer.Client();
                var (p50, p99, found) = await MeasureAsync(client, path, cancellationToken);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {label,-22} p50 {p50,6:F1} ms, p99 {p99,6:F1} ms, {found:P0} found something"));
                if (label == "by id") reference = p99;
                else worst = Math.Max(worst, p99);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"search: ours {worst:F1} ms p99 of the slowest kind, reference {reference:F1} ms p99 by id, ratio {worst / reference:F1}"));
            return worst <= MostMilliseconds ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Query(string text) => "?limit=20&q=" + Uri.EscapeDataString(text);

    private static string Misspelt(string word) => word[..3] + "x" + word[4..];

    private static async Task<(double P50, double P99, double Found)> MeasureAsync(HttpClient client, Func<int, string> path, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        var found = 0;
        for (var i = -20; i < Requests; i++)
        {
            var clock = Stopwatch.StartNew();
            var body = await client.GetStringAsync(new Uri("/api/customer/v1/customers" + path(Math.Abs(i) + 1), UriKind.Relative), cancellationToken);
            if (i < 0) continue; // warm-up
            times.Add(clock.Elapsed.TotalMilliseconds);
            var json = JsonSerializer.Deserialize<JsonElement>(body);
            if (!json.TryGetProperty("items", out var items) || items.GetArrayLength() > 0) found++;
        }

        times.Sort();
        return (times[times.Count / 2], times[(int)(times.Count * 0.99) - 1], found / (double)Requests);
    }

    internal static async Task FillAsync(NpgsqlDataSource database, int size, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var copy = await connection.BeginTextImportAsync("COPY customers (id, number, source, source_id, display_name, email, phone, city, gender, language, time_zone, registered_at, changed_at) FROM STDIN (FORMAT csv)", cancellationToken))
        {
            for (var i = 0; i < size; i++)
            {
                await copy.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"00000000-0000-7000-8000-{i:x12},CUST-{i + 1:D6},bench,{i},{(i % 10 == 0 ? "Muhammad " : "")}{ImportBench.Word(i)} {ImportBench.Word((i * 31L) + 7)} {ImportBench.Word((i / 977L) + 3)},c{i}@example.com,+62812{i:D8},Kota {i % 300},{(i % 2 == 0 ? "female" : "male")},id,Asia/Jakarta,2025-01-01,2025-01-01").AsMemory(), cancellationToken);
            }
        }

        await ImportBench.ExecuteAsync(database, "VACUUM ANALYZE customers", cancellationToken);
        await ImportBench.ExecuteAsync(database, "VACUUM ANALYZE name_words", cancellationToken);
    }

    private static async Task<List<Guid>> IdsAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT id FROM customers TABLESAMPLE SYSTEM (1) LIMIT 1000");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken)) ids.Add(reader.GetGuid(0));
        return ids;
    }
}

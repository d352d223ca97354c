using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Crm.Testing;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// The page of everything about one customer, as the gateway composes it from all six services, and one record by its id, at a million customers
/// with their history, against the least that any of it could cost: one row read by its primary key, from this process, on the same server in
/// the same run. One reader; each asks for another customer every time, so that what is measured is not a cache of one row.
/// </summary>
internal sealed class Customer360Bench : IBench
{
    private const int Requests = 200;
    private const int Rounds = 5;
    private const int EntriesEach = 5;

    public string Name => "customer360";

    public string Summary => "the 360 view and a record at 1,000,000 customers (or: customer360 CUSTOMERS) against one row by its primary key; p50 and p99";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var size = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var platform = new Platform();
        platform.Settings["RateLimits__Policies__api__Machines__PerSecond"] = "1000000"; // asked for every request as always, and out of the way
        platform.Settings["RateLimits__Policies__api__Machines__Burst"] = "1000000";
        await platform.InitializeAsync();
        try
        {
            await FillAsync(platform, size, cancellationToken);
            await using var database = NpgsqlDataSource.Create(await platform.DatabaseAsync("customer"));
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var byKey = new NpgsqlCommand("SELECT id, version, number, display_name, email, phone, city, lifecycle_stage, tags, registered_at FROM customers WHERE id = $1", connection);
            var id = byKey.Parameters.Add(new NpgsqlParameter<Guid>());
            await byKey.PrepareAsync(cancellationToken);
            using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(platform.Gateway) };

            var kinds = new Kind[]
            {
                new("row by primary key", async customer =>
                {
                    ((NpgsqlParameter<Guid>)id).TypedValue = customer;
                    await using var reader = await byKey.ExecuteReaderAsync(cancellationToken);
                    return await reader.ReadAsync(cancellationToken) ? null : "There is no such row.";
                }),
                new("record, through the gateway", customer => GetAsync($"/api/customer/v1/customers/{customer}", _ => true)),
                new("timeline, through the gateway", customer => GetAsync($"/api/customer/v1/customers/{customer}/timeline", page => page.GetProperty("items").GetArrayLength() == EntriesEach)),
                new("360 view, all six services", customer => GetAsync($"/api/customer360/v1/customers/{customer}", IsWhole)),
            };
            var asked = 0L;
            for (var round = 0; round <= Rounds; round++)
            {
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await platform.TokenAsync("seed"));
                foreach (var kind in kinds)
                {
                    for (var i = 0; i < Requests; i++)
                    {
                        var customer = Id(asked++ * 7919 % size);
                        var clock = Stopwatch.GetTimestamp();
                        var problem = await kind.Read(customer);
                        if (round == 0) continue; // warm-up
                        kind.Milliseconds.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
                        if (problem is not null) kind.Problems.Add(problem);
                    }
                }
            }

            foreach (var kind in kinds)
            {
                Print($"  {kind.Label,-30} p50 {kind.Percentile(0.5),7:F2} ms, p99 {kind.Percentile(0.99),7:F2} ms, {kind.Milliseconds.Count} reads, {kind.Problems.Count} of them not whole");
                foreach (var problem in kind.Problems.Take(3)) Print($"    {problem}");
            }

            var (reference, ours) = (kinds[0], kinds[^1]);
            Print($"  p50: 360 view {ours.Percentile(0.5):F2} ms, row by primary key {reference.Percentile(0.5):F2} ms, ratio {ours.Percentile(0.5) / reference.Percentile(0.5):F1}");
            Print($"customer360: ours {ours.Percentile(0.99):F2} ms p99 of the 360 view, reference {reference.Percentile(0.99):F2} ms p99 of a row by its primary key, ratio {ours.Percentile(0.99) / reference.Percentile(0.99):F1}");
            return kinds.All(kind => kind.Problems.Count == 0) ? 0 : 1;

            async Task<string?> GetAsync(string path, Func<JsonElement, bool> isWhole)
            {
                using var response = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
                var body = await response.Content.ReadAsStringAsync(cancellationToken);
                return response.IsSuccessStatusCode && isWhole(JsonSerializer.Deserialize<JsonElement>(body)) ? null : body;
            }
        }
        finally
        {
            await platform.DisposeAsync();
        }
    }

    /// <param name="Read">Answers with what was wrong, if anything was.</param>
    private sealed record Kind(string Label, Func<Guid, Task<string?>> Read)
    {
        public List<double> Milliseconds { get; } = [];

        public List<string> Problems { get; } = [];

        public double Percentile(double share) => Milliseconds.Order().ElementAt(Math.Max(0, (int)(Milliseconds.Count * share) - 1));
    }

    /// <summary>A page that goes without a part is fast for the wrong reason.</summary>
    private static bool IsWhole(JsonElement view) =>
        view.GetProperty("unavailable").GetArrayLength() == 0
        && view.GetProperty("timeline").GetArrayLength() == EntriesEach
        && view.GetProperty("purchases").GetProperty("count").GetInt64() == 1
        && view.GetProperty("cases").GetProperty("openCount").GetInt32() == 1
        && view.GetProperty("loyalty").ValueKind == JsonValueKind.Object;

    private static Guid Id(long number) => Guid.Parse(string.Create(CultureInfo.InvariantCulture, $"00000000-0000-7000-8000-{number:x12}"));

    /// <summary>Everybody with a consent, a timeline, a purchase, an open case and a membership.</summary>
    private static async Task FillAsync(Platform platform, int size, CancellationToken cancellationToken)
    {
        await using (var customer = Source(await platform.DatabaseAsync("customer")))
        {
            await SearchBench.FillAsync(customer, size, cancellationToken);
            await ImportBench.ExecuteAsync(
                customer,
                $"""
                INSERT INTO consents (customer_id, channel, purpose, granted, effective_at) SELECT id, 'email', 'marketing', true, registered_at FROM customers;
                INSERT INTO timeline_entries (customer_id, occurred_at, entry_id, kind, source_service, subject_ref, args)
                SELECT c.id, timestamptz '2025-06-01' - n * interval '9 days', gen_random_uuid(), 'purchase.recorded', 'sales', '', jsonb_build_object('source', 'bench', 'total', '100000 IDR')
                FROM generate_series(1, {EntriesEach}) n, customers c;
                """,
                cancellationToken);
            await AnalyzeAsync(customer, cancellationToken, "consents", "timeline_entries");
        }

        await using (var sales = Source(await platform.DatabaseAsync("sales")))
        {
            await ImportBench.ExecuteAsync(
                sales,
                $"""
                INSERT INTO purchases (id, source, source_id, content_hash, customer_id, purchased_at, currency, total, line_count, recorded_at, recorded_by)
                SELECT gen_random_uuid(), 'bench', n::text, '', {IdSql}, timestamptz '2025-06-01', 'IDR', 100000, 1, now(), 'bench' FROM generate_series(0, {size - 1}) n
                """,
                cancellationToken);
            await AnalyzeAsync(sales, cancellationToken, "purchases");
        }

        await using (var service = Source(await platform.DatabaseAsync("service")))
        {
            await ImportBench.ExecuteAsync(
                service,
                $"""
                INSERT INTO cases (id, number, customer_id, type, priority, status, channel, subject, description, opened_at, version)
                SELECT gen_random_uuid(), 'BENCH-' || n, {IdSql}, 'Question', 'Normal', 'Open', 'Web', 'Where is it?', '', timestamptz '2025-06-01', 1 FROM generate_series(0, {size - 1}) n
                """,
                cancellationToken);
            await AnalyzeAsync(service, cancellationToken, "cases");
        }

        await using (var loyalty = Source(await platform.DatabaseAsync("loyalty")))
        {
            await ImportBench.ExecuteAsync(
                loyalty,
                $"INSERT INTO members (id, customer_id, enrolled_at, available) SELECT gen_random_uuid(), {IdSql}, timestamptz '2025-06-01', 100 FROM generate_series(0, {size - 1}) n",
                cancellationToken);
            await AnalyzeAsync(loyalty, cancellationToken, "members");
        }
    }

    private const string IdSql = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";

    private static NpgsqlDataSource Source(string connectionString) => NpgsqlDataSource.Create(connectionString);

    private static async Task AnalyzeAsync(NpgsqlDataSource database, CancellationToken cancellationToken, params string[] tables)
    {
        foreach (var table in tables) await ImportBench.ExecuteAsync(database, "VACUUM ANALYZE " + table, cancellationToken);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

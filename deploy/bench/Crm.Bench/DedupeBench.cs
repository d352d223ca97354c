using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Identity;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Bench;

/// <summary>
/// The scan of the whole base, by the service on its database, among 100,000 and 1,000,000 customers of whom 5 % are planted: precision, recall, time, memory and
/// how they grow. The reference is what a system without identity resolution has: equality of e-mail address or phone number. The rules alone, in memory, are shown beside.
/// </summary>
internal sealed class DedupeBench : IBench
{
    private const int MaxBlock = 60; // as the service's scan

    public string Name => "dedupe";

    public string Summary => "duplicates among 100,000 and 1,000,000 customers against equality of contact points";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int[] sizes = args is [var size] ? [int.Parse(size, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)] : [100_000, 1_000_000];
        var folder = Directory.CreateTempSubdirectory("crm-bench-dedupe-").FullName;
        try
        {
            await using var server = await PostgresServer.StartAsync(folder, cancellationToken);
            var runs = new List<(Outcome Rules, Scan Scan)>();
            foreach (var count in sizes)
            {
                var (people, planted) = PlantedDuplicates.Make(count, seed: 20_251);
                runs.Add((Run([.. people.Select((person, position) => PlantedDuplicates.Record(position, person))], planted, cancellationToken), await ScanAsync(people, planted, server, cancellationToken)));
            }

            if (runs is [var small, var large]) Print($"growth for {sizes[1] / sizes[0]} times the customers: time x{large.Scan.Seconds / small.Scan.Seconds:0.0}, comparisons x{(double)large.Scan.Compared / small.Scan.Compared:0.0}, memory x{large.Scan.Megabytes / small.Scan.Megabytes:0.0}");
            var (rules, scan) = runs[^1];
            Print($"dedupe: ours {scan.Recall:0.0000} recall at precision {scan.Precision:0.0000}, reference {rules.ReferenceRecall:0.0000} recall at precision {rules.ReferencePrecision:0.0000}, ratio {scan.Recall / rules.ReferenceRecall:0.00}");
            return scan.Precision >= 0.98 && scan.Recall >= 0.95 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <param name="Megabytes">The largest resident set of the service while it scanned.</param>
    private sealed record Scan(double Seconds, long Compared, double Precision, double Recall, double Megabytes);

    private static async Task<Scan> ScanAsync(PlantedDuplicates.Person[] people, HashSet<(int, int)> planted, PostgresServer server, CancellationToken cancellationToken)
    {
        await using var database = await server.CreateDatabaseAsync("bench_dedupe", cancellationToken);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await CustomerProcess.MigrateAsync(database.ConnectionString, key, cancellationToken);
        await FillAsync(database, people, cancellationToken);
        await using var customer = await CustomerProcess.StartAsync(database.ConnectionString, key, cancellationToken);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var peak = customer.WatchMemoryAsync(watching.Token);
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/api/customer/v1/duplicate-scans") { Content = JsonContent.Create(new { }) })
        {
            request.Headers.Add("Idempotency-Key", "bench");
            using var client = customer.Client();
            using var started = await client.SendAsync(request, cancellationToken);
            started.EnsureSuccessStatusCode();
        }

        double seconds;
        long compared;
        while (true)
        {
            await using var command = database.CreateCommand("SELECT extract(epoch FROM finished_at - started_at)::float8, compared, customers FROM duplicate_scans WHERE phase = 'done'");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                (seconds, compared) = (reader.GetDouble(0), reader.GetInt64(1));
                break;
            }

            await Task.Delay(200, cancellationToken);
        }

        await watching.CancelAsync();
        var found = new HashSet<(int, int)>();
        await using (var pairs = database.CreateCommand("SELECT low_id, high_id, weight FROM duplicate_pairs"))
        await using (var reader = await pairs.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var (one, other) = (Position(reader.GetGuid(0)), Position(reader.GetGuid(1)));
                if (MatchModel.Judge(reader.GetDouble(2)) == MatchVerdict.Match) found.Add((Math.Min(one, other), Math.Max(one, other)));
            }
        }

        var (precision, recall) = Quality(found, planted);
        var megabytes = await peak / 1e6;
        Print($"  scan of {people.Length} by the service: precision {precision:0.0000}, recall {recall:0.0000}, {seconds:0.0} s, {people.Length / seconds:0} customers/s, {compared} comparisons, peak {megabytes:0} MB");
        return new Scan(seconds, compared, precision, recall, megabytes);

        static int Position(Guid id) => BitConverter.ToInt32(id.ToByteArray());
    }

    private static async Task FillAsync(NpgsqlDataSource database, PlantedDuplicates.Person[] people, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var copy = await connection.BeginBinaryImportAsync(
            "COPY customers (id, number, display_name, email, phone, birth_date, street, city, language, time_zone, registered_at, changed_at) FROM STDIN (FORMAT BINARY)", cancellationToken))
        {
            var now = new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            for (var i = 0; i < people.Length; i++)
            {
                var person = people[i];
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(PlantedDuplicates.Id(i), NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"CUST-{i:D6}"), NpgsqlDbType.Text, cancellationToken);
                foreach (var text in new[] { person.Name, person.Email, person.Phone is not null && PhoneNumber.TryNormalise(person.Phone, out var phone) ? phone : null }) await TextAsync(text);
                if (person.Born is { } born) await copy.WriteAsync(born, NpgsqlDbType.Date, cancellationToken);
                else await copy.WriteNullAsync(cancellationToken);
                foreach (var text in new[] { person.Street, person.City, "id", "Asia/Jakarta" }) await TextAsync(text);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, cancellationToken);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);

            Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
        }

        await ImportBench.ExecuteAsync(database, "VACUUM ANALYZE customers", cancellationToken);
    }

    private sealed record Outcome(double Seconds, long Compared, double Precision, double Recall, double ReferencePrecision, double ReferenceRecall);

    private static Outcome Run(IdentityRecord[] records, HashSet<(int, int)> planted, CancellationToken cancellationToken)
    {
        var count = records.Length;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        var (keys, owners) = Blocks(records);
        var (found, compared, oversized) = Compare(records, keys, owners, (one, other) => MatchModel.Judge(MatchModel.Score(one, other)) == MatchVerdict.Match, cancellationToken);
        watch.Stop();
        var memory = (GC.GetTotalMemory(forceFullCollection: false) - before) / 1048576.0;
        var (naive, _, _) = Compare(
            records, keys, owners, (one, other) => (one.Phone is not null && one.Phone == other.Phone) || (one.Email is not null && one.Email == other.Email), cancellationToken);

        var (precision, recall) = Quality(found, planted);
        var (referencePrecision, referenceRecall) = Quality(naive, planted);
        Print($"  rules alone, {count} customers, {planted.Count} planted: precision {precision:0.0000}, recall {recall:0.0000}, {watch.Elapsed.TotalSeconds:0.0} s, {compared} comparisons ({(double)compared / count:0.0} a customer), {oversized} blocks too large, {memory:0} MB beside the records");
        return new Outcome(watch.Elapsed.TotalSeconds, compared, precision, recall, referencePrecision, referenceRecall);
    }

    private static (ulong[] Keys, int[] Owners) Blocks(IdentityRecord[] records)
    {
        var keys = new ulong[records.Length * IdentityRecord.MaxKeys];
        var owners = new int[keys.Length];
        var filled = 0;
        Span<ulong> own = stackalloc ulong[IdentityRecord.MaxKeys];
        for (var i = 0; i < records.Length; i++)
        {
            var count = records[i].BlockingKeys(own);
            for (var k = 0; k < count; k++) (keys[filled], owners[filled++]) = (own[k], i);
        }

        Array.Resize(ref keys, filled);
        Array.Resize(ref owners, filled);
        Array.Sort(keys, owners);
        return (keys, owners);
    }

    private static (HashSet<(int, int)> Found, long Compared, int Oversized) Compare(
        IdentityRecord[] records, ulong[] keys, int[] owners, Func<IdentityRecord, IdentityRecord, bool> same, CancellationToken cancellationToken)
    {
        var found = new HashSet<(int, int)>();
        var (compared, oversized) = (0L, 0);
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            if (end - start > MaxBlock) oversized++;
            else
            {
                for (var i = start; i < end; i++)
                {
                    for (var j = i + 1; j < end; j++)
                    {
                        if (owners[i] == owners[j]) continue;
                        compared++;
                        if (same(records[owners[i]], records[owners[j]])) found.Add((Math.Min(owners[i], owners[j]), Math.Max(owners[i], owners[j])));
                    }
                }
            }

            start = end;
            cancellationToken.ThrowIfCancellationRequested();
        }

        return (found, compared, oversized);
    }

    private static (double Precision, double Recall) Quality(HashSet<(int, int)> found, HashSet<(int, int)> planted)
    {
        var right = found.Count(planted.Contains);
        return (found.Count == 0 ? 0 : (double)right / found.Count, (double)right / planted.Count);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

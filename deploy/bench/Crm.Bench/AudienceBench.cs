using System.Diagnostics;
using System.Globalization;
using Crm.Campaign.Delivery;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// A target group at two sizes of the audience: counting it, taking it into the ledger with the dispatcher's own steps (rows, chunks, messages to
/// the senders), the first chunk, and fetching chunks as a sender does; against the same questions and the same rows in plain SQL by hand.
/// </summary>
internal sealed class AudienceBench : IBench
{
    private const string Criteria =
        """
        { "all": [ { "field": "purchaseCount", "op": "gte", "value": 1 }, { "field": "pAlive", "op": "lt", "value": 0.9 },
          { "any": [ { "field": "city", "op": "in", "value": ["Jakarta", "Bandung", "Medan"] }, { "field": "bought.quantity", "op": "gte", "value": 2, "of": { "sku": ["SKU-1"], "lastDays": 365 } } ] } ] }
        """;

    /// <summary>The same by hand.</summary>
    private const string Plain =
        """
        a.profile_version IS NOT NULL AND a.purchase_count >= 1 AND a.p_alive < 0.9 AND (a.city IN ('Jakarta', 'Bandung', 'Medan')
            OR (SELECT sum(quantity) FROM audience_purchase_lines l WHERE l.customer_id = a.customer_id AND sku = 'SKU-1' AND purchased_at >= now() - interval '365 days') >= 2)
        """;

    private const string Reachable = "a.email IS NOT NULL AND a.consent_email AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.customer_id = a.customer_id)";
    private const double LargestGrowth = 1.15;

    public string Name => "audience";

    public string Summary => "count, dispatch, first message and chunk fetch at 100,000 and 1,000,000 contacts (or: audience SMALL LARGE) against plain SQL";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int Size(int place, int standard) => args.Length > place ? int.Parse(args[place], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : standard;
        var folder = Directory.CreateTempSubdirectory("crm-bench-audience-").FullName;
        try
        {
            await using var server = await PostgresServer.StartAsync(folder, cancellationToken);
            await using var database = await server.CreateDatabaseAsync("bench_audience", cancellationToken);
            await using var services = Services(database.ConnectionString);
            await services.GetRequiredService<Migrator>().RunAsync(cancellationToken);
            var small = await MeasureAsync(Size(0, 100_000), services, database, cancellationToken);
            var large = await MeasureAsync(Size(1, 1_000_000), services, database, cancellationToken);

            var growth = large.DispatchMicroseconds / small.DispatchMicroseconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  cost per contact, large to small: count {large.CountMicroseconds / small.CountMicroseconds:F2}, dispatch {growth:F2}"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"audience: ours {large.DispatchMicroseconds:F2} us/contact, reference {large.PlainMicroseconds:F2} us/contact, ratio {large.DispatchMicroseconds / large.PlainMicroseconds:F2}"));
            return growth <= LargestGrowth && large.FirstMilliseconds < 1_000 && large.FetchMilliseconds < 10 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Measurement> MeasureAsync(int contacts, ServiceProvider services, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await FillAsync(contacts, database, cancellationToken);
        var plainCount = await MedianAsync(() => ScalarAsync(database, $"SELECT count(*) FILTER (WHERE {Reachable}) FROM audience a WHERE {Plain}", cancellationToken));
        var count = await MedianAsync(async () => (await CountAsync(services, cancellationToken)).Reachable);
        if (count.Answer != plainCount.Answer) throw new InvalidOperationException($"The segment has {count.Answer}, the SQL {plainCount.Answer}.");

        var clock = Stopwatch.StartNew();
        await ExecuteAsync(database,
            $"""
            CREATE TABLE plain_deliveries (LIKE deliveries INCLUDING ALL);
            INSERT INTO plain_deliveries (campaign_id, customer_id, channel, delivery_id, chunk, state, reason, language, not_before)
            SELECT gen_random_uuid(), a.customer_id, 'email', gen_random_uuid(), row_number() OVER (ORDER BY a.customer_id) / 500,
                CASE WHEN {Reachable} THEN 'planned' ELSE 'skipped' END, CASE WHEN NOT ({Reachable}) THEN 'x' END, 'id', now() FROM audience a WHERE {Plain}
            """, cancellationToken);
        var plain = clock.Elapsed;

        var campaign = await LaunchAsync(database, cancellationToken);
        clock.Restart();
        await StepAsync(campaign, services, cancellationToken);
        var first = clock.Elapsed;
        while (await StepAsync(campaign, services, cancellationToken))
        {
        }

        var dispatch = clock.Elapsed;
        var rows = await ScalarAsync(database, "SELECT count(*) FROM deliveries", cancellationToken);
        if (rows != await ScalarAsync(database, "SELECT count(*) FROM plain_deliveries", cancellationToken)) throw new InvalidOperationException("The ledger does not hold the same rows.");
        await ExecuteAsync(database, "ANALYZE deliveries", cancellationToken);
        var fetch = await FetchAsync(campaign, database, cancellationToken);

        var result = new Measurement(
            count.Elapsed.TotalMicroseconds / contacts, dispatch.TotalMicroseconds / contacts, plain.TotalMicroseconds / contacts, first.TotalMilliseconds, fetch);
        var (memory, files) = (SendBenchPlatform.Megabytes(Environment.ProcessId, "VmRSS:"), SendBenchPlatform.Megabytes(Environment.ProcessId, "RssFile:"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {contacts:N0} contacts, {rows:N0} in the segment, {count.Answer:N0} reachable: count {count.Elapsed.TotalMilliseconds:F0} ms (SQL {plainCount.Elapsed.TotalMilliseconds:F0} ms); dispatch {dispatch.TotalSeconds:F2} s (one INSERT {plain.TotalSeconds:F2} s), {result.DispatchMicroseconds:F2} us/contact; first chunk {first.TotalMilliseconds:F0} ms; chunk fetch p99 {fetch:F2} ms; memory of this process {memory:F0} MB, {memory - files:F0} of them its own"));
        return result;
    }

    private static async Task<CountResponse> CountAsync(ServiceProvider services, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var counted = await AudienceQuery.CountAsync(
            CriteriaParser.ParseStored(Criteria), "email", new AudienceOptions { CountTimeout = TimeSpan.FromMinutes(5) }, scope.ServiceProvider.GetRequiredService<UnitOfWork>(), TimeProvider.System, cancellationToken);
        return counted.Value;
    }

    /// <summary>One transaction of the dispatcher; false at the end of the audience.</summary>
    private static async Task<bool> StepAsync(Guid id, ServiceProvider services, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var campaign = (await RunningCampaign.FindAsync(id, unitOfWork, cancellationToken))!;
        if (campaign.DispatchedAt is not null) return false;
        await ActivatorUtilities.CreateInstance<DispatchStep>(scope.ServiceProvider, campaign).PlanSliceAsync(cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The 99th percentile, in milliseconds, of reading a chunk's planned recipients with what a message needs, both tables bounded.</summary>
    private static async Task<double> FetchAsync(Guid campaign, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var chunks = await ScalarAsync(database, "SELECT max(seq)::bigint FROM chunks", cancellationToken);
        var random = new Random(1);
        var times = new List<double>();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        for (var i = 0; i < 300; i++)
        {
            await using var command = new NpgsqlCommand(
                $"""
                SELECT d.delivery_id, a.display_name, a.email, a.points, {Eligibility.ReasonSql("email")} FROM deliveries d LEFT JOIN audience a ON a.customer_id = d.customer_id
                WHERE d.campaign_id = $1 AND d.chunk = $2 AND d.state = 'planned' ORDER BY d.customer_id LIMIT 500
                """,
                connection)
            {
                Parameters = { new() { Value = campaign }, new() { Value = 1 + random.Next((int)chunks) } },
            };
            var clock = Stopwatch.StartNew();
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                }
            }

            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return times.Skip(20).Order().ElementAt((int)(0.99 * (times.Count - 20)));
    }

    private static async Task<(TimeSpan Elapsed, long Answer)> MedianAsync(Func<Task<long>> ask)
    {
        var runs = new List<(TimeSpan Elapsed, long Answer)>();
        for (var i = 0; i < 3; i++)
        {
            var clock = Stopwatch.StartNew();
            var answer = await ask();
            runs.Add((clock.Elapsed, answer));
        }

        return runs.OrderBy(run => run.Elapsed).ElementAt(1);
    }

    private static ServiceProvider Services(string connectionString)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:postgres"] = connectionString, ["Postgres:CommandTimeout"] = "600" });
        builder.AddPostgres(typeof(DispatchStep).Assembly);
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<Ids>().AddSingleton<ActorAccessor>();
        builder.Services.AddScoped<LedgerWriter>();
        builder.Services.AddOptions<DispatchOptions>();
        return builder.Services.BuildServiceProvider();
    }

    private static async Task<Guid> LaunchAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await ExecuteAsync(database,
            $$"""
            INSERT INTO segments (id, version, name, criteria, created_by, created_at, changed_at) SELECT gen_random_uuid(), 1, 's', '{{Criteria}}', 'bench', now(), now();
            INSERT INTO templates (id, version, name, created_by, created_at, changed_at) SELECT gen_random_uuid(), 1, 't', 'bench', now(), now();
            INSERT INTO template_versions (template_id, version, contents, prepared, links) SELECT id, 1, '{ }', '{"id": { }, "en": { } }', '{ }' FROM templates;
            INSERT INTO campaigns (id, version, name, segment_id, template_id, channel, sender_name, from_address, holdout_percent, state, epoch, criteria, template_version, created_by, created_at, launched_at)
            SELECT gen_random_uuid(), 2, 'c', s.id, t.id, 'email', 'n', 'a@example.com', 5, 'sending', 1, s.criteria, 1, 'bench', now(), now() FROM segments s, templates t
            """, cancellationToken);
        await using var command = database.CreateCommand("SELECT id FROM campaigns");
        return (Guid)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Contacts in the order of their ids, as they arrive; a third has bought something, a thousandth is suppressed.</summary>
    private static Task FillAsync(int contacts, NpgsqlDataSource database, CancellationToken cancellationToken) => ExecuteAsync(
        database,
        $"""
        DROP TABLE IF EXISTS plain_deliveries;
        TRUNCATE delivery_counts, audience, audience_purchase_lines, suppressions, deliveries, chunks, campaigns, template_versions, templates, segments, segment_references, segment_versions, segment_members, segment_sizes, outbox CASCADE;
        INSERT INTO audience (customer_id, profile_version, display_name, given_name, email, phone, language, time_zone, city, province, gender, birth_date, tags, lifecycle_stage, registered_at,
            consent_email, purchase_count, purchase_total, purchase_currency, last_purchased_at, p_alive, points)
        SELECT (lpad(to_hex(i), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid, 1, 'Pelanggan ' || i, 'Budi', 'p' || i || '@example.com', '+62812' || i, CASE i % 2 WHEN 0 THEN 'id' ELSE 'en' END,
            'Asia/Jakarta', (ARRAY['Jakarta', 'Bandung', 'Medan', 'Surabaya', 'Makassar', 'Denpasar'])[1 + i % 6], 'Jawa', 'female', date '1970-01-01' + i % 15000, ARRAY['t' || i % 50], 'customer',
            now() - i % 1000 * interval '1 day', i % 10 > 0, i % 7, i % 7 * 125000, 'IDR', now() - i % 400 * interval '1 day', (i % 100) / 100.0, i % 5000
        FROM generate_series(1, {contacts}) i;
        INSERT INTO audience_purchase_lines (customer_id, purchase_id, line, purchased_at, sku, category, currency, bought, bought_total)
        SELECT customer_id, customer_id, 1, last_purchased_at, 'SKU-' || points % 10, 'teh', 'IDR', 1 + points % 3, 50000 FROM audience WHERE points % 3 = 0;
        INSERT INTO suppressions (customer_id, channel, reason, created_at) SELECT customer_id, 'email', 'bounced', now() FROM audience WHERE points % 1000 = 7;
        VACUUM ANALYZE audience; VACUUM ANALYZE audience_purchase_lines; VACUUM ANALYZE suppressions; CHECKPOINT
        """,
        cancellationToken);

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 600 };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<long> ScalarAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 600;
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private sealed record Measurement(double CountMicroseconds, double DispatchMicroseconds, double PlainMicroseconds, double FirstMilliseconds, double FetchMilliseconds);
}

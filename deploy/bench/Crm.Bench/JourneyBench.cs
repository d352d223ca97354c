using System.Diagnostics;
using System.Globalization;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Journeys;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// Due timers per second of one worker as the service runs it (claim, zone, log, counters, commit in batches of 500) while so many
/// contacts wait, against one plain UPDATE of as many rows of the same table. A tenth as many waiting is measured too: the ratio must not
/// depend on them (the database's own speed does, by its caches).
/// </summary>
internal sealed class JourneyBench : IBench
{
    private const int Rounds = 5;
    private const int DuePerRound = 20_000;
    private const double LeastOfSmall = 0.8;
    private static readonly Guid Journey = new("01900000-0000-7000-8000-000000000001");

    public string Name => "journeys";

    public string Summary => "due timers/s with 1,000,000 contacts waiting (or: journeys CONTACTS), against a plain UPDATE";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var waiting = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        if (waiting < 5 * 10 * DuePerRound || waiting % (10 * DuePerRound) != 0)
        {
            // Every round takes other contacts, also of a tenth as many.
            await Console.Error.WriteLineAsync($"journeys: a multiple of {10 * DuePerRound:N0} contacts, {5 * 10 * DuePerRound:N0} at least");
            return 2;
        }

        await using var servers = await IsolatedServers.CreateAsync("bench_journeys");
        await using var service = Build(servers.Postgres);
        await service.Services.GetRequiredService<Migrator>().RunAsync(cancellationToken);
        var small = await MeasureAsync(service, waiting / 10, cancellationToken);
        var large = await MeasureAsync(service, waiting, cancellationToken);
        var growth = large.Ours / large.Reference / (small.Ours / small.Reference);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio at {waiting:N0} waiting / at {waiting / 10:N0}: {growth:F2} (at least {LeastOfSmall}); rate {large.Ours / small.Ours:F2}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"journeys: ours {large.Ours:F0} timers/s, reference {large.Reference:F0} timers/s, ratio {large.Ours / large.Reference:F3}"));
        return growth >= LeastOfSmall ? 0 : 1;
    }

    /// <summary>The worker's parts as the service registers them; the host itself is not started.</summary>
    private static WebApplication Build(string postgres)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:postgres"] = postgres, ["Postgres:CommandTimeout"] = "1800" });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.AddPostgres(typeof(JourneyOptions).Assembly);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Ids>();
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddSingleton<ActorAccessor>();
        builder.Services.AddScoped<LedgerWriter>();
        builder.Services.AddJourneys();
        return builder.Build();
    }

    private static async Task<(double Ours, double Reference)> MeasureAsync(WebApplication service, int waiting, CancellationToken cancellationToken)
    {
        var database = service.Services.GetRequiredService<NpgsqlDataSource>();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var clock = Stopwatch.StartNew();
        await connection.ExecuteAsync(Fill, new { Journey, waiting });
        foreach (var table in new[] { "audience", "journey_entries", "bench_contacts" }) await connection.ExecuteAsync($"VACUUM ANALYZE {table}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{waiting:N0} contacts wait (filled in {clock.Elapsed.TotalSeconds:F0} s)"));

        var stride = waiting / DuePerRound;
        var (ours, reference) = (new double[Rounds], new double[Rounds]);
        for (var round = 0; round < Rounds; round++)
        {
            reference[round] = await RateAsync(connection, stride, 2 * round, () => connection.ExecuteAsync(new CommandDefinition(Plain, new { Journey }, cancellationToken: cancellationToken)));
            ours[round] = await RateAsync(connection, stride, 2 * round + 1, () => RunWorkerAsync(service, connection, cancellationToken));
        }

        var logged = await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM journey_log");
        if (logged != Rounds * (long)DuePerRound) throw new InvalidOperationException($"{logged} steps were logged, not {Rounds * DuePerRound}.");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  worker {ours.Min():F0} to {ours.Max():F0}, plain UPDATE {reference.Min():F0} to {reference.Max():F0} timers/s; {Rounds} rounds of {DuePerRound:N0}"));
        return (ours.Order().ElementAt(Rounds / 2), reference.Order().ElementAt(Rounds / 2));
    }

    /// <summary>Other contacts each round, spread over the whole table.</summary>
    private static async Task<double> RateAsync(NpgsqlConnection connection, int stride, int round, Func<Task> run)
    {
        await connection.ExecuteAsync(
            """
            UPDATE journey_entries e SET due_at = now() - interval '1 second' FROM bench_contacts c
            WHERE c.number % @stride = @round % @stride AND e.journey_id = @Journey AND e.customer_id = c.customer_id AND e.occasion = ''
            """,
            new { stride, round, Journey });
        await connection.ExecuteAsync("CHECKPOINT", commandType: System.Data.CommandType.Text); // one word alone is a procedure to Dapper
        var clock = Stopwatch.StartNew();
        await run();
        return DuePerRound / clock.Elapsed.TotalSeconds;
    }

    private static async Task RunWorkerAsync(WebApplication service, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var timers = service.Services.GetServices<IHostedService>().OfType<JourneyTimers>().Single();
        await timers.StartAsync(cancellationToken);
        while (await connection.ExecuteScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM journey_entries WHERE journey_id = @Journey AND state = 'waiting' AND due_at <= now())", new { Journey }))
        {
            await Task.Delay(5, cancellationToken);
        }

        await timers.StopAsync(cancellationToken);
    }

    private const string Fill =
        """
        TRUNCATE journeys, journey_versions, journey_sends, journey_entries, journey_log, journey_counts, audience CASCADE;
        DROP TABLE IF EXISTS bench_contacts;
        CREATE TABLE bench_contacts AS SELECT number, gen_random_uuid() AS customer_id FROM generate_series(1, @waiting) AS number;
        INSERT INTO audience (customer_id, profile_version, display_name, language, time_zone, registered_at)
        SELECT customer_id, 1, 'Budi', 'id', 'Asia/Jakarta', now() - number * interval '1 minute' FROM bench_contacts;
        INSERT INTO journeys (id, version, name, state, definition, published, trigger_on, created_by, created_at, changed_at, changed_by)
        VALUES (@Journey, 1, 'bench', 'active', '{}', 1, 'manual', 'bench', now(), now(), 'bench');
        INSERT INTO journey_versions (journey_id, version, definition, goals, published_by, published_at)
        VALUES (@Journey, 1, '{"trigger":{"on":"manual"},"start":"a","nodes":[{"id":"a","kind":"wait","days":30,"at":"09:00","next":"b"},
            {"id":"b","kind":"wait","days":30,"at":"09:00","next":"a2"},{"id":"a2","kind":"branch","branches":[{"criteria":{"field":"isMember","op":"eq","value":true},"next":"x"}],
            "otherwise":"a"},{"id":"x","kind":"exit"}]}', '{}', 'bench', now());
        INSERT INTO journey_entries (journey_id, customer_id, occasion, entry_id, version, state, node, step, node_since, due_at, occurred_at)
        SELECT @Journey, customer_id, '', gen_random_uuid(), 1, 'waiting', 'a', 0, now(), now() + interval '1 day' + number * interval '1 second', now() FROM bench_contacts;
        """;

    private const string Plain =
        """
        UPDATE journey_entries SET node = node, step = step, node_since = now(), due_at = now() + interval '30 days'
        WHERE journey_id = @Journey AND state = 'waiting' AND due_at <= now()
        """;
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.Testing;
using Dapper;
using Npgsql;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

[Collection(CampaignCollection.Name)]
public sealed class JourneyCrashTests(CampaignHost host) : IAsyncLifetime
{
    private const int Contacts = 120;
    private const int Rounds = 3;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await host.EndAllAsync();
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task Two_workers_whose_transactions_are_killed_before_their_commit_repeat_and_lose_nothing()
    {
        var tag = CampaignHost.NewTag();
        var template = await host.CreateTextAsync(tag);
        // Every contact passes send, tag and wait as often as there are rounds, and then leaves by the branch.
        var journey = await host.StartJourneyAsync(tag, Definition(
            Manual(tag), "send", Send("send", template, "tag"), """{"id":"tag","kind":"tag","add":["seen"],"next":"wait"}""",
            """{"id":"wait","kind":"wait","minutes":1,"next":"more"}""",
            """{"id":"more","kind":"branch","branches":[{"criteria":{"field":"city","op":"eq","value":"over"},"next":"x"}],"otherwise":"send"}""", Exit));
        var ids = (await host.RegisterAsync(tag, Contacts)).Select(customer => customer.CustomerId).ToArray();
        await using var second = host.StartReplica();
        await using var observer = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(host.Servers.Postgres) { ApplicationName = "observer" });

        async Task<long> AskAsync(string sql, object args)
        {
            await using var connection = await observer.OpenConnectionAsync();
            return await connection.QuerySingleAsync<long>(sql, args);
        }

        async Task ActAsync(string sql, object args)
        {
            await using var connection = await observer.OpenConnectionAsync();
            await connection.ExecuteAsync(sql, args);
        }

        Assert.Equal(Contacts, await host.EnterAsync(journey, ids));
        for (var round = 1; round <= Rounds; round++)
        {
            var steps = 4 * round - 2; // send, tag, wait, more; before the wait's end two of them
            await Eventually.Holds(async () => Assert.Equal(
                Contacts, await AskAsync("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND node = 'wait' AND step = @steps", new { journey, steps })));
            if (round == Rounds) await ActAsync("UPDATE audience SET city = 'over' WHERE customer_id = ANY(@ids)", new { ids });
            await KillBeforeCommitAsync(
                observer, () => ActAsync("UPDATE journey_entries SET due_at = now() WHERE journey_id = @journey AND state = 'waiting'", new { journey }));
        }

        await Eventually.Holds(async () => Assert.Equal(
            Contacts, await AskAsync("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND state = 'exited'", new { journey })));
        host.Database.Clear(); // what was killed may be in the pool still

        var way = string.Join(' ', Enumerable.Range(1, Rounds).Select(round => $"send:planned tag:tagged wait:passed more:{(round == Rounds ? "branch:0" : "otherwise")}")) + " x:exit";
        Assert.Equal([way], await host.ListAsync<string>(
            """
            SELECT DISTINCT string_agg(l.node || ':' || l.outcome, ' ' ORDER BY l.step) FROM journey_log l JOIN journey_entries e USING (entry_id)
            WHERE e.journey_id = @journey AND l.step > 0 GROUP BY l.entry_id
            """,
            new { journey }));
        var campaign = await host.QueryAsync<Guid>("SELECT campaign_id FROM journey_sends WHERE journey_id = @journey", new { journey });
        Assert.Equal(
            [$"{Contacts} {Rounds}"],
            await host.ListAsync<string>("SELECT count(*) || ' ' || n FROM (SELECT count(*) AS n FROM deliveries WHERE campaign_id = @campaign GROUP BY customer_id) d GROUP BY n", new { campaign }));
        await host.CountsAgreeAsync(journey);
        await host.CountersAgreeAsync(campaign);
        await Eventually.Holds(() =>
        {
            // The relay of the outbox may publish twice when it is killed; consumers know a copy by its event.
            var told = host.Bus.Seen<TagChangesRequested>().Where(message => message.JourneyId == journey).DistinctBy(message => message.EventId);
            Assert.Equal(Contacts * Rounds, told.Sum(message => message.CustomerIds.Count));
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Lets the workers begin, stops each at the last thing that it writes (the counters, whose table is locked), and ends its connection
    /// there: rows, log, ledger and events are written, the commit is not.
    /// </summary>
    private static async Task KillBeforeCommitAsync(NpgsqlDataSource observer, Func<Task> begin)
    {
        await using var locking = await observer.OpenConnectionAsync();
        await using var transaction = await locking.BeginTransactionAsync();
        await locking.ExecuteAsync("LOCK TABLE journey_counts IN SHARE MODE", transaction: transaction);
        await begin();
        await using var killer = await observer.OpenConnectionAsync();
        var killed = 0L;
        await Eventually.Holds(async () =>
        {
            killed += await killer.QuerySingleAsync<long>(
                """
                SELECT count(*) FROM (
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name <> 'observer' AND wait_event_type = 'Lock' AND query LIKE '%INTO journey_counts%') k
                """);
            Assert.True(killed >= 2, "Not both workers were killed.");
        });
        await transaction.CommitAsync();
    }
}

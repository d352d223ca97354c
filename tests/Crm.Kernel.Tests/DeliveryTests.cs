using Crm.Kernel.Sample;
using Crm.ServiceDefaults.Hosting;
using Crm.Testing;

namespace Crm.Kernel.Tests;

/// <summary>Nothing lost, nothing doubled, wherever a process dies between a commit and an acknowledgement.</summary>
public sealed class DeliveryTests(SampleHost host) : IClassFixture<SampleHost>
{
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task An_event_reaches_its_consumer_once()
    {
        var id = await host.WriteAsync("plain");
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(id)));
        await Eventually.Holds(async () => Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM outbox")));
    }

    [Fact]
    public async Task A_crash_between_publish_and_mark_publishes_again_and_takes_effect_once()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(NoteWritten));
        // The relay's transaction fails after the broker has confirmed: what a crash right there leaves behind.
        await host.ExecuteAsync(
            """
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'crash'; END $$;
            CREATE TRIGGER crash BEFORE DELETE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION refuse();
            """);
        var id = await host.WriteAsync("published twice");
        await Eventually.Holds(() =>
        {
            Assert.True(probe.Seen<NoteWritten>().Count(note => note.NoteId == id) >= 2);
            return Task.CompletedTask;
        });
        await host.ExecuteAsync("DROP TRIGGER crash ON outbox");
        await Eventually.Holds(async () => Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM outbox")));
        Assert.Single(probe.MessageIds<NoteWritten>().Distinct());
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(id)));
    }

    [Fact]
    public async Task A_connection_that_breaks_between_effect_and_ack_redelivers_and_takes_effect_once()
    {
        var id = await host.WriteAsync("acknowledged late");
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(id)));

        await using var blocker = await host.Database.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var hold = blocker.CreateCommand())
        {
            hold.CommandText = "SELECT 1 FROM note_counts WHERE note_id = $1 FOR UPDATE";
            hold.Parameters.Add(new() { Value = id });
            await hold.ExecuteScalarAsync();
        }

        await using (var probe = await BusProbe.StartAsync(host.Servers.RabbitMq))
        {
            await probe.PublishAsync(new NoteWritten(Guid.Empty, DateTimeOffset.UnixEpoch, id, "second version", 2), Ids.Next());
        }

        // The consumer is inside its handler, waiting for our lock. Its connection goes; then it commits and cannot acknowledge.
        await Eventually.Holds(async () => Assert.True(await host.QueryAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0));
        await host.Servers.CloseConnectionsAsync();
        await transaction.CommitAsync();

        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("sample-note-written")));
        await Eventually.Holds(async () => Assert.Equal(2, await host.CountAsync(id)));
        await Eventually.Holds(async () => Assert.True(await host.Servers.RedeliveriesAsync("sample-note-written") > 0));
        Assert.Equal(2, await host.CountAsync(id));
    }

    [Fact]
    public async Task What_fails_because_its_process_stops_is_left_to_the_next_one()
    {
        // The table is refused as long as the first process lives: its tries end while it stops.
        await host.ExecuteAsync(
            """
            CREATE SEQUENCE refusals;
            CREATE FUNCTION refuse_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('refusals'); RAISE EXCEPTION 'gone'; END $$;
            CREATE TRIGGER gone BEFORE INSERT ON note_counts FOR EACH ROW WHEN (NEW.text = 'the process stops') EXECUTE FUNCTION refuse_note();
            """);
        var id = await host.WriteAsync("the process stops");
        await Eventually.Holds(async () => Assert.True(await host.QueryAsync<bool>("SELECT is_called FROM refusals")));

        await host.RestartAsync();
        await host.ExecuteAsync("DROP TRIGGER gone ON note_counts");

        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(id)));
    }

    [Fact]
    public async Task Three_copies_in_any_order_take_effect_once_and_the_newest_version_stays()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var id = Ids.Next();
        var versions = Enumerable.Range(1, 5).Select(version => (MessageId: Ids.Next(), Message: new NoteWritten(Guid.Empty, DateTimeOffset.UnixEpoch, id, $"version {version}", version))).ToList();
        var copies = versions.Concat(versions).Concat(versions).ToArray();
        new Random(7).Shuffle(copies);
        foreach (var (messageId, message) in copies) await probe.PublishAsync(message, messageId);

        await Eventually.Holds(async () => Assert.Equal(5, await host.CountAsync(id)));
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("sample-note-written")));
        Assert.Equal(5, await host.CountAsync(id));
        // A copy is work that is done, not a message that nobody wants.
        Assert.False(await host.Servers.QueueExistsAsync("sample-note-written_skipped"));
        Assert.Equal("version 5", await host.QueryAsync<string>("SELECT text FROM note_counts WHERE note_id = @id", new { id }));
    }

    [Fact]
    public async Task A_message_that_always_fails_ends_among_the_dead_letters_and_blocks_nothing()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var poison = Ids.Next();
        await probe.PublishAsync(new NoteWritten(Guid.Empty, DateTimeOffset.UnixEpoch, poison, "poison", 1), Ids.Next());
        var good = await host.WriteAsync("good");
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(good)));
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM dead_letters WHERE queue = 'sample-note-written' AND state = 'waiting' AND convert_from(body, 'UTF8') LIKE @note", new { note = $"%{poison}%" })));
        Assert.Equal(0, await host.CountAsync(poison));
    }

    [Fact]
    public async Task Two_replicas_relay_and_consume_without_doubling()
    {
        await using var replica = host.StartReplica();
        var written = new List<Guid>();
        for (var i = 0; i < 60; i++) written.Add(await host.WriteAsync($"note {i}"));
        await Eventually.Holds(async () => Assert.Equal(60, await host.QueryAsync<long>("SELECT count(*) FROM note_counts WHERE note_id = ANY(@written) AND count = 1", new { written = written.ToArray() })));
    }
}

using Crm.Campaign.Sender.Smtp;
using static Crm.Campaign.Tests.Smtp.SmtpTest;

namespace Crm.Campaign.Tests.Smtp;

public sealed class SmtpConnectionPoolTests
{
    private readonly ManualTimeProvider time = new();

    [Fact]
    public async Task Batches_one_after_another_share_a_connection()
    {
        await using var server = new ScriptedSmtpServer(Pipelining);
        await using var pool = new SmtpConnectionPool(Options(server), time);

        for (var i = 0; i < 10; i++)
            Assert.Equal(["Accepted", "Accepted"], Cases(await pool.SendBatchAsync(Messages(2), CancellationToken.None)));

        Assert.Equal(1, server.Connections);
        Assert.Equal(20, server.Contents.Count);
        Assert.Equal(0, server.CountOf("NOOP"));
    }

    [Fact]
    public async Task Never_more_connections_than_allowed_however_many_send()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMilliseconds(5)) : null,
        };
        await using var pool = new SmtpConnectionPool(Options(server) with { MaxConnections = 3 }, time);

        var batches = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pool.SendBatchAsync(Messages(3), CancellationToken.None)));

        Assert.All(batches, outcomes => Assert.Equal(["Accepted", "Accepted", "Accepted"], Cases(outcomes)));
        Assert.Equal(3, server.MostOpenConnections);
        Assert.Equal(60, server.Contents.Count);
    }

    [Fact]
    public async Task A_connection_is_changed_after_its_messages_even_inside_a_batch()
    {
        await using var server = new ScriptedSmtpServer(Pipelining);
        await using var pool = new SmtpConnectionPool(Options(server) with { MaxMessagesPerConnection = 4 }, time);

        var outcomes = await pool.SendBatchAsync(Messages(10), CancellationToken.None);

        Assert.Equal(10, outcomes.OfType<SmtpOutcome.Accepted>().Count());
        Assert.Equal(3, server.Connections);
        Assert.Equal(2, server.CountOf("QUIT"));
    }

    [Fact]
    public async Task An_idle_connection_is_checked_and_a_dead_one_replaced_before_anything_is_sent()
    {
        await using var server = new ScriptedSmtpServer(Pipelining) { Script = e => e.Name == "NOOP" && e.Occurrence == 2 ? new ScriptedReply(null) : null };
        await using var pool = new SmtpConnectionPool(Options(server), time);
        await pool.SendBatchAsync(Messages(1), CancellationToken.None);

        time.Advance(TimeSpan.FromSeconds(6));
        await pool.SendBatchAsync(Messages(1), CancellationToken.None);
        Assert.Equal((1, 1), (server.CountOf("NOOP"), server.Connections));

        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["Accepted"], Cases(await pool.SendBatchAsync(Messages(1), CancellationToken.None)));
        Assert.Equal((2, 2), (server.CountOf("NOOP"), server.Connections));
    }

    [Fact]
    public async Task A_connection_idle_for_its_lifetime_is_closed_with_QUIT()
    {
        await using var server = new ScriptedSmtpServer(Pipelining);
        await using var pool = new SmtpConnectionPool(Options(server), time);
        await pool.SendBatchAsync(Messages(1), CancellationToken.None);
        Assert.Equal(1, pool.IdleCount);

        time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(0, pool.IdleCount);
        for (var i = 0; i < 200 && server.OpenConnections > 0; i++) await Task.Delay(10);
        Assert.Equal((1, 0), (server.CountOf("QUIT"), server.OpenConnections));
    }

    [Fact]
    public async Task A_broken_connection_is_not_kept_and_its_slot_comes_free()
    {
        await using var server = new ScriptedSmtpServer(Pipelining) { Script = e => e.Name == "CONTENT" && e.Occurrence <= 3 ? new ScriptedReply(null) : null };
        await using var pool = new SmtpConnectionPool(Options(server) with { MaxConnections = 1 }, time);

        for (var i = 0; i < 3; i++) Assert.Equal(["Unknown"], Cases(await pool.SendBatchAsync(Messages(1), CancellationToken.None)));

        Assert.Equal(0, pool.IdleCount);
        Assert.Equal(["Accepted"], Cases(await pool.SendBatchAsync(Messages(1), CancellationToken.None)));
    }

    [Fact]
    public async Task A_failed_connect_frees_its_slot_and_after_a_first_part_does_not_throw_its_outcomes_away()
    {
        await using var server = new ScriptedSmtpServer(Pipelining) { Script = e => e.Name == "GREETING" && e.Occurrence is 1 or 3 ? new ScriptedReply("421 4.3.2 busy") : null };
        await using var pool = new SmtpConnectionPool(Options(server) with { MaxConnections = 1, MaxMessagesPerConnection = 2 }, time);

        await Assert.ThrowsAsync<SmtpConnectionException>(() => pool.SendBatchAsync(Messages(3), CancellationToken.None));
        var outcomes = await pool.SendBatchAsync(Messages(3), CancellationToken.None);

        Assert.Equal(["Accepted", "Accepted", "Deferred"], Cases(outcomes));
        Assert.Equal(421, Assert.IsType<SmtpOutcome.Deferred>(outcomes[2]).Reply!.Code);
    }

    [Fact]
    public async Task Disposing_closes_idle_connections_at_once_and_rented_ones_when_they_return()
    {
        await using var server = new ScriptedSmtpServer(Pipelining);
        var pool = new SmtpConnectionPool(Options(server), time);
        var first = await pool.RentAsync(CancellationToken.None);
        var second = await pool.RentAsync(CancellationToken.None);
        await second.DisposeAsync();

        await pool.DisposeAsync();
        Assert.Equal(1, server.CountOf("QUIT"));

        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.Equal(2, server.CountOf("QUIT"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RentAsync(CancellationToken.None));
    }
}

using System.Diagnostics;
using System.Text;
using Crm.Campaign.Sender.Smtp;
using static Crm.Campaign.Tests.Smtp.SmtpTest;

namespace Crm.Campaign.Tests.Smtp;

public sealed class SmtpTransactionTests
{
    private static readonly string[] NoPipelining = ["8BITMIME"];

    public static TheoryData<bool> BothWays => [true, false];

    [Theory]
    [MemberData(nameof(BothWays))]
    public async Task Every_message_of_a_batch_arrives_with_its_own_envelope_and_is_accepted(bool pipelining)
    {
        await using var server = new ScriptedSmtpServer(pipelining ? Pipelining : NoPipelining);
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(20), CancellationToken.None);

        Assert.All(outcomes, o => Assert.Equal("2.0.0", Assert.IsType<SmtpOutcome.Accepted>(o).Reply.EnhancedCode));
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"RCPT TO:<person{n}@example.com>"), server.Commands.Where(c => c.StartsWith("RCPT", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"Subject: {n}\r\n\r\nHalo\r\n"), server.Contents.Select(Encoding.UTF8.GetString));
        Assert.Equal(0, server.CountOf("RSET"));
    }

    [Fact]
    public async Task Pipelining_costs_one_round_trip_per_message()
    {
        await using var server = new ScriptedSmtpServer(Pipelining);
        await using var connection = await ConnectAsync(server);
        var before = server.Turns;

        await connection.SendBatchAsync(Messages(50), CancellationToken.None);

        // One for the first envelope, then one for each content with the next envelope.
        Assert.Equal(51, server.Turns - before);
    }

    [Fact]
    public async Task Nothing_is_pipelined_to_a_server_that_did_not_offer_it()
    {
        await using var server = new ScriptedSmtpServer(NoPipelining);
        await using var connection = await ConnectAsync(server);
        var before = server.Turns;

        await connection.SendBatchAsync(Messages(5), CancellationToken.None);

        Assert.Equal(0, server.PipelinedCommands);
        Assert.Equal(20, server.Turns - before);
    }

    [Theory]
    [InlineData("MAIL", "550 5.7.1 not you", "Rejected", SmtpStage.MailFrom, true)]
    [InlineData("MAIL", "451 4.3.0 later", "Deferred", SmtpStage.MailFrom, true)]
    [InlineData("RCPT", "550 5.1.1 unknown", "Rejected", SmtpStage.RcptTo, true)]
    [InlineData("RCPT", "450 4.2.1 greylisted", "Deferred", SmtpStage.RcptTo, true)]
    [InlineData("DATA", "554 5.6.0 no", "Rejected", SmtpStage.Data, true)]
    [InlineData("DATA", "451 4.3.0 later", "Deferred", SmtpStage.Data, true)]
    [InlineData("CONTENT", "552 5.3.4 too big", "Rejected", SmtpStage.EndOfData, true)]
    [InlineData("CONTENT", "452 4.3.1 full", "Deferred", SmtpStage.EndOfData, true)]
    [InlineData("MAIL", "550 5.7.1 not you", "Rejected", SmtpStage.MailFrom, false)]
    [InlineData("RCPT", "550 5.1.1 unknown", "Rejected", SmtpStage.RcptTo, false)]
    [InlineData("RCPT", "450 4.2.1 greylisted", "Deferred", SmtpStage.RcptTo, false)]
    [InlineData("DATA", "451 4.3.0 later", "Deferred", SmtpStage.Data, false)]
    [InlineData("CONTENT", "552 5.3.4 too big", "Rejected", SmtpStage.EndOfData, false)]
    public async Task A_failing_reply_decides_its_own_message_and_no_other(string stage, string reply, string expected, SmtpStage expectedStage, bool pipelining)
    {
        await using var server = new ScriptedSmtpServer(pipelining ? Pipelining : NoPipelining)
        {
            Script = e => e.Name == stage && e.Occurrence == 2 ? new ScriptedReply(reply) : null,
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(4), CancellationToken.None);

        Assert.Equal(["Accepted", expected, "Accepted", "Accepted"], Cases(outcomes));
        var (code, at) = outcomes[1] switch
        {
            SmtpOutcome.Rejected r => (r.Reply, r.Stage),
            SmtpOutcome.Deferred d => (d.Reply!, d.Stage),
            _ => throw new InvalidOperationException(),
        };
        Assert.Equal(reply, code.ToString());
        Assert.Equal(reply.Split(' ')[1], code.EnhancedCode);
        Assert.Equal(expectedStage, at);
        // After the end of data the server's buffers are clear (RFC 5321 section 4.1.1.4).
        Assert.Equal(stage == "CONTENT" ? 0 : 1, server.CountOf("RSET"));
        Assert.True(connection.IsUsable);
        Assert.Equal(stage == "CONTENT" ? 4 : 3, server.Contents.Count);
    }

    [Fact]
    public async Task A_refused_last_message_leaves_a_connection_that_sends_the_next_batch()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "RCPT" && e.Occurrence == 2 ? new ScriptedReply("550 5.1.1 unknown") : null,
        };
        await using var connection = await ConnectAsync(server);

        Assert.Equal(["Accepted", "Rejected"], Cases(await connection.SendBatchAsync(Messages(2), CancellationToken.None)));
        Assert.Equal("RSET", server.Commands.Last());
        Assert.Equal(["Accepted"], Cases(await connection.SendBatchAsync([Message(3)], CancellationToken.None)));
    }

    [Fact]
    public async Task A_server_that_takes_data_without_a_recipient_gets_a_lone_dot_and_no_content()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Occurrence != 1 ? null : e.Name switch
            {
                "RCPT" => new ScriptedReply("550 5.1.1 unknown"),
                "DATA" => new ScriptedReply("354 go on"),
                _ => null,
            },
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(2), CancellationToken.None);

        Assert.Equal(["Rejected", "Accepted"], Cases(outcomes));
        Assert.Equal(["", "Subject: 2\r\n\r\nHalo\r\n"], server.Contents.Select(Encoding.UTF8.GetString));
    }

    [Theory]
    [MemberData(nameof(BothWays))]
    public async Task Connection_lost_between_final_dot_and_reply_is_unknown_for_that_message_only(bool pipelining)
    {
        await using var server = new ScriptedSmtpServer(pipelining ? Pipelining : NoPipelining)
        {
            Script = e => e.Name == "CONTENT" && e.Occurrence == 2 ? new ScriptedReply(null) : null,
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(4), CancellationToken.None);

        Assert.Equal(["Accepted", "Unknown", "Deferred", "Deferred"], Cases(outcomes));
        Assert.All(outcomes.Skip(2), o => Assert.Null(Assert.IsType<SmtpOutcome.Deferred>(o).Reply));
        Assert.False(connection.IsUsable);
    }

    [Theory]
    [InlineData("MAIL", true)]
    [InlineData("RCPT", true)]
    [InlineData("DATA", true)]
    [InlineData("MAIL", false)]
    [InlineData("RCPT", false)]
    [InlineData("DATA", false)]
    public async Task Connection_lost_before_the_content_is_never_unknown(string stage, bool pipelining)
    {
        await using var server = new ScriptedSmtpServer(pipelining ? Pipelining : NoPipelining)
        {
            Script = e => e.Name == stage && e.Occurrence == 2 ? new ScriptedReply(null) : null,
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(3), CancellationToken.None);

        // The first message's reply was sent before the connection went, so its fate is known.
        Assert.Equal(["Accepted", "Deferred", "Deferred"], Cases(outcomes));
        Assert.Single(server.Contents);
    }

    [Fact]
    public async Task Connection_lost_in_the_middle_of_a_large_content_is_deferred_not_unknown()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            client.ReceiveBufferSize = 4096;
            var stream = client.GetStream();
            var buffer = new byte[4096];
            foreach (var reply in new[] { "220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n" })
            {
                if (reply[..3] != "220") _ = await stream.ReadAsync(buffer);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(reply));
            }
            _ = await stream.ReadAsync(buffer);
            client.Client.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        });
        await using var connection = await ConnectAsync(new SmtpOptions { Host = "localhost", Port = port, Security = SmtpSecurity.None });
        var body = string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 400_000));

        var outcomes = await connection.SendBatchAsync([Message(1, body)], CancellationToken.None);

        var deferred = Assert.IsType<SmtpOutcome.Deferred>(outcomes[0]);
        Assert.Equal(SmtpStage.Data, deferred.Stage);
        await serving;
    }

    [Fact]
    public async Task A_421_after_the_final_dot_defers_because_it_is_an_answer()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "CONTENT" && e.Occurrence == 2 ? new ScriptedReply("421 4.7.0 too many messages") : null,
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(4), CancellationToken.None);

        Assert.Equal(["Accepted", "Deferred", "Deferred", "Deferred"], Cases(outcomes));
        Assert.All(outcomes.Skip(1), o => Assert.Equal(421, Assert.IsType<SmtpOutcome.Deferred>(o).Reply!.Code));
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public async Task No_reply_to_the_final_dot_in_time_is_unknown()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 late", TimeSpan.FromSeconds(30)) : null,
        };
        var options = Options(server);
        await using var connection = await ConnectAsync(options with { Timeouts = options.Timeouts with { DataTermination = TimeSpan.FromMilliseconds(200) } });

        var outcomes = await connection.SendBatchAsync(Messages(2), CancellationToken.None);

        Assert.Equal(["Unknown", "Deferred"], Cases(outcomes));
    }

    [Fact]
    public async Task A_server_that_drips_its_reply_byte_by_byte_runs_into_the_timeout_of_the_whole_reply()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            try
            {
                foreach (var one in Encoding.ASCII.GetBytes("220 " + new string('x', 400)))
                {
                    await client.GetStream().WriteAsync(new[] { one });
                    await Task.Delay(50);
                }
            }
            catch (IOException)
            {
                // The client gave up, as it should.
            }
        });
        var clock = Stopwatch.StartNew();

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(new SmtpOptions
        {
            Host = "localhost", Port = port, Security = SmtpSecurity.None, Timeouts = new SmtpTimeouts { Greeting = TimeSpan.FromMilliseconds(500) },
        }));

        Assert.Equal(SmtpFailure.TimedOut, e.Failure);
        Assert.True(e.IsTransient);
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(5));
        await serving;
    }

    [Fact]
    public async Task Replies_in_one_byte_packets_and_many_lines_are_read_whole()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            OneBytePackets = true,
            Script = e => e.Name == "CONTENT" ? new ScriptedReply("250-2.0.0 queued\r\n250-2.0.0 as\r\n250 2.0.0 A1") : null,
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(3), CancellationToken.None);

        Assert.All(outcomes, o => Assert.Equal(["2.0.0 queued", "2.0.0 as", "2.0.0 A1"], Assert.IsType<SmtpOutcome.Accepted>(o).Reply.Lines));
    }

    [Fact]
    public async Task A_server_that_answers_before_it_is_asked_is_not_believed()
    {
        // A 250 too many would make every later outcome that of another message.
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "DATA" && e.Occurrence == 1 ? new ScriptedReply("354 go on\r\n250 2.0.0 queued") : null,
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(2), CancellationToken.None);

        Assert.Equal(["Deferred", "Deferred"], Cases(outcomes));
        Assert.Empty(server.Contents);
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public async Task A_positive_non_250_reply_at_the_end_of_data_accepts_and_a_3xx_leaves_it_unknown()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "CONTENT" ? new ScriptedReply(e.Occurrence == 1 ? "252 2.0.0 fine" : "354 what?") : null,
        };
        await using var connection = await ConnectAsync(server);

        Assert.Equal(["Accepted", "Unknown", "Deferred"], Cases(await connection.SendBatchAsync(Messages(3), CancellationToken.None)));
    }

    [Fact]
    public async Task Cancellation_keeps_the_outcomes_of_what_is_on_the_wire_and_starts_nothing_more()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e =>
            {
                if (e.Name == "CONTENT" && e.Occurrence == 3) cancellation.Cancel();
                return null;
            },
        };
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync(Messages(20), cancellation.Token);

        // The envelope of the fourth was on its way with the content of the third, so the fourth is finished too.
        Assert.Equal(["Accepted", "Accepted", "Accepted", "Accepted"], Cases(outcomes).Take(4));
        Assert.All(outcomes.Skip(4), o => Assert.IsType<SmtpOutcome.Deferred>(o));
        Assert.Equal(4, server.Contents.Count);
        Assert.True(connection.IsUsable);
        Assert.Equal(["Accepted"], Cases(await connection.SendBatchAsync([Message(21)], CancellationToken.None)));
    }

    [Fact]
    public async Task Cancellation_waits_no_longer_than_the_drain_time()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e =>
            {
                if (e.Name != "CONTENT") return null;
                cancellation.Cancel();
                return new ScriptedReply("250 2.0.0 late", TimeSpan.FromSeconds(30));
            },
        };
        var options = Options(server);
        await using var connection = await ConnectAsync(options with { Timeouts = options.Timeouts with { Drain = TimeSpan.FromMilliseconds(200) } });
        var clock = Stopwatch.StartNew();

        var outcomes = await connection.SendBatchAsync(Messages(3), cancellation.Token);

        Assert.Equal(["Unknown", "Deferred", "Deferred"], Cases(outcomes));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_drain_time_is_for_all_that_is_on_the_wire_together()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e =>
            {
                if (e.Name == "CONTENT" && e.Occurrence == 1) cancellation.Cancel();
                return e.Name == "CONTENT" && e.Occurrence == 2 ? new ScriptedReply("250 2.0.0 late", TimeSpan.FromSeconds(5)) : null;
            },
        };
        var options = Options(server);
        await using var connection = await ConnectAsync(options with { Timeouts = options.Timeouts with { Drain = TimeSpan.FromMilliseconds(500) } });

        Assert.Equal(["Accepted", "Unknown", "Deferred"], Cases(await connection.SendBatchAsync(Messages(3), cancellation.Token)));
    }

    [Fact]
    public async Task A_cancelled_batch_that_drained_in_time_leaves_no_deadline_behind()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e =>
            {
                if (e.Name == "CONTENT" && e.Occurrence == 1) cancellation.Cancel();
                return null;
            },
        };
        var options = Options(server);
        await using var connection = await ConnectAsync(options with { Timeouts = options.Timeouts with { Drain = TimeSpan.FromMilliseconds(500) } });
        await connection.SendBatchAsync(Messages(3), cancellation.Token);

        await Task.Delay(TimeSpan.FromMilliseconds(700));

        Assert.Equal(["Accepted"], Cases(await connection.SendBatchAsync([Message(4)], CancellationToken.None)));
    }

    [Fact]
    public async Task What_the_server_said_it_cannot_take_is_refused_without_asking_it()
    {
        await using var server = new ScriptedSmtpServer("PIPELINING", "SIZE 100");
        await using var connection = await ConnectAsync(server);
        var eightBit = new SmtpMessage("a@sender.test", "b@example.com", "Subject: x\r\n\r\nhé\r\n"u8.ToArray());
        var internationalRecipient = new SmtpMessage("a@sender.test", "péte@example.com", "Subject: x\r\n\r\nx\r\n"u8.ToArray());

        var outcomes = await connection.SendBatchAsync([Message(1, new string('x', 200)), eightBit, internationalRecipient, Message(4)], CancellationToken.None);

        Assert.Equal(["Rejected", "Rejected", "Rejected", "Accepted"], Cases(outcomes));
        Assert.Equal(["5.3.4", "5.6.3", "5.6.7"], outcomes.OfType<SmtpOutcome.Rejected>().Select(r => r.Reply.EnhancedCode));
        Assert.Equal(1, server.CountOf("MAIL"));
    }

    [Fact]
    public async Task Parameters_of_MAIL_follow_what_the_server_offered_and_the_message_needs()
    {
        await using var server = new ScriptedSmtpServer("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8");
        await using var connection = await ConnectAsync(server);
        var plain = "Subject: x\r\n\r\nx\r\n"u8.ToArray();

        await connection.SendBatchAsync(
        [
            new SmtpMessage("", "b@example.com", plain),
            new SmtpMessage("a@sender.test", "b@bücher.example", plain),
            new SmtpMessage("a@sender.test", "用户@example.com", plain),
            new SmtpMessage("a@sender.test", "b@example.com", "Subject: x\r\n\r\nhé\r\n"u8.ToArray()),
        ], CancellationToken.None);

        Assert.Equal(
            ["MAIL FROM:<> SIZE=17", "MAIL FROM:<a@sender.test> SIZE=17", "MAIL FROM:<a@sender.test> SIZE=17 SMTPUTF8", "MAIL FROM:<a@sender.test> SIZE=19 BODY=8BITMIME"],
            server.Commands.Where(c => c.StartsWith("MAIL", StringComparison.Ordinal)));
        Assert.Equal(
            ["RCPT TO:<b@example.com>", "RCPT TO:<b@xn--bcher-kva.example>", "RCPT TO:<用户@example.com>", "RCPT TO:<b@example.com>"],
            server.Commands.Where(c => c.StartsWith("RCPT", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_batches_at_once_on_one_connection_are_refused()
    {
        await using var server = new ScriptedSmtpServer(Pipelining)
        {
            Script = e => e.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 slow", TimeSpan.FromMilliseconds(300)) : null,
        };
        await using var connection = await ConnectAsync(server);

        var first = connection.SendBatchAsync(Messages(1), CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => connection.SendBatchAsync(Messages(1), CancellationToken.None));

        Assert.Equal(["Accepted"], Cases(await first));
    }
}

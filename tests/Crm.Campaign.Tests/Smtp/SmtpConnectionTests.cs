using Crm.Campaign.Sender.Smtp;
using static Crm.Campaign.Tests.Smtp.SmtpTest;

namespace Crm.Campaign.Tests.Smtp;

public sealed class SmtpConnectionTests
{
    [Fact]
    public async Task Capabilities_are_read_from_the_answer_to_EHLO()
    {
        await using var server = new ScriptedSmtpServer("pipelining", "SIZE 35882577", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH PLAIN login", "AUTH=XOLD", "CHUNKING");
        await using var connection = await ConnectAsync(server);

        var offered = connection.Capabilities;
        Assert.True(offered is { Pipelining: true, EightBitMime: true, SmtpUtf8: true, EnhancedStatusCodes: true, StartTls: true, Size: true, MaxMessageSize: 35882577 });
        Assert.Equal(["LOGIN", "PLAIN", "XOLD"], offered.AuthMechanisms.Order());
        Assert.Equal("EHLO client.test", server.Commands.First());
    }

    [Fact]
    public async Task A_server_without_EHLO_gets_HELO_and_one_command_at_a_time()
    {
        await using var server = new ScriptedSmtpServer("PIPELINING") { Script = e => e.Name == "EHLO" ? new ScriptedReply("502 5.5.1 what?") : null };
        await using var connection = await ConnectAsync(server);

        Assert.Equal(["Accepted", "Accepted"], Cases(await connection.SendBatchAsync(Messages(2), CancellationToken.None)));
        Assert.Equal(["EHLO client.test", "HELO client.test"], server.Commands.Take(2));
        Assert.Contains("MAIL FROM:<bounce@sender.test>", server.Commands);
        Assert.Equal(0, server.PipelinedCommands);
    }

    [Theory]
    [InlineData("GREETING", "554 5.7.1 not you", false)]
    [InlineData("GREETING", "421 4.3.2 busy", true)]
    [InlineData("EHLO", "550 5.7.1 not you", false)]
    [InlineData("EHLO", "451 4.3.0 later", true)]
    public async Task A_refused_connection_says_whether_to_come_back(string stage, string reply, bool transient)
    {
        await using var server = new ScriptedSmtpServer { Script = e => e.Name == stage ? new ScriptedReply(reply) : null };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(server));

        Assert.Equal(SmtpFailure.Refused, e.Failure);
        Assert.Equal(transient, e.IsTransient);
        Assert.Equal(reply, e.Reply!.ToString());
        Assert.Equal(0, server.CountOf("HELO"));
    }

    [Fact]
    public async Task Nobody_listening_is_a_transient_failure()
    {
        var server = new ScriptedSmtpServer();
        var options = Options(server);
        await server.DisposeAsync();

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(options));

        Assert.Equal(SmtpFailure.Unreachable, e.Failure);
        Assert.True(e.IsTransient);
    }

    [Fact]
    public async Task A_cancelled_connect_throws_OperationCanceledException()
    {
        await using var server = new ScriptedSmtpServer { Script = e => e.Name == "GREETING" ? new ScriptedReply("220 late", TimeSpan.FromSeconds(30)) : null };
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SmtpConnection.ConnectAsync(Options(server), TimeProvider.System, cancellation.Token));
    }

    [Theory]
    [InlineData("hello there")]
    [InlineData("2X0 hi")]
    [InlineData("999 hi")]
    [InlineData("220\thi")]
    public async Task A_greeting_that_is_no_reply_is_a_protocol_violation(string greeting)
    {
        await using var server = new ScriptedSmtpServer();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(greeting + "\r\n"));
            _ = await client.GetStream().ReadAsync(new byte[16]);
        });

        var options = Options(server) with { Port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port };
        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(options));

        Assert.Equal(SmtpFailure.ProtocolViolation, e.Failure);
        await serving;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reply_without_end_is_given_up(bool manyLines)
    {
        var endless = manyLines ? string.Concat(Enumerable.Repeat("250-x\r\n", 1_000)) + "250 x" : "250 " + new string('x', 100_000);
        await using var server = new ScriptedSmtpServer { Script = e => e.Name == "EHLO" ? new ScriptedReply(endless) : null };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(server));

        Assert.Equal(SmtpFailure.ProtocolViolation, e.Failure);
    }

    [Fact]
    public async Task NOOP_tells_a_living_connection_from_a_dead_one_and_QUIT_ends_it()
    {
        await using var server = new ScriptedSmtpServer { Script = e => e.Name == "NOOP" && e.Occurrence == 2 ? new ScriptedReply(null) : null };
        var living = await ConnectAsync(server);
        Assert.True(await living.CheckAsync(CancellationToken.None));
        await living.DisposeAsync();
        Assert.Equal("QUIT", server.Commands.Last());

        await using var dead = await ConnectAsync(server);
        Assert.False(await dead.CheckAsync(CancellationToken.None));
        Assert.False(dead.IsUsable);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "AUTH PLAIN ")]
    [InlineData("AUTH LOGIN", "AUTH LOGIN")]
    public async Task Signs_in_with_the_mechanism_the_server_offers(string offer, string command)
    {
        await using var server = new ScriptedSmtpServer(offer) { Credentials = ("pengirim", "rahasia-ß") };
        var options = Options(server) with { UserName = "pengirim", Password = "rahasia-ß", AllowPlaintextAuthentication = true };

        await using var connection = await ConnectAsync(options);

        Assert.StartsWith(command, server.Commands.Single(c => c.StartsWith("AUTH", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(["Accepted"], Cases(await connection.SendBatchAsync([Message(1)], CancellationToken.None)));
    }

    [Fact]
    public async Task A_wrong_password_is_permanent_and_never_in_the_message()
    {
        await using var server = new ScriptedSmtpServer("AUTH PLAIN") { Credentials = ("pengirim", "right") };
        var options = Options(server) with { UserName = "pengirim", Password = "salah-sekali", AllowPlaintextAuthentication = true };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(options));

        Assert.Equal((SmtpFailure.AuthenticationFailed, 535, false), (e.Failure, e.Reply!.Code, e.IsTransient));
        Assert.DoesNotContain("salah-sekali", e.ToString() + options, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_does_not_leave_over_an_unencrypted_connection()
    {
        await using var server = new ScriptedSmtpServer("AUTH PLAIN");
        var options = Options(server) with { Security = SmtpSecurity.StartTls, UserName = "pengirim", Password = "rahasia" };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(options));

        Assert.Equal(SmtpFailure.AuthenticationFailed, e.Failure);
        Assert.Equal(0, server.CountOf("AUTH"));
    }

    [Fact]
    public void Wrong_options_are_named_one_by_one()
    {
        var options = new SmtpOptions
        {
            Host = "", Port = 0, Security = SmtpSecurity.None, UserName = "a", Password = "b", ClientName = "x\r\nMAIL FROM:<a@b.c>",
            TrustedCertificateAuthorities = "/does/not/exist.pem", MaxConnections = 0, MaxMessagesPerConnection = 0,
            IdleLifetime = TimeSpan.Zero, Timeouts = new SmtpTimeouts { Quit = TimeSpan.Zero },
        };

        Assert.Equal(
            ["Host", "Port", "Security", "ClientName", "TrustedCertificateAuthorities", "MaxConnections", "MaxMessagesPerConnection", "IdleLifetime", "Timeouts"],
            options.Faults().Select(f => f.Split(' ')[0]));
        Assert.Throws<ArgumentException>(() => new SmtpConnectionPool(options, TimeProvider.System));
        Assert.Empty(new SmtpOptions { Host = "relay.example" }.Faults());
    }
}

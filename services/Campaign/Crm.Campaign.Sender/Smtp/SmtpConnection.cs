using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// An open, greeted, where asked encrypted and authenticated connection to a relay. Use by one caller at a time;
/// dispose with QUIT. Once <see cref="IsUsable"/> is false only disposing is left.
/// </summary>
public sealed class SmtpConnection : IAsyncDisposable
{
    private readonly SmtpTransport transport;
    private readonly SmtpOptions options;
    private int busy;

    private SmtpConnection(SmtpTransport transport, SmtpOptions options) => (this.transport, this.options) = (transport, options);

    public SmtpCapabilities Capabilities { get; private set; } = SmtpCapabilities.None;

    public bool IsEncrypted => transport.IsEncrypted;

    public bool IsUsable => !transport.IsBroken;

    /// <summary>Messages given to this connection so far, whatever their outcome.</summary>
    public int MessageCount { get; private set; }

    /// <summary>Connects, greets, secures and authenticates.</summary>
    /// <exception cref="SmtpConnectionException">No connection; nothing was sent.</exception>
    public static async Task<SmtpConnection> ConnectAsync(SmtpOptions options, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        options.EnsureValid();
        SmtpTransport? transport = null;
        try
        {
            transport = await SmtpTransport.ConnectAsync(options, timeProvider, cancellationToken);
            var connection = new SmtpConnection(transport, options);
            using (transport.StopOn(TimeSpan.Zero, cancellationToken)) await connection.OpenAsync();
            return connection;
        }
        catch (Exception e)
        {
            if (transport is not null) await transport.DisposeAsync();
            if (e is SmtpConnectionException) cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>
    /// Sends the messages in order and says of each what became of it; the list runs parallel to <paramref name="messages"/>.
    /// Cancellation starts no further message, waits at most <see cref="SmtpTimeouts.Drain"/> for those on the wire, and
    /// does not throw: the outcomes already known must not be lost.
    /// </summary>
    /// <exception cref="InvalidOperationException">Two batches at the same time.</exception>
    public async Task<IReadOnlyList<SmtpOutcome>> SendBatchAsync(IReadOnlyList<SmtpMessage> messages, CancellationToken cancellationToken)
    {
        using var turn = Enter();
        using var stop = transport.StopOn(options.Timeouts.Drain, cancellationToken);
        MessageCount += messages.Count;
        return await new SmtpBatch(transport, Capabilities, options.Timeouts, messages).RunAsync(cancellationToken);
    }

    /// <summary>NOOP: is the server still there and in step?</summary>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        using var turn = Enter();
        if (!IsUsable || transport.HasUnreadInput) return false;
        try
        {
            using (transport.StopOn(TimeSpan.Zero, cancellationToken))
                return (await CommandAsync("NOOP", options.Timeouts.Connect)).IsPositive;
        }
        catch (SmtpConnectionException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>QUIT where the connection still stands, then close.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (IsUsable) await CommandAsync("QUIT", options.Timeouts.Quit);
        }
        catch (SmtpConnectionException)
        {
            // Closing anyway: whether the server said good-bye changes nothing.
        }
        finally
        {
            await transport.DisposeAsync();
        }
    }

    private async Task OpenAsync()
    {
        if (options.Security == SmtpSecurity.Tls) await transport.UpgradeToTlsAsync(options);
        Require(await transport.ReadReplyAsync(options.Timeouts.Greeting), 220, "The server refused the connection");
        await GreetAsync();
        if (options.Security is SmtpSecurity.StartTls or SmtpSecurity.StartTlsRequired) await StartTlsAsync();
        if (options.UserName is not null) await AuthenticateAsync(options.UserName, options.Password!);
    }

    private async Task GreetAsync()
    {
        var reply = await CommandAsync($"EHLO {options.ClientName}", options.Timeouts.Command);
        if (reply.Code == 250)
        {
            Capabilities = SmtpCapabilities.Parse(reply);
            return;
        }
        // Only "I do not know EHLO" leads to HELO; 4xx and refusals of the client stand (RFC 5321 section 3.2).
        if (reply.Code is 500 or 501 or 502 or 504) reply = await CommandAsync($"HELO {options.ClientName}", options.Timeouts.Command);
        Require(reply, 250, "The server refused the greeting");
        Capabilities = SmtpCapabilities.None;
    }

    private async Task StartTlsAsync()
    {
        var required = options.Security == SmtpSecurity.StartTlsRequired;
        if (!Capabilities.StartTls)
        {
            if (required) throw transport.Break(SmtpFailure.TlsFailed, "The server does not offer STARTTLS");
            return;
        }
        var reply = await CommandAsync("STARTTLS", options.Timeouts.Command);
        if (reply.Code == 220)
        {
            await transport.UpgradeToTlsAsync(options);
            // What was offered in clear may have been forged: ask again (RFC 3207 section 4.2).
            await GreetAsync();
        }
        else if (required)
        {
            throw transport.Break(SmtpFailure.TlsFailed, "The server refused STARTTLS", reply);
        }
    }

    private async Task AuthenticateAsync(string userName, string password)
    {
        if (!IsEncrypted && !options.AllowPlaintextAuthentication)
            throw transport.Break(SmtpFailure.AuthenticationFailed, "The connection is not encrypted, so the password is not sent");
        SmtpReply reply;
        if (Capabilities.AuthMechanisms.Contains("PLAIN"))
        {
            reply = await CommandAsync($"AUTH PLAIN {Base64($"\0{userName}\0{password}")}", options.Timeouts.Command);
        }
        else if (Capabilities.AuthMechanisms.Contains("LOGIN"))
        {
            reply = await CommandAsync("AUTH LOGIN", options.Timeouts.Command);
            if (reply.Code == 334) reply = await CommandAsync(Base64(userName), options.Timeouts.Command);
            if (reply.Code == 334) reply = await CommandAsync(Base64(password), options.Timeouts.Command);
        }
        else
        {
            throw transport.Break(SmtpFailure.AuthenticationFailed, "The server offers neither AUTH PLAIN nor AUTH LOGIN");
        }
        if (reply.Code != 235) throw transport.Break(SmtpFailure.AuthenticationFailed, "The server refused the sign-in", reply);
    }

    private async ValueTask<SmtpReply> CommandAsync(string command, TimeSpan timeout)
    {
        transport.Append(command + "\r\n");
        await transport.FlushAsync(timeout);
        return await transport.ReadReplyAsync(timeout);
    }

    private void Require(SmtpReply reply, int code, string message)
    {
        if (reply.Code != code) throw transport.Break(SmtpFailure.Refused, message, reply);
    }

    private Turn Enter() => Interlocked.Exchange(ref busy, 1) == 0 ? new Turn(this) : throw new InvalidOperationException("The connection is in use.");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private readonly struct Turn(SmtpConnection connection) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref connection.busy, 0);
    }
}

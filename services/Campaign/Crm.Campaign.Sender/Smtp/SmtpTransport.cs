using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// The byte stream under a connection: buffered writing, replies parsed, every wait under one deadline. Any fault
/// breaks it for good and surfaces as <see cref="SmtpConnectionException"/>. Not for concurrent use.
/// </summary>
internal sealed class SmtpTransport : IAsyncDisposable
{
    // RFC 5321 allows 512 octets and any number of lines; a server that sends without end must not eat the memory.
    private const int MaxReplyLineLength = 4_096;
    private const int MaxReplyLines = 128;

    private readonly Socket socket;
    private readonly TimeProvider timeProvider;
    private readonly CancellationTokenSource deadline;
    private readonly byte[] input = new byte[MaxReplyLineLength];
    private readonly ArrayBufferWriter<byte> output = new(16 * 1024);
    private Stream stream;
    private int inputStart;
    private int inputEnd;
    private long stopAt = long.MaxValue;

    private SmtpTransport(Socket socket, TimeProvider timeProvider, TimeSpan connectTimeout)
    {
        this.socket = socket;
        this.timeProvider = timeProvider;
        stream = Stream.Null;
        deadline = new CancellationTokenSource(connectTimeout, timeProvider);
    }

    public bool IsBroken { get; private set; }

    public bool IsEncrypted => stream is SslStream;

    /// <summary>Octets received that no reply was read from: between commands a sign that the server is out of step.</summary>
    public bool HasUnreadInput => inputStart < inputEnd;

    public IBufferWriter<byte> Output => output;

    public static async Task<SmtpTransport> ConnectAsync(SmtpOptions options, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var transport = new SmtpTransport(socket, timeProvider, options.Timeouts.Connect);
        try
        {
            using (transport.StopOn(TimeSpan.Zero, cancellationToken))
                await transport.GuardAsync(SmtpFailure.Unreachable, $"Connecting to {options.Host}:{options.Port}", async token =>
                {
                    await socket.ConnectAsync(options.Host, options.Port, token);
                    transport.stream = new NetworkStream(socket, ownsSocket: true);
                });
            return transport;
        }
        catch
        {
            await transport.DisposeAsync();
            throw;
        }
    }

    /// <summary>Until disposed, cancellation leaves everything that follows at most <paramref name="grace"/> altogether.</summary>
    public StopRegistration StopOn(TimeSpan grace, CancellationToken cancellationToken) =>
        new(this, cancellationToken.UnsafeRegister(_ =>
        {
            Volatile.Write(ref stopAt, timeProvider.GetTimestamp() + (long)(grace.TotalSeconds * timeProvider.TimestampFrequency));
            if (grace == TimeSpan.Zero) deadline.Cancel();
            else deadline.CancelAfter(grace);
        }, null));

    /// <exception cref="SmtpConnectionException">The certificate is not trusted or TLS failed otherwise.</exception>
    public async Task UpgradeToTlsAsync(SmtpOptions options)
    {
        // Whatever came in clear after the reply to STARTTLS was not sent by the authenticated peer (RFC 3207 section 6).
        if (HasUnreadInput) throw Break(SmtpFailure.ProtocolViolation, "The server sent data in clear after its reply to STARTTLS");
        var authorities = options.LoadTrustedAuthorities();
        var policy = new X509ChainPolicy { RevocationMode = options.RevocationMode };
        if (authorities.Count > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }
        var tls = new SslStream(stream);
        stream = tls;
        Arm(options.Timeouts.Command);
        await GuardAsync(SmtpFailure.TlsFailed, "TLS handshake", token => new ValueTask(tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = options.Host, CertificateChainPolicy = policy }, token)));
    }

    public void Append(string text) => Encoding.UTF8.GetBytes(text, output);

    public async ValueTask FlushAsync(TimeSpan timeout)
    {
        if (output.WrittenCount == 0) return;
        Arm(timeout);
        try
        {
            await GuardAsync(SmtpFailure.ConnectionLost, "Writing to the server", token => stream.WriteAsync(output.WrittenMemory, token));
        }
        finally
        {
            output.ResetWrittenCount();
        }
    }

    /// <summary>One reply, all its lines, within the timeout as a whole.</summary>
    /// <exception cref="SmtpConnectionException">
    /// Also for 421, with its reply: the server is closing the connection, so no later reply will come.
    /// </exception>
    public async ValueTask<SmtpReply> ReadReplyAsync(TimeSpan timeout)
    {
        Arm(timeout);
        List<string>? lines = null;
        while (true)
        {
            var length = await ReadLineAsync();
            var line = input.AsSpan(inputStart, length);
            inputStart += length;
            line = line.TrimEnd("\r\n"u8);
            if (!TryParseCode(line, out var code)) throw Break(SmtpFailure.ProtocolViolation, "The server sent a line that is no reply");
            lines ??= [];
            if (lines.Count == MaxReplyLines) throw Break(SmtpFailure.ProtocolViolation, "The server sent a reply without end");
            lines.Add(Printable(line.Length > 4 ? line[4..] : []));
            if (line.Length > 3 && line[3] == (byte)'-') continue;
            deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            var reply = SmtpReply.FromLines(code, lines);
            return reply.IsClosing ? throw Break(SmtpFailure.Refused, "The server closes the connection", reply) : reply;
        }
    }

    public SmtpConnectionException Break(SmtpFailure failure, string message, SmtpReply? reply = null, Exception? inner = null)
    {
        IsBroken = true;
        return new SmtpConnectionException(failure, message, reply, inner);
    }

    public async ValueTask DisposeAsync()
    {
        IsBroken = true;
        await stream.DisposeAsync();
        socket.Dispose();
        deadline.Dispose();
    }

    private async ValueTask<int> ReadLineAsync()
    {
        var searched = 0;
        while (true)
        {
            var end = input.AsSpan(inputStart + searched, inputEnd - inputStart - searched).IndexOf((byte)'\n');
            if (end >= 0) return searched + end + 1;
            searched = inputEnd - inputStart;
            if (searched == input.Length) throw Break(SmtpFailure.ProtocolViolation, "The server sent a line without end");
            input.AsSpan(inputStart, searched).CopyTo(input);
            (inputStart, inputEnd) = (0, searched);
            var read = 0;
            await GuardAsync(SmtpFailure.ConnectionLost, "Waiting for the server's reply", async token =>
                read = await stream.ReadAsync(input.AsMemory(inputEnd), token));
            if (read == 0) throw Break(SmtpFailure.ConnectionLost, "The server closed the connection without a reply");
            inputEnd += read;
        }
    }

    private bool IsStopping => Volatile.Read(ref stopAt) != long.MaxValue;

    private void Arm(TimeSpan timeout)
    {
        deadline.CancelAfter(timeout);
        // Looked at after arming: a cancellation in between has set its own, shorter time, which the line above undid.
        if (!IsStopping) return;
        var left = timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), Volatile.Read(ref stopAt));
        if (left < timeout) deadline.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private void Disarm()
    {
        Volatile.Write(ref stopAt, long.MaxValue);
        if (deadline.IsCancellationRequested) IsBroken = true;
        else deadline.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    private async ValueTask GuardAsync(SmtpFailure failure, string activity, Func<CancellationToken, ValueTask> action)
    {
        if (IsBroken) throw new SmtpConnectionException(SmtpFailure.ConnectionLost, $"{activity}: the connection is broken already");
        try
        {
            await action(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            throw Break(SmtpFailure.TimedOut, IsStopping ? $"{activity} was cancelled" : $"{activity} took too long", inner: e);
        }
        catch (AuthenticationException e)
        {
            throw Break(SmtpFailure.TlsFailed, $"{activity}: {e.Message}", inner: e);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            throw Break(failure, $"{activity}: {e.Message}", inner: e);
        }
    }

    private static bool TryParseCode(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        if (line.Length < 3 || (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-'))) return false;
        foreach (var digit in line[..3])
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            code = code * 10 + digit - '0';
        }
        return code is >= 200 and <= 599;
    }

    /// <summary>Replies end up in logs and on screens: controls become '?'.</summary>
    private static string Printable(ReadOnlySpan<byte> text) =>
        string.Create(Encoding.UTF8.GetCharCount(text), text, static (target, source) =>
        {
            Encoding.UTF8.GetChars(source, target);
            foreach (ref var c in target)
                if (char.IsControl(c)) c = '?';
        });

    internal readonly struct StopRegistration(SmtpTransport transport, CancellationTokenRegistration registration) : IDisposable
    {
        public void Dispose()
        {
            registration.Dispose();
            transport.Disarm();
        }
    }
}

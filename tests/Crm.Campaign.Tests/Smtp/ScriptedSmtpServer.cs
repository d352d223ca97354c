using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Crm.Campaign.Tests.Smtp;

/// <summary>Where a scripted reply applies; <see cref="Name"/> is the verb, "GREETING" or "CONTENT" (after the final dot).</summary>
/// <param name="Occurrence">Counted from 1 over the whole life of the server.</param>
public readonly record struct ServerEvent(string Name, int Occurrence, string Line);

/// <summary>Reply null closes the connection instead of replying.</summary>
public readonly record struct ScriptedReply(string? Text, TimeSpan Delay = default);

/// <summary>
/// A server that does what a test tells it to. It sends what it has to say only when it has read all that came, so the
/// number of times it turns from writing to reading is the number of round trips the client made it wait for.
/// </summary>
public sealed class ScriptedSmtpServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentBag<Task> sessions = [];
    private readonly ConcurrentDictionary<string, int> occurrences = new();
    private readonly Task accepting;
    private int pipelinedCommands;
    private int turns;
    private int connections;
    private int openConnections;
    private int mostOpenConnections;

    public ScriptedSmtpServer(params string[] capabilities)
    {
        Capabilities = capabilities;
        listener.Start();
        accepting = AcceptAsync();
    }

    public IReadOnlyList<string> Capabilities { get; set; }
    public Func<ServerEvent, ScriptedReply?> Script { get; set; } = _ => null;
    public X509Certificate2? Certificate { get; set; }
    public bool ImplicitTls { get; set; }
    public (string User, string Password)? Credentials { get; set; }
    public bool OneBytePackets { get; set; }

    /// <summary>Sent in clear right behind the 220 to STARTTLS, as one who injects commands would.</summary>
    public string? InjectAfterStartTls { get; set; }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;
    public ConcurrentQueue<string> Commands { get; } = [];

    /// <summary>The content as it came over the wire: still dot-stuffed, without the final ".CRLF".</summary>
    public ConcurrentQueue<byte[]> WireContents { get; } = [];

    /// <summary>Commands that were followed by further input before they were answered.</summary>
    public int PipelinedCommands => Volatile.Read(ref pipelinedCommands);

    public int Turns => Volatile.Read(ref turns);
    public int Connections => Volatile.Read(ref connections);
    public int OpenConnections => Volatile.Read(ref openConnections);
    public int MostOpenConnections => Volatile.Read(ref mostOpenConnections);

    /// <summary>Content with the dots taken out again, written independently of the client.</summary>
    public IReadOnlyList<byte[]> Contents => [.. WireContents.Select(wire =>
    {
        var text = Encoding.Latin1.GetString(wire);
        if (text.StartsWith('.')) text = text[1..];
        return Encoding.Latin1.GetBytes(text.Replace("\r\n.", "\r\n", StringComparison.Ordinal));
    })];

    public int CountOf(string verb) => Commands.Count(c => c.StartsWith(verb, StringComparison.OrdinalIgnoreCase));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(sessions);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                sessions.Add(RunAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task RunAsync(TcpClient client)
    {
        Interlocked.Increment(ref connections);
        var open = Interlocked.Increment(ref openConnections);
        InterlockedMax(ref mostOpenConnections, open);
        using (client)
        {
            client.NoDelay = true;
            var session = new Session(this, client.GetStream(), stop.Token);
            try
            {
                await session.RunAsync();
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The client left or refused the certificate: the client's side of the test asserts on it.
            }
        }
        Interlocked.Decrement(ref openConnections);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    private sealed class Session(ScriptedSmtpServer server, Stream stream, CancellationToken stop)
    {
        private readonly byte[] input = new byte[64 * 1024];
        private readonly StringBuilder replies = new();
        private int start;
        private int end;
        private bool mail;
        private bool recipient;
        private bool secured;

        public async Task RunAsync()
        {
            if (server.ImplicitTls) await SecureAsync();
            if (!await ReplyAsync("GREETING", "", "220 scripted.test ESMTP")) return;
            while (await ReadLineAsync() is { } bytes)
            {
                var line = Encoding.UTF8.GetString(bytes);
                server.Commands.Enqueue(line);
                if (start < end) Interlocked.Increment(ref server.pipelinedCommands);
                if (!await HandleAsync(line)) return;
            }
        }

        private async Task<bool> HandleAsync(string line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    (mail, recipient) = (false, false);
                    var offered = secured ? server.Capabilities.Where(c => c != "STARTTLS").ToArray() : [.. server.Capabilities];
                    var lines = new[] { "scripted.test" }.Concat(offered).ToArray();
                    return await ReplyAsync(verb, line, string.Join("\r\n", lines.Select((text, i) => $"250{(i == lines.Length - 1 ? ' ' : '-')}{text}")));
                case "HELO":
                    return await ReplyAsync(verb, line, "250 scripted.test");
                case "STARTTLS":
                    if (!await ReplyAsync(verb, line, "220 2.0.0 go ahead" + (server.InjectAfterStartTls is { } injected ? "\r\n" + injected : ""))) return false;
                    await FlushAsync();
                    await SecureAsync();
                    return true;
                case "AUTH":
                    return await AuthenticateAsync(line);
                case "MAIL":
                    return await ReplyAsync(verb, line, "250 2.1.0 sender ok", ok => mail = ok);
                case "RCPT":
                    return await ReplyAsync(verb, line, mail ? "250 2.1.5 recipient ok" : "503 5.5.1 MAIL first", ok => recipient |= ok);
                case "DATA":
                    var content = false;
                    if (!await ReplyAsync(verb, line, recipient ? "354 go on" : "503 5.5.1 RCPT first", _ => { }, code => content = code == 354)) return false;
                    return !content || await ReceiveContentAsync();
                case "RSET":
                    (mail, recipient) = (false, false);
                    return await ReplyAsync(verb, line, "250 2.0.0 reset");
                case "NOOP":
                    return await ReplyAsync(verb, line, "250 2.0.0 ok");
                case "QUIT":
                    await ReplyAsync(verb, line, "221 2.0.0 bye");
                    await FlushAsync();
                    return false;
                default:
                    return await ReplyAsync(verb, line, "500 5.5.2 unknown command");
            }
        }

        private async Task<bool> ReceiveContentAsync()
        {
            using var content = new MemoryStream();
            while (await ReadLineAsync() is { } line)
            {
                if (line.Length == 1 && line[0] == (byte)'.')
                {
                    server.WireContents.Enqueue(content.ToArray());
                    var valid = recipient;
                    (mail, recipient) = (false, false);
                    return await ReplyAsync("CONTENT", "", valid ? "250 2.0.0 queued" : "554 5.5.1 no valid recipients");
                }
                content.Write(line);
                content.Write("\r\n"u8);
            }
            return false;
        }

        private async Task<bool> AuthenticateAsync(string line)
        {
            var words = line.Split(' ');
            string user, password;
            if (words[1] == "PLAIN")
            {
                var parts = Encoding.UTF8.GetString(Convert.FromBase64String(words[2])).Split('\0');
                (user, password) = (parts[1], parts[2]);
            }
            else
            {
                user = await AskAsync("334 VXNlcm5hbWU6");
                password = await AskAsync("334 UGFzc3dvcmQ6");
            }
            return await ReplyAsync("AUTH", line, (user, password) == server.Credentials ? "235 2.7.0 welcome" : "535 5.7.8 no");
        }

        private async Task<string> AskAsync(string challenge)
        {
            replies.Append(challenge).Append("\r\n");
            var answer = await ReadLineAsync() ?? throw new IOException("The client left.");
            return Encoding.UTF8.GetString(Convert.FromBase64String(Encoding.ASCII.GetString(answer)));
        }

        private async Task<bool> ReplyAsync(string name, string line, string normal, Action<bool>? positive = null, Action<int>? code = null)
        {
            var occurrence = server.occurrences.AddOrUpdate(name, 1, (_, n) => n + 1);
            var scripted = server.Script(new ServerEvent(name, occurrence, line));
            if (scripted is { } delayed && delayed.Delay > TimeSpan.Zero) await Task.Delay(delayed.Delay, stop);
            if (scripted is { Text: null })
            {
                await FlushAsync();
                return false;
            }
            var text = scripted?.Text ?? normal;
            replies.Append(text).Append("\r\n");
            positive?.Invoke(text[0] == '2');
            code?.Invoke(int.Parse(text.AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture));
            if (!text.StartsWith("421", StringComparison.Ordinal)) return true;
            await FlushAsync();
            return false;
        }

        private async Task SecureAsync()
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(server.Certificate!);
            (stream, secured) = (tls, true);
        }

        private async Task FlushAsync()
        {
            if (replies.Length == 0) return;
            Interlocked.Increment(ref server.turns);
            var bytes = Encoding.UTF8.GetBytes(replies.ToString());
            replies.Clear();
            if (!server.OneBytePackets)
            {
                await stream.WriteAsync(bytes, stop);
                return;
            }
            foreach (var one in bytes)
            {
                await stream.WriteAsync(new[] { one }, stop);
                await Task.Yield();
            }
        }

        /// <summary>A line without its CRLF; a bare CR or LF stays part of the line. Null at the end of the stream.</summary>
        private async Task<byte[]?> ReadLineAsync()
        {
            using var line = new MemoryStream();
            while (true)
            {
                if (start == end)
                {
                    await FlushAsync();
                    (start, end) = (0, await stream.ReadAsync(input, stop));
                    if (end == 0) return null;
                }
                var b = input[start++];
                line.WriteByte(b);
                var length = (int)line.Length;
                if (b == (byte)'\n' && length >= 2 && line.GetBuffer()[length - 2] == (byte)'\r') return line.ToArray()[..(length - 2)];
            }
        }
    }
}

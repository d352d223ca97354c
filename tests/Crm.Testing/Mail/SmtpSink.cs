using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Crm.Testing.Mail;

/// <summary>What goes wrong at the relay, in parts of a thousand.</summary>
/// <param name="Closing">421 to MAIL, and the connection is closed.</param>
/// <param name="PutOff">451 to RCPT.</param>
/// <param name="LostBefore">The connection breaks after the final dot; the message was not taken.</param>
/// <param name="LostAfter">The connection breaks after the final dot; the message was taken.</param>
public sealed record SinkFaults(int Closing = 0, int PutOff = 0, int LostBefore = 0, int LostAfter = 0);

/// <summary>
/// A relay that keeps of each message only its Message-ID, whatever number of connections and pipelined commands comes, and fails as it is
/// told. What it took, it took: that is what a ledger is compared with.
/// </summary>
public sealed class SmtpSink : IAsyncDisposable
{
    private static readonly byte[] EndOfData = "\r\n.\r\n"u8.ToArray();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _taken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, byte> _sessions = new();
    private readonly Task _accepting;
    private readonly Random _random;
    private readonly Lock _dice = new();
    private long _count;

    public SmtpSink(int seed = 1)
    {
        _random = new Random(seed);
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public SinkFaults Faults { get; set; } = new();

    /// <summary>Before the answer to each message.</summary>
    public TimeSpan Delay { get; init; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Messages taken, copies included.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>How often each Message-ID (without brackets) was taken.</summary>
    public IReadOnlyDictionary<string, int> Taken => _taken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_sessions.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var session = RunAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
                _sessions[session] = 0;
                _ = session.ContinueWith(done => _sessions.TryRemove(done, out _), TaskScheduler.Default);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task RunAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await new Session(this, client.GetStream()).RunAsync(_stop.Token);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The sender left, or was killed: what it had not finished is not taken.
            }
        }
    }

    private bool Strikes(int perThousand)
    {
        if (perThousand == 0) return false;
        lock (_dice) return _random.Next(1_000) < perThousand;
    }

    private void Take(ReadOnlySpan<byte> content)
    {
        var text = Encoding.Latin1.GetString(content[..Math.Min(content.Length, 8_192)]);
        var begin = text.IndexOf("Message-ID:", StringComparison.OrdinalIgnoreCase);
        var open = begin < 0 ? -1 : text.IndexOf('<', begin);
        var id = open < 0 ? "" : text[(open + 1)..text.IndexOf('>', open)];
        _taken.AddOrUpdate(id, 1, static (_, times) => times + 1);
        Interlocked.Increment(ref _count);
    }

    /// <summary>Answers what it has read, then reads on: pipelined commands get their answers in one write.</summary>
    private sealed class Session(SmtpSink sink, NetworkStream stream)
    {
        private readonly MemoryStream _answers = new();
        private byte[] _buffer = new byte[64 * 1024];
        private int _begin;
        private int _end;
        private bool _recipient;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            Answer("220 sink ESMTP");
            while (await LineAsync(cancellationToken) is { } line)
            {
                var verb = line.Length >= 4 ? line[..4].ToUpperInvariant() : line;
                switch (verb)
                {
                    case "EHLO":
                        Answer("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES");
                        break;
                    case "MAIL" when sink.Strikes(sink.Faults.Closing):
                        Answer("421 4.3.2 closing");
                        await FlushAsync(cancellationToken);
                        return;
                    case "RCPT":
                        _recipient = !sink.Strikes(sink.Faults.PutOff);
                        Answer(_recipient ? "250 2.1.5 ok" : "451 4.7.1 later");
                        break;
                    case "DATA" when !_recipient:
                        Answer("503 5.5.1 no recipient");
                        break;
                    case "DATA":
                        Answer("354 go on");
                        if (!await ContentAsync(cancellationToken)) return;
                        break;
                    case "QUIT":
                        Answer("221 2.0.0 bye");
                        await FlushAsync(cancellationToken);
                        return;
                    default:
                        Answer("250 2.0.0 ok");
                        break;
                }
            }
        }

        /// <summary>False: the connection is to break.</summary>
        private async Task<bool> ContentAsync(CancellationToken cancellationToken)
        {
            _recipient = false;
            await FlushAsync(cancellationToken);
            int length;
            while ((length = _buffer.AsSpan(_begin, _end - _begin).IndexOf(EndOfData)) < 0)
            {
                if (!await ReadAsync(cancellationToken)) return false;
            }

            if (sink.Delay > TimeSpan.Zero) await Task.Delay(sink.Delay, TimeProvider.System, cancellationToken);
            if (sink.Strikes(sink.Faults.LostBefore)) return false;
            sink.Take(_buffer.AsSpan(_begin, length));
            _begin += length + EndOfData.Length;
            if (sink.Strikes(sink.Faults.LostAfter)) return false;
            Answer("250 2.0.0 taken");
            return true;
        }

        private async Task<string?> LineAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var length = _buffer.AsSpan(_begin, _end - _begin).IndexOf("\r\n"u8);
                if (length >= 0)
                {
                    var line = Encoding.Latin1.GetString(_buffer, _begin, length);
                    _begin += length + 2;
                    return line;
                }

                await FlushAsync(cancellationToken);
                if (!await ReadAsync(cancellationToken)) return null;
            }
        }

        private async Task<bool> ReadAsync(CancellationToken cancellationToken)
        {
            if (_begin > 0)
            {
                _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
                (_begin, _end) = (0, _end - _begin);
            }

            if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += read;
            return read > 0;
        }

        private void Answer(string text) => _answers.Write(Encoding.ASCII.GetBytes(text + "\r\n"));

        private async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (_answers.Length == 0) return;
            await stream.WriteAsync(_answers.GetBuffer().AsMemory(0, (int)_answers.Length), cancellationToken);
            _answers.SetLength(0);
        }
    }
}

using System.Buffers;
using System.Text;

namespace Crm.Campaign.Inbound.Receiver;

/// <summary>Command lines and contents out of the octets of a client, each under one deadline as a whole: a client that drips them is cut off.</summary>
internal sealed class SmtpReceiverInput(Stream stream, InboundOptions options, TimeProvider time)
{
    /// <summary>512 octets by RFC 5321, more with the parameters of extensions.</summary>
    public const int MaxLineLength = 2048;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    public bool HasUnread => _start < _end;

    /// <summary>A line without its end; longer than <see cref="MaxLineLength"/> where it had none so far; null where the client has left.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken stopping)
    {
        using var expiry = new CancellationTokenSource(options.CommandTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping, expiry.Token);
        while (true)
        {
            var end = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (end >= 0 || _end - _start > MaxLineLength)
            {
                var line = _buffer.AsSpan(_start, end >= 0 ? end : _end - _start);
                _start += end >= 0 ? end + 1 : line.Length;
                return Encoding.UTF8.GetString(line.TrimEnd("\r"u8));
            }

            if (!await FillAsync(deadline.Token)) return null;
        }
    }

    /// <summary>
    /// Up to CRLF.CRLF and nothing else: with a bare LF around the dot it is content, or one client's end would be another's text (SMTP
    /// smuggling). Null where it was too large; it is read to its end all the same.
    /// </summary>
    public async Task<byte[]?> ReadContentAsync(CancellationToken stopping)
    {
        using var expiry = new CancellationTokenSource(options.DataTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping, expiry.Token);
        var content = new ArrayBufferWriter<byte>(_buffer.Length);
        // The line end before the first line, so that a dot there is like any other.
        content.Write("\r\n"u8);
        var tooLarge = false;
        while (true)
        {
            var searched = Math.Max(0, content.WrittenCount - 4);
            content.Write(_buffer.AsSpan(_start, _end - _start));
            var end = content.WrittenSpan[searched..].IndexOf("\r\n.\r\n"u8);
            if (end >= 0)
            {
                end += searched;
                // What follows is the next command.
                _start = _end - (content.WrittenCount - (end + 5));
                return tooLarge || end > options.MaxMessageSize ? null : Unstuff(content.WrittenSpan[2..(end + 2)]);
            }

            (_start, _end) = (0, 0);
            if (content.WrittenCount > options.MaxMessageSize + 2)
            {
                tooLarge = true;
                var tail = content.WrittenSpan[^4..].ToArray();
                content.ResetWrittenCount();
                content.Write(tail);
            }

            if (!await FillAsync(deadline.Token)) throw new EndOfStreamException("The client left within a mail.");
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private static byte[] Unstuff(ReadOnlySpan<byte> content)
    {
        var mail = new ArrayBufferWriter<byte>(content.Length + 1);
        if (content.StartsWith("."u8)) content = content[1..];
        for (int dot; (dot = content.IndexOf("\r\n."u8)) >= 0; content = content[(dot + 3)..]) mail.Write(content[..(dot + 2)]);
        mail.Write(content);
        return mail.WrittenSpan.ToArray();
    }
}

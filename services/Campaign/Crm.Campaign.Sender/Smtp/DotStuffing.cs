using System.Buffers;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// The transparency procedure of RFC 5321 section 4.5.2. A bare CR or LF becomes CRLF: servers that disagree about what
/// ends a line could otherwise be made to see a second message in the content (SMTP smuggling).
/// </summary>
internal static class DotStuffing
{
    public static ReadOnlySpan<byte> Terminator => ".\r\n"u8;

    /// <summary>Writes whole lines until the content ends or <paramref name="limit"/> octets are written; returns what is left.</summary>
    public static ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> content, IBufferWriter<byte> output, int limit = int.MaxValue)
    {
        var rest = content.Span;
        var written = 0;
        while (!rest.IsEmpty && written < limit)
        {
            var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            var stuffed = !line.IsEmpty && line[0] == (byte)'.' ? 1 : 0;
            var target = output.GetSpan(line.Length + 3);
            target[0] = (byte)'.';
            line.CopyTo(target[stuffed..]);
            "\r\n"u8.CopyTo(target[(stuffed + line.Length)..]);
            output.Advance(stuffed + line.Length + 2);
            written += stuffed + line.Length + 2;
            if (end < 0) return default;
            rest = rest[(end + (rest[end] == (byte)'\r' && end + 1 < rest.Length && rest[end + 1] == (byte)'\n' ? 2 : 1))..];
        }
        return content[^rest.Length..];
    }
}

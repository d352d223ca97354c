using System.Buffers;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// Quoted-printable of RFC 2045 section 6.7 for text: CRLF, CR and LF are line breaks and come out as CRLF, everything
/// else is UTF-8. '=' is always encoded, so no encoded line can look like a boundary that contains "=_".
/// </summary>
internal static class QuotedPrintable
{
    private const int MaxLineLength = 76;

    private static ReadOnlySpan<byte> Hex => "0123456789ABCDEF"u8;

    public static void Encode(string text, IBufferWriter<byte> output)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            ReadOnlySpan<byte> rest = bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes));
            while (true)
            {
                var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
                EncodeLine(end < 0 ? rest : rest[..end], output);
                if (end < 0) return;
                output.Write("\r\n"u8);
                rest = rest[(end + (rest[end] == (byte)'\r' && end + 1 < rest.Length && rest[end + 1] == (byte)'\n' ? 2 : 1))..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static void EncodeLine(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        // Worst case: three octets for each, and a soft break (three octets) after every 73 of them at the latest.
        var target = output.GetSpan(line.Length * 3 + line.Length * 3 / 73 * 3 + 3);
        var (written, column) = (0, 0);
        for (var i = 0; i < line.Length; i++)
        {
            var last = i == line.Length - 1;
            // A space or tab at the end of a line would be lost on the way.
            var literal = line[i] is >= (byte)'!' and <= (byte)'~' and not (byte)'=' || (line[i] is (byte)' ' or (byte)'\t' && !last);
            var width = literal ? 1 : 3;
            if (column + width > (last ? MaxLineLength : MaxLineLength - 1))
            {
                "=\r\n"u8.CopyTo(target[written..]);
                written += 3;
                column = 0;
            }
            if (literal)
            {
                target[written] = line[i];
            }
            else
            {
                target[written] = (byte)'=';
                target[written + 1] = Hex[line[i] >> 4];
                target[written + 2] = Hex[line[i] & 15];
            }
            written += width;
            column += width;
        }
        output.Advance(written);
    }
}

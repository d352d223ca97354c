using System.Buffers;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// Quoted-printable of RFC 2045 section 6.7 for text: CRLF, CR and LF are line breaks and come out as CRLF, everything
/// else stays UTF-8. '=' is always encoded, so no encoded line can look like a boundary that contains "=_".
/// </summary>
internal static class QuotedPrintable
{
    private const int MaxLineLength = 76;

    private static readonly SearchValues<byte> Literal = SearchValues.Create([(byte)'\t', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(octet => (byte)octet).Where(octet => octet != '=')]);

    private static ReadOnlySpan<byte> Hex => "0123456789ABCDEF"u8;

    /// <param name="text">UTF-8.</param>
    public static void Encode(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        while (true)
        {
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            EncodeLine(end < 0 ? text : text[..end], output);
            if (end < 0) return;
            output.Write("\r\n"u8);
            text = text[(end + (text[end] == (byte)'\r' && end + 1 < text.Length && text[end + 1] == (byte)'\n' ? 2 : 1))..];
        }
    }

    private static void EncodeLine(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        // Worst case: three octets for each, and a soft break (three octets) after every 73 of them at the latest.
        var target = output.GetSpan(line.Length * 3 + line.Length * 3 / 73 * 3 + 3);
        var (written, column) = (0, 0);
        while (!line.IsEmpty)
        {
            // Most text is runs of what may stand as it is. A space or tab at the end of a line would be lost on the way.
            var run = line.IndexOfAnyExcept(Literal);
            if (run < 0) run = line[^1] is (byte)' ' or (byte)'\t' ? line.Length - 1 : line.Length;
            // The last octet of a line needs no room for a soft break behind it.
            var isLast = run == line.Length || (run == 0 && line.Length == 1);
            var width = run > 0 ? run : 3;
            var room = MaxLineLength - column;
            if (width > room || (!isLast && width == room))
            {
                var part = run > 0 ? room - 1 : 0;
                line[..part].CopyTo(target[written..]);
                "=\r\n"u8.CopyTo(target[(written + part)..]);
                written += part + 3;
                column = 0;
                line = line[part..];
                continue;
            }

            if (run > 0)
            {
                line[..run].CopyTo(target[written..]);
                line = line[run..];
            }
            else
            {
                target[written] = (byte)'=';
                target[written + 1] = Hex[line[0] >> 4];
                target[written + 2] = Hex[line[0] & 15];
                line = line[1..];
            }

            written += width;
            column += width;
        }

        output.Advance(written);
    }
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Inbound.Mime;

/// <summary>Base64 and quoted-printable of bodies, encoded words of header fields (RFC 2045 section 6, RFC 2047).</summary>
internal static partial class TransferEncoding
{
    public static ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> body, string? encoding) => encoding?.Trim().ToLowerInvariant() switch
    {
        "base64" => Base64(body.Span),
        "quoted-printable" => QuotedPrintable(body.Span, underscores: false),
        _ => body,
    };

    /// <summary>Text with its encoded words decoded; those that cannot be stay as they are.</summary>
    public static string Words(string text) => AdjacentWords().Replace(text, "?==?") is var joined && !joined.Contains("=?", StringComparison.Ordinal)
        ? text
        : Word().Replace(joined, match =>
        {
            var octets = Encoding.ASCII.GetBytes(match.Groups[3].Value);
            var decoded = match.Groups[2].Value is "b" or "B" ? Base64(octets) : QuotedPrintable(octets, underscores: true);
            return MimeEntity.CharsetOf(match.Groups[1].Value).GetString(decoded);
        });

    /// <summary>What is no base64 in it is skipped, as RFC 2045 says; a broken end is cut off.</summary>
    private static byte[] Base64(ReadOnlySpan<byte> text)
    {
        var kept = new byte[text.Length];
        var count = 0;
        foreach (var octet in text)
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'+' or (byte)'/') kept[count++] = octet;
        if (count % 4 == 1) count--;
        var padded = (count + 3) / 4 * 4;
        Array.Resize(ref kept, padded);
        for (var i = count; i < padded; i++) kept[i] = (byte)'=';
        var octets = new byte[padded / 4 * 3];
        System.Buffers.Text.Base64.DecodeFromUtf8(kept, octets, out _, out var written);
        return octets[..written];
    }

    private static byte[] QuotedPrintable(ReadOnlySpan<byte> text, bool underscores)
    {
        var octets = new byte[text.Length];
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'=' && i + 2 < text.Length && byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                octets[written++] = value;
                i += 2;
            }
            else if (text[i] == (byte)'=' && i + 1 < text.Length && text[i + 1] is (byte)'\r' or (byte)'\n')
            {
                i += text[i + 1] == (byte)'\r' && i + 2 < text.Length && text[i + 2] == (byte)'\n' ? 2 : 1;
            }
            else
            {
                octets[written++] = underscores && text[i] == (byte)'_' ? (byte)' ' : text[i];
            }
        }

        return octets[..written];
    }

    [GeneratedRegex(@"\?=\s+=\?")]
    private static partial Regex AdjacentWords();

    [GeneratedRegex(@"=\?([A-Za-z0-9_-]+)(?:\*[A-Za-z-]+)?\?([bBqQ])\?([^?\s]*)\?=")]
    private static partial Regex Word();
}

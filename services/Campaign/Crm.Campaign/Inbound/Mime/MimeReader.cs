using System.Text;

namespace Crm.Campaign.Inbound.Mime;

/// <summary>
/// Reads whatever came in as mail (RFC 5322, 2045, 2046): nothing in it is an error, what cannot be read stays text. Depth, parts and fields
/// are limited, so that a mail made to cost does not.
/// </summary>
internal static class MimeReader
{
    private const int MaxDepth = 8;
    private const int MaxParts = 200;
    private const int MaxFields = 500;
    private const int MaxFieldLength = 16 * 1024;

    public static MimeEntity Read(ReadOnlyMemory<byte> mail)
    {
        var parts = 0;
        return Read(mail, 0, ref parts);
    }

    /// <summary>The fields of a header block, also of the groups of a delivery status; returns where the body begins.</summary>
    public static int ReadFields(ReadOnlySpan<byte> octets, List<KeyValuePair<string, string>> fields)
    {
        var at = 0;
        var field = new StringBuilder();
        while (at < octets.Length)
        {
            var end = octets[at..].IndexOf((byte)'\n');
            var line = (end < 0 ? octets[at..] : octets[at..(at + end)]).TrimEnd((byte)'\r');
            var next = end < 0 ? octets.Length : at + end + 1;
            if (line.IsEmpty)
            {
                at = next;
                break;
            }

            if (line[0] is not ((byte)' ' or (byte)'\t'))
            {
                // A mail without header, or whose header ends without an empty line.
                if (!line.Contains((byte)':') && !line.StartsWith("From "u8)) break;
                Add(field, fields);
            }

            if (field.Length < MaxFieldLength) field.Append(Latin1OrUtf8(line));
            at = next;
        }

        Add(field, fields);
        return at;
    }

    private static void Add(StringBuilder field, List<KeyValuePair<string, string>> fields)
    {
        var text = field.ToString();
        field.Clear();
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && fields.Count < MaxFields) fields.Add(new(text[..colon].Trim(), text[(colon + 1)..].Replace('\t', ' ').Trim()));
    }

    private static string Latin1OrUtf8(ReadOnlySpan<byte> line) =>
        System.Text.Unicode.Utf8.IsValid(line) ? Encoding.UTF8.GetString(line) : Encoding.Latin1.GetString(line);

    private static MimeEntity Read(ReadOnlyMemory<byte> octets, int depth, ref int parts)
    {
        parts++;
        var headers = new List<KeyValuePair<string, string>>();
        var body = octets[ReadFields(octets.Span, headers)..];
        string? Header(string name) => headers.FirstOrDefault(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

        var type = ContentType.Parse(Header("Content-Type"));
        if (depth == MaxDepth || parts >= MaxParts) return new MimeEntity(headers, type, body);

        if (type.MediaType.StartsWith("multipart/", StringComparison.Ordinal) && type.Parameter("boundary") is { Length: > 0 and <= 200 } boundary)
        {
            var children = new List<MimeEntity>();
            foreach (var range in Split(body.Span, Encoding.UTF8.GetBytes("--" + boundary)))
            {
                if (parts >= MaxParts) break;
                children.Add(Read(body[range], depth + 1, ref parts));
            }

            return new MimeEntity(headers, type, body) { Parts = children };
        }

        var decoded = TransferEncoding.Decode(body, Header("Content-Transfer-Encoding"));
        return type.MediaType is "message/rfc822" or "message/global" or "text/rfc822-headers" or "message/rfc822-headers" or "message/global-headers"
            ? new MimeEntity(headers, type, decoded) { Parts = [Read(decoded, depth + 1, ref parts)] }
            : new MimeEntity(headers, type, decoded);
    }

    /// <summary>The parts between the delimiter lines; the last ends with the body where its closing delimiter is missing.</summary>
    private static List<Range> Split(ReadOnlySpan<byte> body, ReadOnlySpan<byte> delimiter)
    {
        var ranges = new List<Range>();
        var (start, at) = (-1, 0);
        while (at < body.Length && ranges.Count < MaxParts)
        {
            var found = body[at..].IndexOf(delimiter);
            if (found < 0) break;
            var line = at + found;
            var lineEnd = body[line..].IndexOf((byte)'\n');
            var next = lineEnd < 0 ? body.Length : line + lineEnd + 1;
            var rest = body[(line + delimiter.Length)..next].TrimEnd("\r\n \t"u8);
            at = next;
            if ((line > 0 && body[line - 1] != (byte)'\n') || !(rest.IsEmpty || rest.SequenceEqual("--"u8))) continue;
            // The line break before a delimiter belongs to the delimiter.
            if (start >= 0) ranges.Add(start..Math.Max(start, line - (line > 1 && body[line - 2] == (byte)'\r' ? 2 : 1)));
            start = rest.IsEmpty ? next : -1;
            if (start < 0) break;
        }

        if (start >= 0 && start < body.Length) ranges.Add(start..body.Length);
        return ranges;
    }
}

namespace Crm.Campaign.Sender.Smtp.Dkim;

/// <summary>
/// The relaxed algorithms of RFC 6376 section 3.4. A bare CR or LF counts as the line end that <see cref="DotStuffing"/> makes of it on the
/// way out. Each method writes to the target and returns how much.
/// </summary>
internal static class DkimCanonicalization
{
    /// <summary>Octets that <see cref="Body"/> may need at most: each bare line end grows by one, and one may be added.</summary>
    public static int MaxBodyLength(int length) => length * 2 + 2;

    public static int Body(ReadOnlySpan<byte> body, Span<byte> target)
    {
        var (written, emptyLines) = (0, 0);
        while (!body.IsEmpty)
        {
            var end = body.IndexOfAny((byte)'\r', (byte)'\n');
            var line = (end < 0 ? body : body[..end]).TrimEnd(" \t"u8);
            if (line.IsEmpty)
            {
                emptyLines++;
            }
            else
            {
                // Empty lines count only where something follows.
                for (; emptyLines > 0; emptyLines--) written += LineEnd(target[written..]);
                written += ReduceBlanks(line, target[written..]);
                written += LineEnd(target[written..]);
            }

            if (end < 0) break;
            body = body[(end + (body[end] == (byte)'\r' && end + 1 < body.Length && body[end + 1] == (byte)'\n' ? 2 : 1))..];
        }

        return written;
    }

    /// <param name="field">Name, colon and value, with or without the line end; folded or not.</param>
    /// <param name="nameLength">Octets before the colon.</param>
    /// <param name="target">Takes as much as the field is long; the line end is left to the caller.</param>
    public static int Field(ReadOnlySpan<byte> field, int nameLength, Span<byte> target)
    {
        var name = field[..nameLength];
        for (var i = 0; i < name.Length; i++) target[i] = name[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(name[i] | 0x20) : name[i];
        target[name.Length] = (byte)':';
        var written = name.Length + 1;
        var value = field[(nameLength + 1)..].Trim(" \t\r\n"u8);
        while (!value.IsEmpty)
        {
            var end = value.IndexOfAny((byte)'\r', (byte)'\n');
            written += ReduceBlanks(end < 0 ? value : value[..end], target[written..]);
            if (end < 0) break;
            // A fold is its line end and the blanks behind it; those before it have become one already.
            value = value[end..].TrimStart(" \t\r\n"u8);
            if (target[written - 1] != (byte)' ') target[written++] = (byte)' ';
        }

        return written;
    }

    public static int LineEnd(Span<byte> target)
    {
        "\r\n"u8.CopyTo(target);
        return 2;
    }

    private static int ReduceBlanks(ReadOnlySpan<byte> line, Span<byte> target)
    {
        if (line.IndexOf("  "u8) < 0 && !line.Contains((byte)'\t'))
        {
            line.CopyTo(target);
            return line.Length;
        }

        var written = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] is not ((byte)' ' or (byte)'\t')) target[written++] = line[i];
            else if (i == 0 || line[i - 1] is not ((byte)' ' or (byte)'\t')) target[written++] = (byte)' ';
        }

        return written;
    }
}

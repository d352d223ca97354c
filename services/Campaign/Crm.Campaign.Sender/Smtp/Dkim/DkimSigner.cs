using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Smtp.Dkim;

/// <summary>
/// DKIM signatures (RFC 6376) by all keys of a domain, relaxed/relaxed, over the whole body and every field a recipient acts upon,
/// List-Unsubscribe with its one-click form among them (RFC 8058 section 4). Body and fields are hashed once, whatever the number of keys.
/// </summary>
internal sealed class DkimSigner : IDisposable
{
    private const int MaxFields = 128;
    private const int MaxSignedNames = 1024;

    // Names, domain, selector and the signature of an RSA key of 4096 bits with its folds.
    private const int MaxFieldLength = 2560;
    private const int NameColumns = 72;
    private const int SignatureColumns = 72;
    private static readonly byte[][] SignedNames =
    [
        "from"u8.ToArray(), "reply-to"u8.ToArray(), "to"u8.ToArray(), "cc"u8.ToArray(), "subject"u8.ToArray(), "date"u8.ToArray(),
        "message-id"u8.ToArray(), "in-reply-to"u8.ToArray(), "references"u8.ToArray(), "mime-version"u8.ToArray(), "content-type"u8.ToArray(),
        "content-transfer-encoding"u8.ToArray(), "list-id"u8.ToArray(), "list-unsubscribe"u8.ToArray(), "list-unsubscribe-post"u8.ToArray(),
        "feedback-id"u8.ToArray(),
    ];

    private readonly Dictionary<string, DkimKey[]> keys;
    private readonly TimeProvider time;

    public DkimSigner(IOptions<DkimOptions> options, TimeProvider time)
    {
        this.time = time;
        keys = options.Value.Keys.Select(DkimKey.Load).GroupBy(key => key.Domain).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The keys that sign for a sender address's domain; empty where none does.</summary>
    public IReadOnlyList<DkimKey> KeysFor(string domain)
    {
        if (keys.Count == 0) return [];
        for (var rest = domain.ToLowerInvariant(); ;)
        {
            if (keys.TryGetValue(rest, out var found)) return found;
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0) return [];
            rest = rest[(dot + 1)..];
        }
    }

    /// <summary>Octets to leave free before a message for the signatures of these keys.</summary>
    public static int Reserve(IReadOnlyList<DkimKey> keys)
    {
        var octets = 0;
        foreach (var key in keys) octets += key.FieldStart.Length + MaxSignedNames + Base64.GetMaxEncodedToUtf8Length(key.SignatureLength) * 76 / SignatureColumns + 128;
        return octets;
    }

    /// <summary>Writes the fields to the end of <paramref name="reserved"/>, so that they stand right before the message; returns their length.</summary>
    /// <exception cref="ArgumentException">The header has more fields than any sender of ours writes.</exception>
    public int Sign(IReadOnlyList<DkimKey> signers, ReadOnlySpan<byte> message, Span<byte> reserved)
    {
        if (signers.Count == 0) return 0;
        var end = message.IndexOf("\r\n\r\n"u8);
        var header = end < 0 ? message : message[..(end + 2)];
        var body = end < 0 ? [] : message[(end + 4)..];

        Span<byte> bodyHash = stackalloc byte[SHA256.HashSizeInBytes];
        var scratch = ArrayPool<byte>.Shared.Rent(Math.Max(DkimCanonicalization.MaxBodyLength(body.Length), header.Length + MaxFieldLength));
        try
        {
            SHA256.HashData(scratch.AsSpan(0, DkimCanonicalization.Body(body, scratch)), bodyHash);

            Span<byte> names = stackalloc byte[MaxSignedNames];
            var (signed, namesLength) = SelectFields(header, scratch, names);

            var start = reserved.Length;
            Span<byte> field = stackalloc byte[MaxFieldLength];
            for (var i = signers.Count - 1; i >= 0; i--)
            {
                var length = WriteField(signers[i], names[..namesLength], bodyHash, scratch, signed, field);
                start -= length;
                field[..length].CopyTo(reserved[start..]);
            }

            return reserved.Length - start;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    public void Dispose()
    {
        foreach (var key in keys.Values.SelectMany(group => group)) key.Dispose();
    }

    /// <param name="data">The canonical fields; room behind <paramref name="signed"/> octets for this one.</param>
    private int WriteField(DkimKey key, ReadOnlySpan<byte> names, ReadOnlySpan<byte> bodyHash, Span<byte> data, int signed, Span<byte> field)
    {
        var length = Append(field, 0, key.FieldStart);
        Utf8Formatter.TryFormat(time.GetUtcNow().ToUnixTimeSeconds(), field[length..], out var digits);
        length = Append(field, length + digits, ";\r\n h="u8);
        length = Append(field, length, names);
        length = Append(field, length, ";\r\n bh="u8);
        Base64.EncodeToUtf8(bodyHash, field[length..], out _, out var encoded);
        length = Append(field, length + encoded, ";\r\n b="u8);

        // The field signs itself with an empty b and without its line end (RFC 6376 section 3.7).
        var own = DkimCanonicalization.Field(field[..length], "DKIM-Signature".Length, data[signed..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data[..(signed + own)], hash);
        Span<byte> signature = stackalloc byte[key.SignatureLength];
        key.Sign(hash, signature);

        Span<byte> text = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(signature.Length)];
        Base64.EncodeToUtf8(signature, text, out _, out var textLength);
        for (var at = 0; at < textLength; at += SignatureColumns)
        {
            if (at > 0) length = Append(field, length, "\r\n "u8);
            length = Append(field, length, text[at..Math.Min(at + SignatureColumns, textLength)]);
        }

        return Append(field, length, "\r\n"u8);
    }

    /// <summary>
    /// The canonical form of the fields to sign, of several with one name the last first (RFC 6376 section 5.4.2), and the value of tag h.
    /// From is named once more than it is there, so that nobody can add a second one.
    /// </summary>
    private static (int Signed, int Names) SelectFields(ReadOnlySpan<byte> header, Span<byte> canonical, Span<byte> names)
    {
        Span<(int Start, int NameLength, int End)> fields = stackalloc (int, int, int)[MaxFields];
        var count = ReadFields(header, fields);
        var (signed, namesLength, column) = (0, 0, 0);
        for (var n = 0; n < SignedNames.Length; n++)
        {
            for (var i = count - 1; i >= 0; i--)
            {
                var (start, nameLength, end) = fields[i];
                if (!System.Text.Ascii.EqualsIgnoreCase(header.Slice(start, nameLength), SignedNames[n])) continue;
                AppendName(SignedNames[n], names, ref namesLength, ref column);
                signed += DkimCanonicalization.Field(header[start..end], nameLength, canonical[signed..]);
                signed += DkimCanonicalization.LineEnd(canonical[signed..]);
            }

            if (n == 0) AppendName(SignedNames[n], names, ref namesLength, ref column);
        }

        return (signed, namesLength);
    }

    private static int ReadFields(ReadOnlySpan<byte> header, Span<(int Start, int NameLength, int End)> fields)
    {
        var (count, at) = (0, 0);
        while (at < header.Length)
        {
            var end = at;
            do
            {
                var lineEnd = header[end..].IndexOf((byte)'\n');
                end = lineEnd < 0 ? header.Length : end + lineEnd + 1;
            }
            while (end < header.Length && header[end] is (byte)' ' or (byte)'\t');

            var colon = header[at..end].IndexOf((byte)':');
            if (colon > 0)
            {
                if (count == fields.Length) throw new ArgumentException($"A header of more than {MaxFields} fields is not signed.");
                fields[count++] = (at, colon, end);
            }

            at = end;
        }

        return count;
    }

    private static void AppendName(ReadOnlySpan<byte> name, Span<byte> names, ref int length, ref int column)
    {
        if (length + name.Length + 5 > names.Length) throw new ArgumentException("A header with so many fields of one name is not signed.");
        if (length > 0) length = Append(names, length, ":"u8);
        if (column + name.Length > NameColumns)
        {
            length = Append(names, length, "\r\n  "u8);
            column = 0;
        }

        length = Append(names, length, name);
        column += name.Length + 1;
    }

    private static int Append(Span<byte> target, int at, ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(target[at..]);
        return at + octets.Length;
    }
}

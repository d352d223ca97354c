using System.Text;

namespace Crm.Campaign.Inbound.Mime;

/// <summary>A mail or a part of one, as far as it could be read.</summary>
internal sealed class MimeEntity(IReadOnlyList<KeyValuePair<string, string>> headers, ContentType type, ReadOnlyMemory<byte> body)
{
    /// <summary>Characters of a text that are looked at; what a mail system has to say comes first.</summary>
    private const int MaxTextLength = 64 * 1024;

    /// <summary>Unfolded, encoded words not yet decoded, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; } = headers;

    public ContentType Type { get; } = type;

    /// <summary>Decoded from its transfer encoding.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Of a multipart its parts, of an enclosed mail that mail.</summary>
    public IReadOnlyList<MimeEntity> Parts { get; init; } = [];

    /// <summary>The first field of that name; null where there is none.</summary>
    public string? this[string name] => All(name).FirstOrDefault();

    public IEnumerable<string> All(string name) =>
        Headers.Where(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    /// <summary>This, its parts, and theirs, in their order in the mail.</summary>
    public IEnumerable<MimeEntity> Walk() => Parts.SelectMany(part => part.Walk()).Prepend(this);

    public string Text()
    {
        var text = CharsetOf(Type.Parameter("charset")).GetString(Body.Span[..Math.Min(Body.Length, MaxTextLength * 2)]);
        return text.Length > MaxTextLength ? text[..MaxTextLength] : text;
    }

    internal static Encoding CharsetOf(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)) return Encoding.UTF8;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // One octet, one character: nothing is lost that ASCII can say.
            return Encoding.Latin1;
        }
    }
}

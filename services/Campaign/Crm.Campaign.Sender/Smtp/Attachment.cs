namespace Crm.Campaign.Sender.Smtp;

/// <summary>A file in a mail: of a type that mail programs show without running anything, named without a path.</summary>
public sealed record Attachment
{
    /// <summary>Octets of one file; in base64 it is a third more.</summary>
    public const int MaxLength = 10 * 1024 * 1024;

    /// <summary>Octets of all files of a mail; most relays take 25 to 35 MB in base64.</summary>
    public const int MaxTotalLength = 15 * 1024 * 1024;

    private const int MaxNameLength = 200;

    /// <summary>The types that may go out, with the endings that readers know them by.</summary>
    private static readonly Dictionary<string, string[]> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["application/pdf"] = [".pdf"],
        ["image/png"] = [".png"],
        ["image/jpeg"] = [".jpg", ".jpeg"],
        ["image/gif"] = [".gif"],
        ["text/calendar"] = [".ics"],
        ["text/csv"] = [".csv"],
        ["text/plain"] = [".txt"],
    };

    /// <exception cref="ArgumentException">Type, name or size are not such as may go out; the message says which.</exception>
    public Attachment(string fileName, string mediaType, ReadOnlyMemory<byte> content)
    {
        if (!Types.TryGetValue(mediaType, out var endings)) throw new ArgumentException($"Files of type {Shown(mediaType)} are not sent.", nameof(mediaType));
        if (fileName.Length is 0 or > MaxNameLength || fileName[0] == '.' || fileName.Any(c => char.IsControl(c) || c is '/' or '\\' or ':' or '\u202e'))
            throw new ArgumentException($"A file's name has up to {MaxNameLength} characters, no path and no control characters.", nameof(fileName));
        if (!endings.Any(ending => fileName.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            throw new ArgumentException($"A file of type {mediaType} ends in {string.Join(" or ", endings)}.", nameof(fileName));
        if (content.Length is 0 or > MaxLength) throw new ArgumentException($"A file has 1 to {MaxLength} octets.", nameof(content));
        (FileName, MediaType, Content) = (fileName, mediaType.ToLowerInvariant(), content);
    }

    public string FileName { get; }

    public string MediaType { get; }

    public ReadOnlyMemory<byte> Content { get; }

    private static string Shown(string type) => new([.. type.Take(60).Where(c => !char.IsControl(c))]);
}

using System.Globalization;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>What the server offered in its answer to EHLO; nothing after HELO.</summary>
public sealed record SmtpCapabilities
{
    public static SmtpCapabilities None { get; } = new();

    public bool Pipelining { get; init; }
    public bool EightBitMime { get; init; }
    public bool SmtpUtf8 { get; init; }
    public bool StartTls { get; init; }
    public bool EnhancedStatusCodes { get; init; }

    /// <summary>RFC 1870 was offered, with or without a limit.</summary>
    public bool Size { get; init; }

    /// <summary>Largest message in octets; null when the server named none.</summary>
    public long? MaxMessageSize { get; init; }

    /// <summary>Upper-case SASL mechanisms.</summary>
    public IReadOnlySet<string> AuthMechanisms { get; init; } = new HashSet<string>();

    /// <summary>The first line of the EHLO reply is the server's name; each further line is a keyword with parameters.</summary>
    internal static SmtpCapabilities Parse(SmtpReply ehlo)
    {
        var capabilities = None;
        var mechanisms = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in ehlo.Lines.Skip(1))
        {
            var words = line.ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            // "AUTH=LOGIN PLAIN" is how servers from before RFC 2554 announced it; some still do, beside the right form.
            if (words[0].StartsWith("AUTH=", StringComparison.Ordinal)) words = ["AUTH", words[0][5..], .. words[1..]];
            switch (words[0])
            {
                case "PIPELINING": capabilities = capabilities with { Pipelining = true }; break;
                case "8BITMIME": capabilities = capabilities with { EightBitMime = true }; break;
                case "SMTPUTF8": capabilities = capabilities with { SmtpUtf8 = true }; break;
                case "STARTTLS": capabilities = capabilities with { StartTls = true }; break;
                case "ENHANCEDSTATUSCODES": capabilities = capabilities with { EnhancedStatusCodes = true }; break;
                case "SIZE": capabilities = capabilities with { Size = true, MaxMessageSize = ParseSize(words) }; break;
                case "AUTH": mechanisms.UnionWith(words[1..]); break;
            }
        }
        return capabilities with { AuthMechanisms = mechanisms };
    }

    /// <summary>0 means no fixed limit (RFC 1870 section 4).</summary>
    private static long? ParseSize(string[] words) =>
        words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0 ? size : null;
}

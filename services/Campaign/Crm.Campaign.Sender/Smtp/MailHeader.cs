using System.Buffers;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// Writes header fields (RFC 5322 section 2.2), folded at 78 columns where there is a place to fold. No control character
/// gets into a name or a value, so no value can begin a field of its own.
/// </summary>
internal static class MailHeader
{
    private const int PreferredLineLength = 78;

    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(c => char.IsControl(c) && c != '\t')]);
    private static readonly SearchValues<char> FieldNameText = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code).Where(c => c != ':')]);

    // RFC 2047 section 2: a line with an encoded word is at most 76 long.
    private const int EncodedLineLength = 76;

    private const int MaxQuotedNameLength = 60;

    /// <summary>Free text such as Subject; encoded words where ASCII does not do.</summary>
    public static void WriteText(IBufferWriter<byte> output, string name, string value)
    {
        EnsureNoControls(value, name);
        var tokens = NeedsEncoding(value) ? EncodedWords.Encode(value, EncodedLineLength - name.Length - 2) : value.Split(' ');
        WriteTokens(output, name, tokens);
    }

    public static void WriteMailboxes(IBufferWriter<byte> output, string name, IReadOnlyList<Mailbox> mailboxes)
    {
        var tokens = new List<string>();
        for (var i = 0; i < mailboxes.Count; i++)
        {
            if (!string.IsNullOrEmpty(mailboxes[i].DisplayName)) tokens.AddRange(DisplayName(mailboxes[i].DisplayName!, name));
            tokens.Add($"<{mailboxes[i].Address}>{(i < mailboxes.Count - 1 ? "," : "")}");
        }
        WriteTokens(output, name, tokens);
    }

    /// <summary>A value that is right as it stands: folded at its spaces, never encoded.</summary>
    public static void WriteStructured(IBufferWriter<byte> output, string name, string value)
    {
        EnsureNoControls(value, name);
        if (!Ascii.IsValid(value)) throw new ArgumentException($"{name} must be ASCII.");
        WriteTokens(output, name, value.Split(' '));
    }

    private static void WriteTokens(IBufferWriter<byte> output, string name, IEnumerable<string> tokens)
    {
        EnsureName(name);
        var field = new StringBuilder(name).Append(':');
        var lineStart = 0;
        var first = true;
        foreach (var token in tokens)
        {
            // Never right after the name: some readers take "Name:" with nothing behind it for an empty field.
            if (!first && field.Length - lineStart + 1 + token.Length > PreferredLineLength)
            {
                field.Append("\r\n");
                lineStart = field.Length;
            }
            field.Append(' ').Append(token);
            if (field.Length - lineStart > SmtpMessage.MaxLineLength) throw new ArgumentException($"{name} cannot be folded: a part of it is too long.");
            first = false;
        }
        Encoding.UTF8.GetBytes(field.Append("\r\n").ToString(), output);
    }

    private static IEnumerable<string> DisplayName(string displayName, string field)
    {
        EnsureNoControls(displayName, field);
        if (NeedsEncoding(displayName) || displayName.Length > MaxQuotedNameLength)
            return EncodedWords.Encode(displayName, EncodedLineLength - field.Length - 2);
        if (displayName.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_')) return displayName.Split(' ');
        return [$"\"{displayName.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""];
    }

    /// <summary>
    /// Also for ASCII that folding would change (blanks at the ends or in a row), that could not be folded, or that would
    /// be taken for an encoded word.
    /// </summary>
    private static bool NeedsEncoding(string value) =>
        !Ascii.IsValid(value)
        || value.Contains("=?", StringComparison.Ordinal)
        || value.Contains('\t', StringComparison.Ordinal)
        || (value.Length > 0 && value.Split(' ').Any(word => word.Length is 0 or > PreferredLineLength - 2));

    private static void EnsureName(string name)
    {
        if (name.Length is 0 or > 64 || name.AsSpan().ContainsAnyExcept(FieldNameText))
            throw new ArgumentException("Not the name of a header field.", nameof(name));
    }

    private static void EnsureNoControls(string value, string name)
    {
        if (value.AsSpan().ContainsAny(Controls)) throw new ArgumentException($"{name} must not contain line breaks or other control characters.");
    }
}

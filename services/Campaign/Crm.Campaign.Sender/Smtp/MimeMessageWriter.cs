using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// Header and body of a mail: RFC 5322 and MIME (RFC 2045 to 2047), text and HTML as multipart/alternative in
/// quoted-printable. The same <see cref="MimeMessage"/> always gives the same octets, all of them ASCII unless an address
/// has a non-ASCII local part, lines end with CRLF.
/// </summary>
public static class MimeMessageWriter
{
    /// <summary>What a mailto address has as it is: unreserved characters (RFC 3986, 2.3) and its own @.</summary>
    private static readonly SearchValues<char> Unescaped = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@");

    private static readonly SearchValues<char> MessageIdText = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code).Where(c => c is not ('<' or '>'))]);

    private static readonly HashSet<string> OwnFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post",
    };

    /// <exception cref="ArgumentException">
    /// A field holds a line break or another control character, an identifier or URL is malformed, or there is no body.
    /// </exception>
    public static void Write(MimeMessage message, IBufferWriter<byte> output)
    {
        EnsureValid(message);
        MailHeader.WriteStructured(output, "Date", FormatDate(message.Date));
        MailHeader.WriteMailboxes(output, "From", [message.From]);
        if (message.ReplyTo is { } replyTo) MailHeader.WriteMailboxes(output, "Reply-To", [replyTo]);
        MailHeader.WriteMailboxes(output, "To", message.To);
        MailHeader.WriteText(output, "Subject", message.Subject);
        MailHeader.WriteStructured(output, "Message-ID", $"<{message.MessageId}>");
        WriteUnsubscribe(message, output);
        foreach (var (name, value) in message.Headers) MailHeader.WriteText(output, name, value);
        output.Write("MIME-Version: 1.0\r\n"u8);
        WriteBody(message, output);
    }

    private static void EnsureValid(MimeMessage message)
    {
        if (message.To.Count == 0) throw new ArgumentException("A mail needs a To.", nameof(message));
        if (message.TextBody is null && message.HtmlBody is null) throw new ArgumentException("A mail needs a body.", nameof(message));
        EnsureMessageId(message.MessageId);
        if (message.Attachments.Sum(attachment => (long)attachment.Content.Length) > Attachment.MaxTotalLength)
            throw new ArgumentException($"The attachments of a mail have at most {Attachment.MaxTotalLength} octets together.", nameof(message));
        foreach (var (name, _) in message.Headers)
            if (OwnFields.Contains(name)) throw new ArgumentException($"{name} is not for the further fields.", nameof(message));
    }

    private static void EnsureMessageId(string id)
    {
        var at = id.IndexOf('@', StringComparison.Ordinal);
        if (at < 1 || at != id.LastIndexOf('@') || at == id.Length - 1 || id.Length > 250 || id.AsSpan().ContainsAnyExcept(MessageIdText))
            throw new ArgumentException("A Message-ID is local@domain in ASCII without spaces.", nameof(id));
    }

    private static void WriteUnsubscribe(MimeMessage message, IBufferWriter<byte> output)
    {
        var targets = new List<string>();
        if (message.UnsubscribeUrl is { } url)
        {
            if (!url.IsAbsoluteUri || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
                throw new ArgumentException("One-click unsubscription needs an absolute https URL.", nameof(message));
            targets.Add($"<{url.AbsoluteUri}>");
        }
        if (message.UnsubscribeAddress is { } address) targets.Add($"<mailto:{(address.Value.AsSpan().ContainsAnyExcept(Unescaped) ? Uri.EscapeDataString(address.Value).Replace("%40", "@", StringComparison.Ordinal) : address.Value)}>");
        if (targets.Count == 0) return;
        MailHeader.WriteStructured(output, "List-Unsubscribe", string.Join(", ", targets));
        if (message.UnsubscribeUrl is not null) MailHeader.WriteStructured(output, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }

    private static void WriteBody(MimeMessage message, IBufferWriter<byte> output)
    {
        if (message.Attachments.Count == 0)
        {
            WriteText(message, output, endsLine: true);
            return;
        }

        var boundary = Boundary(message, 1);
        WriteMultipart("multipart/mixed", boundary, output);
        WriteDelimiter(boundary, "\r\n"u8, output);
        WriteText(message, output, endsLine: false);
        output.Write("\r\n"u8);
        foreach (var attachment in message.Attachments)
        {
            WriteDelimiter(boundary, "\r\n"u8, output);
            AttachmentPart.Write(attachment, output);
        }

        WriteDelimiter(boundary, "--\r\n"u8, output);
    }

    /// <param name="endsLine">The line break before a boundary belongs to the boundary; without one, the last line of the body must end itself.</param>
    private static void WriteText(MimeMessage message, IBufferWriter<byte> output, bool endsLine)
    {
        if (message.TextBody is null || message.HtmlBody is null)
        {
            var text = message.TextBody ?? message.HtmlBody!;
            WritePart(message.TextBody is null ? "text/html"u8 : "text/plain"u8, text, output);
            if (endsLine && text.Utf8.Span is not [.., (byte)'\n' or (byte)'\r']) output.Write("\r\n"u8);
            return;
        }

        var boundary = Boundary(message, 0);
        WriteMultipart("multipart/alternative", boundary, output);
        // The last alternative is the preferred one (RFC 2046 section 5.1.4).
        WriteDelimiter(boundary, "\r\n"u8, output);
        WritePart("text/plain"u8, message.TextBody, output);
        output.Write("\r\n"u8);
        WriteDelimiter(boundary, "\r\n"u8, output);
        WritePart("text/html"u8, message.HtmlBody, output);
        output.Write("\r\n"u8);
        WriteDelimiter(boundary, "--\r\n"u8, output);
    }

    /// <summary>"=_" cannot occur in quoted-printable or base64, so the boundary need not be random and the octets are reproducible.</summary>
    private static byte[] Boundary(MimeMessage message, int level) =>
        Encoding.ASCII.GetBytes("=_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(message.MessageId)).AsSpan(level * 12, 12)));

    private static void WriteMultipart(string type, ReadOnlySpan<byte> boundary, IBufferWriter<byte> output)
    {
        Encoding.ASCII.GetBytes($"Content-Type: {type};\r\n boundary=\"", output);
        output.Write(boundary);
        output.Write("\"\r\n\r\n"u8);
    }

    private static void WriteDelimiter(ReadOnlySpan<byte> boundary, ReadOnlySpan<byte> end, IBufferWriter<byte> output)
    {
        output.Write("--"u8);
        output.Write(boundary);
        output.Write(end);
    }

    private static void WritePart(ReadOnlySpan<byte> type, MailText text, IBufferWriter<byte> output)
    {
        output.Write("Content-Type: "u8);
        output.Write(type);
        output.Write("; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"u8);
        QuotedPrintable.Encode(text.Utf8.Span, output);
    }

    /// <summary>For example "Sun, 22 Nov 2026 07:30:00 +0700" (RFC 5322 section 3.3).</summary>
    private static string FormatDate(DateTimeOffset date)
    {
        var zone = date.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        return date.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + zone;
    }
}

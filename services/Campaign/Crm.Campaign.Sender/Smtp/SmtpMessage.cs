using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// One envelope with one recipient, so that each reply belongs to one person, and its content: header and body as
/// <see cref="MimeMessageWriter"/> writes them. The content must not change until the batch has ended.
/// </summary>
public sealed class SmtpMessage : IDisposable
{
    /// <summary>Octets of a line without its CRLF (RFC 5321 section 4.5.3.1.6).</summary>
    public const int MaxLineLength = 998;

    private readonly IDisposable? owner;

    /// <param name="sender">Where bounces go; empty for the null reverse-path.</param>
    /// <param name="recipient">The one recipient.</param>
    /// <param name="content">Header and body.</param>
    /// <exception cref="ArgumentException">An address is wrong, or a line of the content is too long for SMTP.</exception>
    public SmtpMessage(string sender, string recipient, ReadOnlyMemory<byte> content)
        : this(string.IsNullOrEmpty(sender) ? SmtpAddress.Null : SmtpAddress.Parse(sender), SmtpAddress.Parse(recipient), content)
    {
    }

    /// <param name="sender">Where bounces go.</param>
    /// <param name="recipient">The one recipient.</param>
    /// <param name="content">Header and body.</param>
    /// <param name="owner">What the content lives in; disposed with the message.</param>
    public SmtpMessage(SmtpAddress sender, SmtpAddress recipient, ReadOnlyMemory<byte> content, IDisposable? owner = null)
    {
        if (recipient == SmtpAddress.Null) throw new ArgumentException("A recipient is needed.", nameof(recipient));
        EnsureLineLengths(content.Span);
        (Sender, Recipient, Content, this.owner) = (sender, recipient, content, owner);
        IsEightBit = !Ascii.IsValid(content.Span);
        RequiresSmtpUtf8 = sender.RequiresSmtpUtf8 || recipient.RequiresSmtpUtf8 || (IsEightBit && !Ascii.IsValid(Header(content.Span)));
    }

    public SmtpAddress Sender { get; }

    public SmtpAddress Recipient { get; }

    public ReadOnlyMemory<byte> Content { get; }

    internal bool IsEightBit { get; }

    internal bool RequiresSmtpUtf8 { get; }

    /// <summary>Gives the content's memory back: only after the batch that it was in has ended.</summary>
    public void Dispose() => owner?.Dispose();

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> content)
    {
        var end = content.IndexOf("\r\n\r\n"u8);
        return end < 0 ? content : content[..end];
    }

    private static void EnsureLineLengths(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            var end = content.IndexOfAny((byte)'\r', (byte)'\n');
            if ((end < 0 ? content.Length : end) > MaxLineLength)
                throw new ArgumentException($"A line of the content is longer than {MaxLineLength} octets.", nameof(content));
            content = end < 0 ? [] : content[(end + 1)..];
        }
    }
}

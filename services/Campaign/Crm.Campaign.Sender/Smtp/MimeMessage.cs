namespace Crm.Campaign.Sender.Smtp;

/// <summary>An address with the name shown beside it.</summary>
public sealed record Mailbox
{
    /// <exception cref="ArgumentException">Not an address.</exception>
    public Mailbox(string address, string? displayName = null) => (Address, DisplayName) = (SmtpAddress.Parse(address), displayName);

    public SmtpAddress Address { get; }

    public string? DisplayName { get; }
}

/// <summary>What <see cref="MimeMessageWriter"/> writes.</summary>
public sealed record MimeMessage
{
    public required Mailbox From { get; init; }

    public required IReadOnlyList<Mailbox> To { get; init; }

    public Mailbox? ReplyTo { get; init; }

    public required string Subject { get; init; }

    public required DateTimeOffset Date { get; init; }

    /// <summary>local@domain without angle brackets; the caller makes it, so that the same message always carries the same.</summary>
    public required string MessageId { get; init; }

    public MailText? TextBody { get; init; }

    public MailText? HtmlBody { get; init; }

    /// <summary>Files beside the text: multipart/mixed.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>Where one POST ends the subscription (RFC 8058): https, or http on this very machine.</summary>
    public Uri? UnsubscribeUrl { get; init; }

    /// <summary>The mailto form beside it (RFC 2369).</summary>
    public SmtpAddress? UnsubscribeAddress { get; init; }

    /// <summary>Further fields, for example Feedback-ID. None of those the writer writes itself.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}

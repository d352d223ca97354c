namespace Crm.Campaign.Inbound.Classification;

/// <summary>What a mail that came back is.</summary>
internal enum MailKind
{
    /// <summary>The address does not take mail and will not: it is not written to again.</summary>
    HardBounce,

    /// <summary>This mail was not delivered; another may be (full, blocked, too large, expired).</summary>
    SoftBounce,

    /// <summary>A mail system still tries.</summary>
    Delay,

    /// <summary>Delivered, relayed or read: nothing to do.</summary>
    Receipt,

    /// <summary>The recipient called it spam.</summary>
    Complaint,

    /// <summary>A machine answers for somebody: out of office, ticket opened.</summary>
    AutomaticReply,

    /// <summary>A mail to the address that ends the subscription, whatever it says.</summary>
    Unsubscribe,

    /// <summary>A person writes.</summary>
    Reply,
}

/// <param name="Status">Enhanced status code (RFC 3463) where one was given.</param>
/// <param name="Detail">What the mail system said, one line.</param>
internal sealed record MailVerdict(MailKind Kind, string? Status = null, string? Detail = null);

namespace Crm.Campaign.Sender.Smtp;

/// <summary>Where in the mail transaction an outcome was decided.</summary>
public enum SmtpStage
{
    /// <summary>Before MAIL: nothing about this message was answered.</summary>
    None,
    MailFrom,
    RcptTo,
    Data,
    EndOfData,
}

/// <summary>What became of one message. Exactly one of the nested cases.</summary>
public abstract record SmtpOutcome
{
    private SmtpOutcome()
    {
    }

    /// <summary>The server took responsibility for the message (2xx after the final dot).</summary>
    public sealed record Accepted(SmtpReply Reply) : SmtpOutcome;

    /// <summary>5xx: the same message must not be tried again. Only <see cref="SmtpStage.RcptTo"/> speaks about the recipient.</summary>
    public sealed record Rejected(SmtpReply Reply, SmtpStage Stage) : SmtpOutcome;

    /// <summary>
    /// Certainly not delivered, may be tried again: 4xx, or (reply null) the final dot never left, because the connection
    /// was lost before it, the batch was cancelled, or an earlier message of the batch ended the connection.
    /// </summary>
    public sealed record Deferred(SmtpReply? Reply, SmtpStage Stage, string Reason) : SmtpOutcome;

    /// <summary>The final dot may have left and no reply to it came: delivered or not (RFC 1047). Reconcile by Message-ID.</summary>
    public sealed record Unknown(string Reason) : SmtpOutcome;
}

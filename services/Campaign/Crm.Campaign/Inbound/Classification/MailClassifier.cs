using Crm.Campaign.Inbound.Mime;

namespace Crm.Campaign.Inbound.Classification;

/// <summary>What a mail is: what machines wrote for machines first, prose last. The order decides, see each step.</summary>
internal static class MailClassifier
{
    /// <param name="mail">As read.</param>
    /// <param name="nullSender">Its envelope sender was empty; null where the envelope is not known.</param>
    public static MailVerdict Classify(MimeEntity mail, bool? nullSender)
    {
        nullSender ??= mail["Return-Path"]?.Trim() is "<>" || mail["From"]?.Trim() is "<>" or "";
        if (FeedbackOf(mail) is { } feedback) return feedback;
        if (DeliveryStatus.Read(mail) is { } status) return status;
        if (BounceText.IsBounce(mail)) return BounceText.Judge(mail);
        if (AutomaticReply.Is(mail)) return new MailVerdict(MailKind.AutomaticReply);
        // An answer to nobody is a machine's, and of those only bounces are left.
        return nullSender.Value ? BounceText.Judge(mail) : new MailVerdict(MailKind.Reply);
    }

    /// <summary>The ARF report of a mail provider (RFC 5965); what is no complaint (not-spam, authentication failures) is a receipt.</summary>
    private static MailVerdict? FeedbackOf(MimeEntity mail)
    {
        if (mail.Walk().FirstOrDefault(part => part.Type.MediaType == "message/feedback-report") is not { } report) return null;
        var fields = new List<KeyValuePair<string, string>>();
        MimeReader.ReadFields(report.Body.Span, fields);
        var type = fields.FirstOrDefault(field => string.Equals(field.Key, "Feedback-Type", StringComparison.OrdinalIgnoreCase)).Value?.Trim().ToLowerInvariant();
        return type is "abuse" or "fraud" or "opt-out" or "opt-out-list" or "complaint" or null
            ? new MailVerdict(MailKind.Complaint, null, type ?? "abuse")
            : new MailVerdict(MailKind.Receipt, null, type);
    }
}

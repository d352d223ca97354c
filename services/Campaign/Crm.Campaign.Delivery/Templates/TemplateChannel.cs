using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>What a text on a channel may consist of.</summary>
/// <param name="Subject">Whether recipients see one: title of a push, heading of a letter, topic of a call.</param>
/// <param name="MaxLength">Of the text as written, in UTF-16 units. Short messages are limited by segments as well.</param>
public sealed record TemplateChannel(string Name, bool Subject, int MaxLength)
{
    public const string Email = "email";
    public const string Sms = "sms";

    /// <summary>Longest short message that is sent, in segments of 3GPP TS 23.040.</summary>
    public const int MaxSegments = 10;

    /// <summary>
    /// WhatsApp: 4,096 characters a text message. Push: the payload of FCM and APNs is 4 kB altogether, of which the text may have half. POS: what
    /// a customer display or receipt can show.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, TemplateChannel> All = new[]
    {
        new TemplateChannel(Email, true, 200_000),
        new TemplateChannel(Sms, false, 2_000),
        new TemplateChannel("whatsapp", true, 4_096),
        new TemplateChannel("push", true, 2_000),
        new TemplateChannel("webhook", true, 64_000),
        new TemplateChannel("phone", true, 20_000),
        new TemplateChannel("post", true, 20_000),
        new TemplateChannel("pos", true, 500),
    }.ToDictionary(channel => channel.Name, StringComparer.Ordinal);

    /// <summary>What is wrong with the parts that a text has, or null. E-mail is checked part by part elsewhere.</summary>
    internal Error? Check(TemplateContent content, string field)
    {
        if (content.Html is not null) return Refuse("campaign.part_not_for_channel", $"A template for {Name} has no HTML, only a text.", $"{field}.html");
        if (!Subject && content.Subject is not null) return Refuse("campaign.part_not_for_channel", $"A message by {Name} has no subject.", $"{field}.subject");
        if (string.IsNullOrWhiteSpace(content.Text)) return Refuse("campaign.text_missing", $"A template for {Name} needs a text.", $"{field}.text");
        return content.Text.Length > MaxLength
            ? Refuse("campaign.text_too_long", $"A text for {Name} has at most {MaxLength} characters; this one has {content.Text.Length}.", $"{field}.text")
            : null;
    }

    private static Error Refuse(string code, string message, string field) => Error.Unprocessable(code, message, field);
}

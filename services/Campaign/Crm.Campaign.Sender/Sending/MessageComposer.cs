using System.Collections.Concurrent;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Sender.Smtp;

namespace Crm.Campaign.Sender.Sending;

/// <summary>Makes a claim into a mail: the text rendered, the links signed, the Message-ID that this delivery always has.</summary>
internal sealed class MessageComposer(TrackingTokens tokens, ReturnPaths returnPaths, OutgoingMail mail, TimeProvider time)
{
    private const int CacheSize = 64;
    private readonly ConcurrentDictionary<(Guid TemplateId, long Version, string Language, string Variant), MessageTemplate> _compiled = new();

    /// <exception cref="ArgumentException">The address, or something in the text, cannot be put into a mail.</exception>
    public SmtpMessage Compose(SendingCampaign campaign, Claim claim)
    {
        using var html = new RentedBuffer(16 * 1024);
        using var text = new RentedBuffer(4 * 1024);
        var subject = Template(campaign, claim.Language).Write(claim.Recipient, tokens, claim.DeliveryId, campaign.Template.Links.Count, html, text);
        var to = new Mailbox(claim.Recipient.Email!, WithoutControls(claim.Recipient.DisplayName));
        return mail.Write(
            new MimeMessage
            {
                From = campaign.From,
                To = [to],
                Subject = subject,
                Date = time.GetUtcNow(),
                MessageId = tokens.MessageId(claim.DeliveryId),
                TextBody = new MailText(text.WrittenMemory),
                HtmlBody = new MailText(html.WrittenMemory),
                UnsubscribeUrl = new Uri(tokens.UnsubscribeUrl(claim.DeliveryId)),
                UnsubscribeAddress = returnPaths.WriteUnsubscribe(claim.DeliveryId) is { } address ? SmtpAddress.Parse(address) : null,
            },
            SmtpAddress.Parse(returnPaths.Write(claim.DeliveryId, campaign.FromAddress)),
            to.Address);
    }

    /// <summary>The text for a channel that is not e-mail, and the tracked address of the template's first link; null where it has none.</summary>
    public (RenderedMessage Message, string? Link) Render(SendingCampaign campaign, Claim claim) =>
        (Template(campaign, claim.Language).Render(claim.Recipient, tokens, claim.DeliveryId, campaign.Template.Links.Count),
            campaign.Template.Links.Count > 0 ? tokens.LinkUrl(claim.DeliveryId, 0) : null);

    private MessageTemplate Template(SendingCampaign campaign, string language)
    {
        if (_compiled.Count > CacheSize) _compiled.Clear();
        return _compiled.GetOrAdd(
            (campaign.TemplateId, campaign.TemplateVersion, language, campaign.Variant.Length > 0 ? $"{campaign.Id} {campaign.Variant}" : ""),
            static (key, template) => new MessageTemplate(key.Language, template.Languages[key.Language], template.Needs),
            campaign.Template);
    }

    private static string WithoutControls(string name) => name.Any(char.IsControl) ? new([.. name.Where(character => !char.IsControl(character))]) : name;
}

using System.Text.RegularExpressions;
using Crm.Campaign.Delivery;
using Crm.Campaign.Inbound.Mime;

namespace Crm.Campaign.Inbound;

/// <summary>
/// Which delivery a mail is about: by the address it came to (VERP), by any field or text in it that holds that address or our Message-ID.
/// Both are signed, so nothing that somebody made up names a delivery.
/// </summary>
internal sealed partial class Correlation(ReturnPaths returnPaths, TrackingTokens tokens)
{
    public Guid? Find(MimeEntity mail, IEnumerable<string> recipients)
    {
        foreach (var recipient in recipients)
            if (returnPaths.Read(recipient) is { } delivery) return delivery;
        foreach (var text in Texts(mail))
            foreach (Match match in Token().Matches(text))
                if ((returnPaths.Read(match.Value) ?? tokens.ReadMessageId(match.Value)) is { } delivery) return delivery;
        return null;
    }

    /// <summary>
    /// The delivery whose subscription a mail ends: by whom it was for, as the envelope says, or as the mail itself does where that is not known.
    /// </summary>
    public Guid? FindUnsubscribe(MimeEntity mail, IReadOnlyCollection<string> recipients)
    {
        var addresses = recipients.Count > 0 ? recipients : [.. new[] { "Delivered-To", "X-Original-To", "To" }.Select(name => mail[name]).OfType<string>()];
        foreach (var text in addresses)
            foreach (Match match in UnsubscribeAddress().Matches(text))
                if (returnPaths.ReadUnsubscribe(match.Value) is { } delivery) return delivery;
        return null;
    }

    private static IEnumerable<string> Texts(MimeEntity mail)
    {
        foreach (var entity in mail.Walk())
        {
            foreach (var (_, value) in entity.Headers) yield return value;
            if (entity.Parts.Count == 0) yield return entity.Text();
        }
    }

    [GeneratedRegex(@"(?<![A-Za-z0-9+._-])u\+[A-Za-z2-7]{48}@[A-Za-z0-9.-]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex UnsubscribeAddress();

    // As DeliveryTokens writes them; between other characters of an address it is a part of another one.
    [GeneratedRegex(@"(?<![A-Za-z0-9+._-])(b\+)?[A-Za-z2-7]{48}@[A-Za-z0-9.-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}

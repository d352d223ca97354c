using HandlebarsDotNet;

namespace Crm.Campaign.Delivery.Templates;

public sealed record RenderedMessage(string Subject, string Html, string Text);

/// <summary>One language of a prepared template, compiled once and rendered for every recipient. Values are HTML-encoded in the HTML only.</summary>
public sealed class MessageTemplate
{
    private static readonly IHandlebars Html = Handlebars.Create();
    private static readonly IHandlebars Plain = Handlebars.Create(new HandlebarsConfiguration { NoEscape = true });

    private readonly string _language;
    private readonly HandlebarsTemplate<object, object> _subject;
    private readonly HandlebarsTemplate<object, object> _html;
    private readonly HandlebarsTemplate<object, object> _text;

    /// <exception cref="HandlebarsException">The text is not what Handlebars understands.</exception>
    public MessageTemplate(string language, PreparedContent content)
    {
        _language = language;
        _subject = Plain.Compile(content.Subject);
        _html = Html.Compile(content.Html);
        _text = Plain.Compile(content.Text);
    }

    /// <summary>With the links of one delivery.</summary>
    public RenderedMessage Render(Recipient recipient, TrackingTokens tokens, Guid deliveryId, int linkCount) => Render(
        recipient, link => tokens.LinkUrl(deliveryId, link), tokens.UnsubscribeUrl(deliveryId), tokens.WhyUrl(deliveryId), tokens.OpenUrl(deliveryId),
        tokens.LinkUrl(deliveryId, TrackingTokens.TrapLink), linkCount);

    /// <summary>As somebody would get it, with the links' targets themselves: nothing is tracked.</summary>
    public RenderedMessage Preview(Recipient recipient, IReadOnlyList<string> links) => Render(recipient, link => links[link], "#", "#", "data:,", "#", links.Count);

    private RenderedMessage Render(Recipient recipient, Func<int, string> linkUrl, string unsubscribeUrl, string whyUrl, string openUrl, string trapUrl, int linkCount)
    {
        var fields = MergeFields.Of(recipient, _language);
        fields[MergeFields.UnsubscribeUrl] = unsubscribeUrl;
        fields[MergeFields.WhyUrl] = whyUrl;
        fields["openPixel"] = openUrl;
        fields["trapUrl"] = trapUrl;
        for (var link = 0; link < linkCount; link++) fields[$"link{link}"] = linkUrl(link);
        return new RenderedMessage(OneLine(_subject(fields)), _html(fields), _text(fields));
    }

    /// <summary>A name with a line break in it must not begin a header of its own.</summary>
    private static string OneLine(string text) =>
        text.Any(char.IsControl) ? new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]) : text;
}

using System.Buffers;
using HandlebarsDotNet;

namespace Crm.Campaign.Delivery.Templates;

public sealed record RenderedMessage(string Subject, string Html, string Text);

/// <summary>One language of a prepared template, compiled once and rendered for every recipient. Values are HTML-encoded in the HTML only.</summary>
/// <remarks>
/// A text of plain fields and links is cut into pieces that are put together; only where it has blocks does Handlebars run for every recipient.
/// Both give the same text, which a property test compares.
/// </remarks>
public sealed class MessageTemplate
{
    private static readonly IHandlebars Html = Handlebars.Create();
    private static readonly IHandlebars Plain = Handlebars.Create(new HandlebarsConfiguration { NoEscape = true });
    private static readonly ITextEncoder Encoder = Html.Configuration.TextEncoder!;
    private static readonly SearchValues<char> NeedsNoEncoding = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;/-_@?#!()+%");

    private readonly string _language;
    private readonly TemplateNeeds _needs;
    private readonly Func<MergeValues, string> _subject;
    private readonly Func<MergeValues, string> _html;
    private readonly Func<MergeValues, string> _text;

    /// <param name="pieces">False: through Handlebars whatever the text.</param>
    /// <exception cref="HandlebarsException">The text is not what Handlebars understands.</exception>
    public MessageTemplate(string language, PreparedContent content, TemplateNeeds? needs = null, bool pieces = true)
    {
        (_language, _needs) = (language, needs ?? TemplateNeeds.None);
        _subject = Compile(content.Subject, Plain, null, pieces);
        _html = Compile(content.Html, Html, Encode, pieces);
        _text = Compile(content.Text, Plain, null, pieces);
    }

    /// <summary>With the links of one delivery.</summary>
    public RenderedMessage Render(Recipient recipient, TrackingTokens tokens, Guid deliveryId, int linkCount) => Render(new MergeValues(
        recipient, _language, _needs, linkCount, link => tokens.LinkUrl(deliveryId, link), () => tokens.UnsubscribeUrl(deliveryId), () => tokens.WhyUrl(deliveryId),
        () => tokens.OpenUrl(deliveryId), () => tokens.LinkUrl(deliveryId, TrackingTokens.TrapLink)));

    /// <summary>As somebody would get it, with the links' targets themselves: nothing is tracked.</summary>
    public RenderedMessage Preview(Recipient recipient, IReadOnlyList<string> links) =>
        Render(new MergeValues(recipient, _language, _needs, links.Count, link => links[link], static () => "#", static () => "#", static () => "data:,", static () => "#"));

    private RenderedMessage Render(MergeValues values) => new(OneLine(_subject(values)), _html(values), _text(values));

    private static Func<MergeValues, string> Compile(string source, IHandlebars handlebars, Func<string, string>? encode, bool pieces)
    {
        if (pieces && PieceText.TryParse(source) is { } text) return values => text.Render(values, encode);
        var compiled = handlebars.Compile(source);
        return values => compiled(values.ForHandlebars());
    }

    private static string Encode(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(NeedsNoEncoding)) return value;
        using var writer = new StringWriter();
        Encoder.Encode(value, writer);
        return writer.ToString();
    }

    /// <summary>A name with a line break in it must not begin a header of its own.</summary>
    private static string OneLine(string text) =>
        text.Any(char.IsControl) ? new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]) : text;
}

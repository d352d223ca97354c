using System.Buffers;
using System.Text;
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
    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(char.IsControl)]);
    private static readonly SearchValues<char> NeedsNoEncoding = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;/-_@?#!()+%");

    private readonly string _language;
    private readonly TemplateNeeds _needs;
    private readonly Compiled _subject;
    private readonly Compiled _html;
    private readonly Compiled _text;

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
    public RenderedMessage Render(Recipient recipient, TrackingTokens tokens, Guid deliveryId, int linkCount) => Render(Values(recipient, tokens, deliveryId, linkCount));

    /// <summary>The same, HTML and text as UTF-8; returns the subject.</summary>
    public string Write(Recipient recipient, TrackingTokens tokens, Guid deliveryId, int linkCount, IBufferWriter<byte> html, IBufferWriter<byte> text)
    {
        var values = Values(recipient, tokens, deliveryId, linkCount);
        _html.Write(values, html);
        _text.Write(values, text);
        return OneLine(_subject.Render(values));
    }

    /// <summary>As somebody would get it, with the links' targets themselves: nothing is tracked.</summary>
    public RenderedMessage Preview(Recipient recipient, IReadOnlyList<string> links) =>
        Render(new MergeValues(recipient, _language, _needs, links.Count, link => links[link], static () => "#", static () => "#", static () => "data:,", static () => "#"));

    private RenderedMessage Render(MergeValues values) => new(OneLine(_subject.Render(values)), _html.Render(values), _text.Render(values));

    private MergeValues Values(Recipient recipient, TrackingTokens tokens, Guid deliveryId, int linkCount) => new(
        recipient, _language, _needs, linkCount, link => tokens.LinkUrl(deliveryId, link), () => tokens.UnsubscribeUrl(deliveryId), () => tokens.WhyUrl(deliveryId),
        () => tokens.OpenUrl(deliveryId), () => tokens.LinkUrl(deliveryId, TrackingTokens.TrapLink));

    private static Compiled Compile(string source, IHandlebars handlebars, Func<string, string>? encode, bool pieces)
    {
        if (pieces && PieceText.TryParse(source) is { } text) return new Compiled(values => text.Render(values, encode), (values, output) => text.Write(values, encode, output));
        var compiled = handlebars.Compile(source);
        return new Compiled(Render, (values, output) => Encoding.UTF8.GetBytes(Render(values), output));

        string Render(MergeValues values) => compiled(values.ForHandlebars());
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
        text.AsSpan().ContainsAny(Controls) ? new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]) : text;

    private sealed record Compiled(Func<MergeValues, string> Render, Action<MergeValues, IBufferWriter<byte>> Write);
}

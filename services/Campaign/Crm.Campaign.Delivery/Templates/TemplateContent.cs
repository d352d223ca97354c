namespace Crm.Campaign.Delivery.Templates;

/// <summary>
/// One language of a template as its author writes it. E-mail has a subject and either HTML or MJML, and without
/// <paramref name="Text"/> the plain text is made from that; every other channel has a text, and where the channel shows one a subject (title of a push, heading of a letter).
/// </summary>
public sealed record TemplateContent(string? Subject, string? Html = null, string? Text = null, string? Mjml = null);

/// <summary>
/// As it is sent: plain Handlebars, tracked links are merge fields <c>link0</c>, <c>link1</c>, ...; plain text, footer and pixel are there.
/// </summary>
/// <param name="Html">Empty except for e-mail.</param>
public sealed record PreparedContent(string Subject, string Html, string Text);

/// <param name="Languages">By <c>id</c> and <c>en</c>; at least one.</param>
/// <param name="Links">Targets of the tracked links, by number.</param>
public sealed record PreparedTemplate(IReadOnlyDictionary<string, PreparedContent> Languages, IReadOnlyList<string> Links)
{
    public TemplateNeeds Needs { get; init; } = TemplateNeeds.None;

    public const string DefaultLanguage = "id";

    /// <summary>The recipient's language, else the default one, else whatever there is.</summary>
    public string LanguageFor(string? preferred) =>
        preferred is not null && Languages.ContainsKey(preferred) ? preferred
        : Languages.ContainsKey(DefaultLanguage) ? DefaultLanguage
        : Languages.Keys.Order(StringComparer.Ordinal).First();
}

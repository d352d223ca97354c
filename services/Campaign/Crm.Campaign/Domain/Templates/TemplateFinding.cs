namespace Crm.Campaign.Domain.Templates;

/// <param name="Code">Stable: <c>subject_capitals</c>, <c>link_broken</c>, ...</param>
/// <param name="Severity">info, warning, or error: an error is one that recipients will notice.</param>
/// <param name="Language">Of the text it is about; null: of all.</param>
/// <param name="Place">The word, link or number that it is about.</param>
public sealed record TemplateFinding(string Code, string Severity, string? Language, string MessageId, string MessageEn, string? Place = null)
{
    internal static TemplateFinding Info(string code, string? language, string id, string en, string? place = null) => new(code, "info", language, id, en, place);

    internal static TemplateFinding Warning(string code, string? language, string id, string en, string? place = null) => new(code, "warning", language, id, en, place);

    internal static TemplateFinding Problem(string code, string? language, string id, string en, string? place = null) => new(code, "error", language, id, en, place);
}

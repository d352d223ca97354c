using System.Net;
using System.Text.RegularExpressions;
using Crm.Campaign.Delivery.Templates.Mjml;
using Crm.ServiceDefaults.Errors;
using HandlebarsDotNet;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>Checks what an author wrote and makes it ready to send; done once, when a template is saved.</summary>
public static partial class TemplatePreparation
{
    private const int MaxLinks = 1_000;

    private static readonly Dictionary<string, string> UnsubscribeText = new(StringComparer.Ordinal)
    {
        ["id"] = "Berhenti berlangganan",
        ["en"] = "Unsubscribe",
    };

    private static readonly Dictionary<string, string> WhyText = new(StringComparer.Ordinal)
    {
        ["id"] = "Mengapa saya menerima ini?",
        ["en"] = "Why did I get this?",
    };

    /// <summary>The languages that a template may have.</summary>
    public static IReadOnlyCollection<string> Languages => UnsubscribeText.Keys;

    public static Result<PreparedTemplate> Prepare(IReadOnlyDictionary<string, TemplateContent> contents, string channel = TemplateChannel.Email)
    {
        if (!TemplateChannel.All.TryGetValue(channel, out var rules))
        {
            return Error.Unprocessable("campaign.unknown_channel", $"There is no channel '{channel}'. There are: {string.Join(", ", TemplateChannel.All.Keys)}.", "channel");
        }

        var numbers = new TemplateNumbers();
        var prepared = new Dictionary<string, PreparedContent>(StringComparer.Ordinal);
        foreach (var (language, content) in contents.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var field = $"contents.{language}";
            if (!UnsubscribeText.ContainsKey(language)) return Error.Unprocessable("campaign.unknown_language", $"Messages are in id or en, not '{language}'.", field);
            var result = channel == TemplateChannel.Email ? PrepareMail(language, content, field, numbers) : PrepareText(rules, content, field, numbers);
            if (!result.TryGet(out var ready, out var error)) return error;
            prepared[language] = ready;
        }

        if (prepared.Count == 0) return Error.Unprocessable("campaign.template_empty", "A template needs the language id or en.", "contents");
        if (numbers.Links.Count > MaxLinks) return Error.Unprocessable("campaign.too_many_links", $"A template has at most {MaxLinks} links.", "contents");
        return Compiled(new PreparedTemplate(prepared, numbers.Links) { Needs = numbers.Needs });
    }

    private static Result<PreparedTemplate> Compiled(PreparedTemplate template)
    {
        foreach (var (language, content) in template.Languages)
        {
            try
            {
                // Both ways, so that no text waits for its first recipient to turn out wrong.
                _ = new MessageTemplate(language, content, template.Needs, pieces: false).Preview(Recipient.Example, template.Links);
            }
            catch (HandlebarsException exception)
            {
                return Error.Unprocessable("campaign.template_syntax", exception.Message, $"contents.{language}");
            }
        }

        return template;
    }

    private static Result<PreparedContent> PrepareText(TemplateChannel channel, TemplateContent content, string field, TemplateNumbers numbers)
    {
        if ((channel.Check(content, field) ?? CheckSubject(content.Subject ?? "-", field)) is { } wrong) return wrong;
        if (!TemplateSyntax.Translate(content.Subject ?? "", $"{field}.subject", numbers, oneLine: true).TryGet(out var subject, out var error)) return error;
        return TemplateSyntax.Translate(content.Text!, $"{field}.text", numbers).TryGet(out var text, out error) ? new PreparedContent(subject, "", text) : error;
    }

    private static Result<PreparedContent> PrepareMail(string language, TemplateContent content, string field, TemplateNumbers numbers)
    {
        if (!TemplateSyntax.Translate(content.Subject ?? "", $"{field}.subject", numbers, oneLine: true).TryGet(out var subject, out var error)) return error;
        if (CheckSubject(content.Subject, field) is { } wrong) return wrong;
        if (!PrepareHtml(language, content, field, numbers).TryGet(out var html, out error)) return error;
        if (!TemplateSyntax.Translate(content.Text ?? "", $"{field}.text", numbers).TryGet(out var text, out error)) return error;
        if (string.IsNullOrWhiteSpace(text)) text = PlainText.From(html);

        // Whoever can read the message can end the subscription, whether the author thought of it or not.
        if (!Mentions(html, MergeFields.UnsubscribeUrl))
        {
            html = BeforeBodyEnd(html, $"<p style=\"font-size:12px;color:#666;text-align:center\"><a href=\"{{{{{MergeFields.UnsubscribeUrl}}}}}\">{UnsubscribeText[language]}</a></p>");
        }

        if (!Mentions(text, MergeFields.UnsubscribeUrl)) text = $"{text.TrimEnd()}\n\n{UnsubscribeText[language]}: {{{{{MergeFields.UnsubscribeUrl}}}}}\n";
        if (!Mentions(html, MergeFields.WhyUrl))
        {
            html = BeforeBodyEnd(html, $"<p style=\"font-size:12px;color:#666;text-align:center\"><a href=\"{{{{{MergeFields.WhyUrl}}}}}\">{WhyText[language]}</a></p>");
        }

        if (!Mentions(text, MergeFields.WhyUrl)) text = $"{text.TrimEnd()}\n{WhyText[language]} {{{{{MergeFields.WhyUrl}}}}}\n";

        // Nobody sees or reaches it; a program that follows every link follows it too.
        html = BeforeBodyEnd(html, $"<a href=\"{{{{{MergeValues.Trap}}}}}\" style=\"display:none\" aria-hidden=\"true\" tabindex=\"-1\"></a>");
        return new PreparedContent(subject, BeforeBodyEnd(html, $"<img src=\"{{{{{MergeValues.OpenPixel}}}}}\" width=\"1\" height=\"1\" alt=\"\">"), text);
    }

    private static Result<string> PrepareHtml(string language, TemplateContent content, string field, TemplateNumbers numbers)
    {
        if (string.IsNullOrWhiteSpace(content.Html) == string.IsNullOrWhiteSpace(content.Mjml))
        {
            return Error.Unprocessable("campaign.html_missing", "A template for email needs either html or mjml.", $"{field}.html");
        }

        var source = string.IsNullOrWhiteSpace(content.Mjml) ? $"{field}.html" : $"{field}.mjml";
        if (!TemplateSyntax.Translate(string.IsNullOrWhiteSpace(content.Mjml) ? content.Html! : content.Mjml, source, numbers).TryGet(out var html, out var error)) return error;
        if (!string.IsNullOrWhiteSpace(content.Mjml) && !MjmlCompiler.Compile(html, language, source).TryGet(out html, out error)) return error;
        return HtmlRules.FirstFault(html) is { } fault
            ? Error.Unprocessable(fault.Code, $"Line {fault.LineIn(html)}, <{fault.Element}>: {fault.Message}", source)
            : NumberLinks(html, source, numbers);
    }

    private static Error? CheckSubject(string? subject, string field) => string.IsNullOrWhiteSpace(subject) || subject.Any(char.IsControl)
        ? Error.Unprocessable("campaign.subject_invalid", "A subject is one line of text.", $"{field}.subject")
        : null;

    /// <summary>Targets of anchors, and of the buttons that only Outlook shows, become numbered fields, as those of <c>{{link}}</c> are; targets with merge fields in them are refused.</summary>
    private static Result<string> NumberLinks(string html, string field, TemplateNumbers numbers)
    {
        Error? wrong = null;
        var result = Anchor().Replace(html, match =>
        {
            var target = match.Groups["url"];
            var url = WebUtility.HtmlDecode(target.Value).Trim();
            if (url.Length == 0 || url[0] == '#' || OwnTarget().IsMatch(url)) return match.Value;
            if (url.Contains("{{", StringComparison.Ordinal))
            {
                wrong ??= Error.Unprocessable("campaign.merge_field_in_link", $"The link '{url}' contains a merge field; links are the same for everybody.", field);
                return match.Value;
            }

            if (Unnumbered().IsMatch(url)) return match.Value;
            if (!numbers.TryLink(url, out var number))
            {
                wrong ??= TemplateNumbers.InvalidLink(url, field);
                return match.Value;
            }

            // In a list of products a plain name would be the product's.
            var root = InProducts(html, match.Index) ? "@root." : "";
            var offset = target.Index - match.Index;
            return $"{match.Value[..offset]}{{{{{root}link{number}}}}}{match.Value[(offset + target.Length)..]}";
        });
        return wrong is null ? result : wrong;
    }

    private static bool InProducts(string html, int position) =>
        html.LastIndexOf("{{#each", position, StringComparison.Ordinal) > html.LastIndexOf("{{/each", position, StringComparison.Ordinal);

    private static bool Mentions(string source, string name) =>
        source.Contains("{{" + name + "}}", StringComparison.Ordinal) || source.Contains("{{@root." + name + "}}", StringComparison.Ordinal);

    private static string BeforeBodyEnd(string html, string addition) =>
        html.LastIndexOf("</body", StringComparison.OrdinalIgnoreCase) is var end and >= 0 ? html.Insert(end, addition) : html + addition;

    [GeneratedRegex("""<(?:a|v:roundrect)\s(?:[^>"']|"[^"]*"|'[^']*')*?(?<![\w-])href\s*=\s*(?:"(?<url>[^"]*)"|'(?<url>[^']*)'|(?<url>[^\s"'>]+))""", RegexOptions.IgnoreCase)]
    private static partial Regex Anchor();

    [GeneratedRegex(@"^\{\{(@root\.)?(unsubscribeUrl|whyUrl|link[0-9]+)\}\}$")]
    private static partial Regex OwnTarget();

    [GeneratedRegex("^(mailto|tel|sms):", RegexOptions.IgnoreCase)]
    private static partial Regex Unnumbered();
}

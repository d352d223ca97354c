using System.Net;
using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Errors;
using HandlebarsDotNet;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>Checks what an author wrote and makes it ready to send; done once, when a template is saved.</summary>
public static partial class TemplatePreparation
{
    private const int MaxLinks = 1_000;
    private const int MaxUrlLength = 2_000;

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

        var links = new List<string>();
        var prepared = new Dictionary<string, PreparedContent>(StringComparer.Ordinal);
        foreach (var (language, content) in contents.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var field = $"contents.{language}";
            if (!UnsubscribeText.ContainsKey(language)) return Error.Unprocessable("campaign.unknown_language", $"Messages are in id or en, not '{language}'.", field);
            var result = channel == TemplateChannel.Email ? PrepareMail(language, content, field, links) : PrepareText(language, rules, content, field, links);
            if (!result.TryGet(out var ready, out var error)) return error;
            prepared[language] = ready;
        }

        if (prepared.Count == 0) return Error.Unprocessable("campaign.template_empty", "A template needs the language id or en.", "contents");
        return links.Count <= MaxLinks
            ? new PreparedTemplate(prepared, links)
            : Error.Unprocessable("campaign.too_many_links", $"A template has at most {MaxLinks} links.", "contents");
    }

    private static Result<PreparedContent> PrepareText(string language, TemplateChannel channel, TemplateContent content, string field, List<string> links)
    {
        var error = channel.Check(content, field)
            ?? TemplateSyntax.Check(content.Subject ?? "", $"{field}.subject", linksAllowed: false)
            ?? TemplateSyntax.Check(content.Text!, $"{field}.text", linksAllowed: true)
            ?? CheckSubject(content.Subject ?? "-", field);
        if (error is not null) return error;
        return NumberHelperLinks(content.Text!, $"{field}.text", links).TryGet(out var text, out error)
            ? Compiled(language, new PreparedContent(content.Subject ?? "", "", text), field)
            : error;
    }

    private static Result<PreparedContent> PrepareMail(string language, TemplateContent content, string field, List<string> links)
    {
        if (string.IsNullOrWhiteSpace(content.Html)) return Error.Unprocessable("campaign.html_missing", "A template for email needs HTML.", $"{field}.html");
        var error = TemplateSyntax.Check(content.Subject ?? "", $"{field}.subject", linksAllowed: false)
            ?? TemplateSyntax.Check(content.Html, $"{field}.html", linksAllowed: true)
            ?? TemplateSyntax.Check(content.Text ?? "", $"{field}.text", linksAllowed: true)
            ?? CheckSubject(content.Subject, field);
        if (error is not null) return error;

        if (!NumberLinks(content.Html, $"{field}.html", links).TryGet(out var html, out error)) return error;
        if (!NumberHelperLinks(content.Text ?? "", $"{field}.text", links).TryGet(out var text, out error)) return error;
        if (string.IsNullOrWhiteSpace(text)) text = PlainText.From(html);

        // Whoever can read the message can end the subscription, whether the author thought of it or not.
        if (!Mentions(content.Html, MergeFields.UnsubscribeUrl))
        {
            html = BeforeBodyEnd(html, $"<p style=\"font-size:12px;color:#666\"><a href=\"{{{{{MergeFields.UnsubscribeUrl}}}}}\">{UnsubscribeText[language]}</a></p>");
        }

        if (!Mentions(text, MergeFields.UnsubscribeUrl)) text = $"{text.TrimEnd()}\n\n{UnsubscribeText[language]}: {{{{{MergeFields.UnsubscribeUrl}}}}}\n";
        if (!Mentions(content.Html, MergeFields.WhyUrl))
        {
            html = BeforeBodyEnd(html, $"<p style=\"font-size:12px;color:#666\"><a href=\"{{{{{MergeFields.WhyUrl}}}}}\">{WhyText[language]}</a></p>");
        }

        if (!Mentions(text, MergeFields.WhyUrl)) text = $"{text.TrimEnd()}\n{WhyText[language]} {{{{{MergeFields.WhyUrl}}}}}\n";
        html = BeforeBodyEnd(html, "<img src=\"{{openPixel}}\" width=\"1\" height=\"1\" alt=\"\">");

        // Nobody sees or reaches it; a program that follows every link follows it too.
        html = BeforeBodyEnd(html, "<a href=\"{{trapUrl}}\" style=\"display:none\" aria-hidden=\"true\" tabindex=\"-1\"></a>");

        return Compiled(language, new PreparedContent(content.Subject!, html, text), field);
    }

    private static Error? CheckSubject(string? subject, string field) => string.IsNullOrWhiteSpace(subject) || subject.Any(char.IsControl)
        ? Error.Unprocessable("campaign.subject_invalid", "A subject is one line of text.", $"{field}.subject")
        : null;

    private static Result<PreparedContent> Compiled(string language, PreparedContent ready, string field)
    {
        try
        {
            _ = new MessageTemplate(language, ready);
            return ready;
        }
        catch (HandlebarsException exception)
        {
            return Error.Unprocessable("campaign.template_syntax", exception.Message, field);
        }
    }

    /// <summary>Targets of anchors, and of <c>{{link}}</c>, become numbered fields; targets with merge fields in them are refused.</summary>
    private static Result<string> NumberLinks(string html, string field, List<string> links)
    {
        if (!NumberHelperLinks(html, field, links).TryGet(out var numbered, out var error)) return error;
        Error? wrong = null;
        var result = Anchor().Replace(numbered, match =>
        {
            var target = match.Groups["url"];
            var url = WebUtility.HtmlDecode(target.Value).Trim();
            if (url.Length == 0 || url[0] == '#' || OwnTarget().IsMatch(url)) return match.Value;
            if (url.Contains("{{", StringComparison.Ordinal))
            {
                wrong ??= Error.Unprocessable("campaign.merge_field_in_link", $"The link '{url}' contains a merge field; links are the same for everybody.", field);
                return match.Value;
            }

            if (url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) || url.StartsWith("tel:", StringComparison.OrdinalIgnoreCase)) return match.Value;
            if (!TryNumber(url, links, out var number))
            {
                wrong ??= Invalid(url, field);
                return match.Value;
            }

            var offset = target.Index - match.Index;
            return $"{match.Value[..offset]}{{{{link{number}}}}}{match.Value[(offset + target.Length)..]}";
        });
        return wrong is null ? result : wrong;
    }

    private static Result<string> NumberHelperLinks(string source, string field, List<string> links)
    {
        Error? wrong = null;
        var result = LinkHelper().Replace(source, match =>
        {
            if (TryNumber(match.Groups[1].Value, links, out var number)) return $"{{{{link{number}}}}}";
            wrong ??= Invalid(match.Groups[1].Value, field);
            return match.Value;
        });
        return wrong is null ? result : wrong;
    }

    private static bool TryNumber(string url, List<string> links, out int number)
    {
        number = -1;
        if (url.Length > MaxUrlLength || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0) return false;
        number = links.IndexOf(uri.AbsoluteUri);
        if (number < 0)
        {
            number = links.Count;
            links.Add(uri.AbsoluteUri);
        }

        return true;
    }

    private static Error Invalid(string url, string field) =>
        Error.Unprocessable("campaign.link_invalid", $"'{url}' is not an http or https address.", field);

    private static bool Mentions(string source, string name) => source.Contains("{{" + name + "}}", StringComparison.Ordinal);

    private static string BeforeBodyEnd(string html, string addition) =>
        html.LastIndexOf("</body", StringComparison.OrdinalIgnoreCase) is var end and >= 0 ? html.Insert(end, addition) : html + addition;

    [GeneratedRegex("""<a\b[^>]*?\bhref\s*=\s*(?:"(?<url>[^"]*)"|'(?<url>[^']*)'|(?<url>[^\s"'>]+))""", RegexOptions.IgnoreCase)]
    private static partial Regex Anchor();

    [GeneratedRegex("""\{\{\s*link\s+"([^"{}]*)"\s*\}\}""")]
    private static partial Regex LinkHelper();

    [GeneratedRegex("""^\{\{\s*(unsubscribeUrl|whyUrl|link[0-9]+)\s*\}\}$""")]
    private static partial Regex OwnTarget();
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Crm.Campaign.Delivery.Templates;

namespace Crm.Campaign.Domain.Templates;

/// <summary>
/// What spam filters and mail programs take amiss, found in the message as an example recipient would get it. Rules of thumb: they warn, they
/// forbid nothing.
/// </summary>
internal static partial class TemplateChecks
{
    /// <summary>Gmail cuts a message after 102 kB of HTML and hides the rest, the link to unsubscribe with it.</summary>
    private const int ClippedAfter = 102 * 1024;

    private const int LongSubject = 70;

    private static readonly HashSet<string> Shorteners = new(StringComparer.OrdinalIgnoreCase)
    {
        "bit.ly", "tinyurl.com", "t.co", "goo.gl", "is.gd", "s.id", "ow.ly", "cutt.ly", "rebrand.ly", "t.ly", "shorturl.at", "rb.gy", "bl.ink", "buff.ly",
    };

    // Words that weigh in the rule sets of common filters, in the forms in which they offend.
    private static readonly Dictionary<string, string[]> Suspicious = new(StringComparer.Ordinal)
    {
        ["id"] = ["gratis 100%", "100% gratis", "uang tunai", "menang undian", "pemenang undian", "klik di sini", "segera klik", "tanpa syarat", "pinjaman cepat", "dijamin untung", "cepat kaya", "transfer sekarang", "slot gacor", "judi"],
        ["en"] = ["100% free", "free money", "cash bonus", "you are a winner", "you have won", "click here", "act now", "no obligation", "risk-free", "guaranteed income", "get rich", "limited time only", "casino", "viagra"],
    };

    public static IEnumerable<TemplateFinding> Find(string channel, string language, TemplateContent written, RenderedMessage message, IReadOnlyList<string> links)
    {
        var findings = Words(language, message).Concat(Links(links));
        if (channel == TemplateChannel.Sms) return findings.Concat(ShortMessage(language, message.Text));
        return channel == TemplateChannel.Email ? findings.Concat(Subject(language, message.Subject)).Concat(Mail(language, written, message)) : findings;
    }

    private static IEnumerable<TemplateFinding> Subject(string language, string subject)
    {
        var letters = subject.Where(char.IsLetter).ToArray();
        if (letters.Length > 5 && letters.Count(char.IsUpper) >= 0.7 * letters.Length)
        {
            yield return TemplateFinding.Warning("subject_capitals", language, "Judul hampir seluruhnya huruf besar.", "The subject is nearly all capitals.", subject);
        }

        if (subject.Count(character => character == '!') >= 3 || subject.Contains("!!", StringComparison.Ordinal))
        {
            yield return TemplateFinding.Warning("subject_exclamation", language, "Judul memiliki terlalu banyak tanda seru.", "The subject has too many exclamation marks.", subject);
        }

        if (subject.Length > LongSubject)
        {
            yield return TemplateFinding.Info("subject_long", language, $"Judul lebih dari {LongSubject} karakter dan akan terpotong.", $"The subject is longer than {LongSubject} characters and will be cut off.", Text(subject.Length));
        }
    }

    private static IEnumerable<TemplateFinding> Mail(string language, TemplateContent written, RenderedMessage message)
    {
        var size = Encoding.UTF8.GetByteCount(message.Html);
        if (size > ClippedAfter) yield return TemplateFinding.Problem("html_clipped", language, "HTML lebih dari 102 kB; Gmail memotong pesan.", "The HTML is larger than 102 kB; Gmail cuts the message.", Text(size));
        if (!$"{written.Html}{written.Mjml}".Contains(MergeFields.UnsubscribeUrl, StringComparison.Ordinal))
        {
            yield return TemplateFinding.Info("unsubscribe_added", language, "Teks tidak memuat tautan berhenti berlangganan; kami menambahkannya di akhir.", "The text has no link to unsubscribe; one is added at its end.");
        }

        var body = new HtmlParser().ParseDocument(message.Html).Body!;
        foreach (var style in body.QuerySelectorAll("style")) style.Remove();
        var images = body.QuerySelectorAll("img").Where(image => image.GetAttribute("width") != "1").ToArray();
        var silent = images.Count(image => string.IsNullOrWhiteSpace(image.GetAttribute("alt")));
        if (silent > 0) yield return TemplateFinding.Warning("images_without_alt", language, "Ada gambar tanpa teks pengganti.", "Images have no alternative text.", Text(silent));

        var visible = Spaces().Replace(body.TextContent, " ").Trim().Length;
        if (images.Length > 0 && visible < 100 * images.Length && visible < 500)
        {
            yield return TemplateFinding.Warning("mostly_images", language, "Pesan ini hampir hanya berisi gambar.", "The message is nearly all images.", Text(visible));
        }

        if (message.Text.Length < visible / 2) yield return TemplateFinding.Warning("text_part_thin", language, "Teks polos jauh lebih pendek daripada HTML.", "The plain text says much less than the HTML.", Text(message.Text.Length));
        foreach (var link in body.QuerySelectorAll("a[href]").Where(Misleads))
        {
            yield return TemplateFinding.Problem("link_misleading", language, "Tautan menampilkan alamat lain daripada tujuannya.", "A link shows another address than it leads to.", link.TextContent.Trim());
        }
    }

    private static bool Misleads(IElement link) =>
        Shown().Match(link.TextContent.Trim()) is { Success: true } shown
        && Uri.TryCreate(link.GetAttribute("href"), UriKind.Absolute, out var target) && target.Scheme is "http" or "https"
        && !WithoutWww(target.Host).Equals(WithoutWww(shown.Groups[1].Value), StringComparison.OrdinalIgnoreCase);

    private static string WithoutWww(string host) => host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? host[4..] : host;

    private static IEnumerable<TemplateFinding> Words(string language, RenderedMessage message)
    {
        var text = $" {Spaces().Replace(message.Subject + " " + message.Text, " ")} ";
        return Suspicious.GetValueOrDefault(language, []).Where(words => Regex.IsMatch(text, $@"(?<!\w){Regex.Escape(words)}(?!\w)", RegexOptions.IgnoreCase))
            .Select(words => TemplateFinding.Warning("suspicious_words", language, "Kata-kata ini dicurigai penyaring spam.", "Spam filters take offence at these words.", words));
    }

    private static IEnumerable<TemplateFinding> Links(IReadOnlyList<string> links)
    {
        foreach (var link in links.Select(link => new Uri(link)))
        {
            if (Shorteners.Contains(WithoutWww(link.Host))) yield return TemplateFinding.Warning("url_shortener", null, "Tautan melalui penyingkat URL.", "A link goes through a URL shortener.", link.AbsoluteUri);
            if (link.Scheme == "http") yield return TemplateFinding.Info("link_not_https", null, "Tautan tidak terenkripsi (http).", "A link is not encrypted (http).", link.AbsoluteUri);
        }
    }

    private static IEnumerable<TemplateFinding> ShortMessage(string language, string text)
    {
        var size = SmsSize.Of(text);
        if (size.NotGsm7.Length > 0) yield return TemplateFinding.Warning("sms_ucs2", language, "Karakter ini membuat SMS lebih mahal (UCS-2).", "These characters make the message dearer (UCS-2).", size.NotGsm7);
        if (size.Segments > 1) yield return TemplateFinding.Info("sms_segments", language, "SMS terdiri dari beberapa segmen.", "The message takes several segments.", Text(size.Segments));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    /// <summary>Words that look like an address.</summary>
    [GeneratedRegex(@"^(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]\S*)?$", RegexOptions.IgnoreCase)]
    private static partial Regex Shown();
}

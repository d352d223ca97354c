using System.Text.RegularExpressions;
using Crm.Campaign.Inbound.Mime;

namespace Crm.Campaign.Inbound.Classification;

/// <summary>Bounces that are only prose: qmail, old Exim and Exchange, gateways that strip what is for machines.</summary>
internal static partial class BounceText
{
    /// <summary>Whether a mail system wrote it to say that something was not delivered.</summary>
    public static bool IsBounce(MimeEntity mail) =>
        mail["X-Failed-Recipients"] is not null
        || (Daemon().IsMatch(mail["From"] ?? "") && !AutomaticReply.HasSubject(mail))
        || FailureSubject().IsMatch(Subject(mail))
        || QmailStart().IsMatch(OwnWords(mail));

    public static MailVerdict Judge(MimeEntity mail)
    {
        var text = OwnWords(mail);
        var status = BounceSeverity.FindStatus(text);
        var detail = Line(text, status);
        if (DelaySubject().IsMatch(Subject(mail)) || (status is null or ['4', ..] && StillTrying().IsMatch(text))) return new MailVerdict(MailKind.Delay, status, detail);
        return new MailVerdict(BounceSeverity.Of(status, text), status, detail);
    }

    public static string Subject(MimeEntity mail) => TransferEncoding.Words(mail["Subject"] ?? "");

    /// <summary>What the mail system wrote, without the mail that it returns: that could be about anything, mailboxes too.</summary>
    public static string OwnWords(MimeEntity mail)
    {
        var part = Leaves(mail).FirstOrDefault(leaf => leaf.Type.MediaType == "text/plain") ?? Leaves(mail).FirstOrDefault(leaf => leaf.Type.MediaType == "text/html");
        if (part is null) return "";
        var text = part.Type.MediaType == "text/html" ? System.Net.WebUtility.HtmlDecode(Tags().Replace(part.Text(), " ")) : part.Text();
        return ReturnedMail().Match(text) is { Success: true, Index: > 0 } returned ? text[..returned.Index] : text;
    }

    private static IEnumerable<MimeEntity> Leaves(MimeEntity entity) => entity.Parts.Count == 0
        ? [entity]
        : entity.Type.MediaType.StartsWith("multipart/", StringComparison.Ordinal) ? entity.Parts.SelectMany(Leaves) : [];

    private static string Line(string text, string? status)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return (status is null ? null : Array.Find(lines, line => line.Contains(status, StringComparison.Ordinal)))
            ?? Array.Find(lines, BounceSeverity.SaysUnknown) ?? Array.Find(lines, BounceSeverity.SaysFull) ?? lines.FirstOrDefault() ?? "";
    }

    [GeneratedRegex(@"mailer-?daemon|postmaster@|mail delivery (sub)?system|Microsoft Outlook|Mail Administrator|mail router", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Daemon();

    [GeneratedRegex(
        @"undeliver(ed|able)|(mail |message )?delivery (has )?fail(ed|ure)|returned mail|(delivery status|non-?delivery) notification|failure notice|mail delivery (system|problem|error)|could not be delivered|nicht zustellbar|unzustellbar|Zustellung.*fehlgeschlagen|non (remis|distribué|délivré)|échec de (la )?remise|no se pudo entregar|no entregad[oa]|não entregue|tidak (terkirim|dapat dikirim|tersampaikan)|gagal (terkirim|dikirim)|pengiriman.*gagal|配信(不能|エラー|できません)|无法(投递|送达)|退信",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FailureSubject();

    [GeneratedRegex(@"\bdelay(ed)?\b|^warning: (could not send|message)|verzögert|tertunda|retardé|retrasad[oa]|atrasad[oa]|遅延|延迟", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DelaySubject();

    [GeneratedRegex(@"will (be retried|continue to (be )?(try|tried)|keep trying|retry)|(this is|only) a warning|no action is required|akan dicoba (lagi|kembali)|do not need to resend", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex StillTrying();

    [GeneratedRegex(@"^\s*(Hi\. )?This is the (qmail-send|mail delivery|mail system)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QmailStart();

    [GeneratedRegex(
        @"^\s*-{2,}.{0,40}(copy of (the|your) message|original message|returned message|pesan asli|ursprüngliche nachricht|message d'origine|mensaje original|message header|below this line).*$|^(Return-Path|Received|DKIM-Signature): ",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex ReturnedMail();

    [GeneratedRegex("<[^>]{0,2000}>")]
    private static partial Regex Tags();
}

using System.Text.RegularExpressions;

namespace Crm.Campaign.Inbound.Classification;

/// <summary>
/// Hard or soft, by the enhanced status code (RFC 3463, IANA's registry of them) and, where that says little (x.0.x, policy, none), by what
/// the text says. Hard only where it is about the address itself: a wrong guess costs a recipient.
/// </summary>
internal static partial class BounceSeverity
{
    public static MailKind Of(string? status, string text)
    {
        var (group, subject, detail) = Parse(status);
        if (group == 2) return MailKind.Receipt;
        if (group == 4) return MailKind.SoftBounce;
        return (subject, detail) switch
        {
            // The sender's address (5.1.7, 5.1.8) and relaying quirks (5.1.9) say nothing of the recipient.
            (1, 5 or 7 or 8 or 9) => MailKind.SoftBounce,
            (1, _) => Full().IsMatch(text) ? MailKind.SoftBounce : MailKind.HardBounce,
            (2, 0 or 1) => Full().IsMatch(text) || Blocked().IsMatch(text) ? MailKind.SoftBounce : MailKind.HardBounce,
            (2, _) => MailKind.SoftBounce,
            // No such domain: RFC 3463 names 5.4.4, Exchange Online 5.4.310.
            (4, 4 or 310) => MailKind.HardBounce,
            (3 or 4 or 5 or 6, _) => MailKind.SoftBounce,
            (7, _) => Unknown().IsMatch(text) && !Blocked().IsMatch(text) ? MailKind.HardBounce : MailKind.SoftBounce,
            (0, _) when group == 5 => Unknown().IsMatch(text) || !(Full().IsMatch(text) || Blocked().IsMatch(text)) ? MailKind.HardBounce : MailKind.SoftBounce,
            _ => Full().IsMatch(text) || !Unknown().IsMatch(text) ? MailKind.SoftBounce : MailKind.HardBounce,
        };
    }

    /// <summary>The code that says most in a text: an enhanced one, else what a plain SMTP reply code amounts to.</summary>
    public static string? FindStatus(string text)
    {
        var codes = Enhanced().Matches(text).Select(match => match.Value).Where(code => code[0] != '2').ToArray();
        if (codes.Length > 0) return Array.Find(codes, code => !code.EndsWith(".0.0", StringComparison.Ordinal)) ?? codes[0];
        return Plain().Match(text) is { Success: true } plain
            ? plain.Value switch { "552" => "5.2.2", "554" or "521" or "571" => "5.7.0", ['4', ..] => "4.0.0", _ => "5.0.0" }
            : null;
    }

    /// <summary>Whether a text speaks of an address that is not there.</summary>
    public static bool SaysUnknown(string text) => Unknown().IsMatch(text);

    public static bool SaysFull(string text) => Full().IsMatch(text);

    private static (int Group, int Subject, int Detail) Parse(string? status)
    {
        var parts = status?.Split('.');
        return parts is { Length: 3 } && int.TryParse(parts[0], out var group) && int.TryParse(parts[1], out var subject) && int.TryParse(parts[2], out var detail)
            ? (group, subject, detail)
            : (0, -1, -1);
    }

    [GeneratedRegex(@"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")]
    private static partial Regex Enhanced();

    [GeneratedRegex(@"(?<![\d.,:/])(421|45[0-4]|521|55[0-4]|571)(?=[ \-])")]
    private static partial Regex Plain();

    [GeneratedRegex(
        @"mailbox (is )?(full|over)|over ?quota|quota (exceeded|is full|limit)|exceed(s|ed)? (the |its |storage |mailbox |disk )*(quota|limit)|insufficient (storage|disk)|out of storage|penuh|kuota|voll\b|Speicherplatz|llen[ao]\b|pleine|cheia|容量|いっぱい|已满",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Full();

    [GeneratedRegex(
        @"spam|block(ed|list)|blacklist|black list|reputation|dnsbl|\brbl\b|dmarc|\bspf\b|dkim|policy|unsolicited|too (many|large|quickly)|rate.?limit|greylist|virus|content reject|diblokir|kebijakan",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Blocked();

    [GeneratedRegex(
        @"(user|recipient|mailbox|address|account|alias)( address)?( name)?( <[^>]*>)?(:? | is | was | has been | been )*(unknown|not found|invalid|disabled|inactive|suspended|deactivated|unavailable|unrouteable|undeliverable)|unknown (user|recipient|mailbox|account|address|local part)|no such (user|recipient|mailbox|person|address|account|domain)|(does ?n[o']t|doesn.t|do not|couldn.t|wasn.t|no longer) (exist|have|be found|found|valid|available|active)|not (a )?(valid|known|existing) (user|recipient|mailbox|address)|invalid (recipient|mailbox|user|address)|no mailbox (here|by that name)|unrouteable|not listed in|host or domain name not found|domain (name )?(not found|does not exist)|address rejected: (undeliverable|user)|unable to find|tidak (ditemukan|ada|terdaftar|dikenal|dapat ditemukan|valid)|nicht gefunden|existiert nicht|unbekannt|ungültig|nicht vorhanden|n.existe pas|introuvable|inconnue?|no existe|desconocid[ao]|não existe|non esiste|存在しません|見つかりません|不存在|未找到",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Unknown();
}

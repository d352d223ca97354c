namespace Crm.Campaign.Sender.Smtp;

/// <summary>A whole reply (RFC 5321 section 4.2), its lines without code and separator.</summary>
/// <param name="Code">200 to 599.</param>
/// <param name="EnhancedCode">RFC 3463, for example 5.1.1; null when the server gave none of the reply's own class.</param>
public sealed record SmtpReply(int Code, string? EnhancedCode, IReadOnlyList<string> Lines)
{
    public bool IsPositive => Code is >= 200 and < 300;
    public bool IsTransient => Code is >= 400 and < 500;
    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>421: the server closes the connection after this reply, whatever the command was.</summary>
    public bool IsClosing => Code == 421;

    public string Text => string.Join(' ', Lines);

    public override string ToString() => $"{Code} {Text}";

    internal static SmtpReply FromLines(int code, IReadOnlyList<string> lines) => new(code, ParseEnhancedCode(code, lines[^1]), lines);

    /// <summary>class "." subject "." detail at the start of the text (RFC 2034); the class must agree with the code.</summary>
    private static string? ParseEnhancedCode(int code, string text)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        var candidate = text.AsSpan(0, end < 0 ? text.Length : end);
        if (candidate.Length < 5 || candidate[0] != '0' + code / 100 || candidate[1] != '.') return null;
        var rest = candidate[2..];
        var dot = rest.IndexOf('.');
        return dot >= 0 && IsNumber(rest[..dot]) && IsNumber(rest[(dot + 1)..]) ? candidate.ToString() : null;
    }

    private static bool IsNumber(ReadOnlySpan<char> part) => part.Length is >= 1 and <= 3 && !part.ContainsAnyExceptInRange('0', '9');
}

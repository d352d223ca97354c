using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Domain;

/// <summary>An e-mail address (lower case), a phone number (E.164) or the domain of e-mail addresses, as the suppression list keeps it.</summary>
/// <param name="Kind">email, phone, domain.</param>
/// <param name="Spellings">The same in Unicode and in ASCII where a domain has both (RFC 5890): the audience keeps what was typed.</param>
internal sealed partial record SuppressionTarget(string Kind, IReadOnlyList<string> Spellings)
{
    private const int MaxLength = 254;
    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    public string Address => Spellings[0];

    /// <summary>Null where the text is none of the three.</summary>
    public static SuppressionTarget? Parse(string? text)
    {
        text = text?.Trim().Normalize(NormalizationForm.FormC);
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength) return null;
        if (text.StartsWith('@')) return Domain(text[1..]);
        if (text.Contains('@'))
        {
            if (!EmailPattern().IsMatch(text)) return null;
            var at = text.LastIndexOf('@');
            var local = text[..at].ToLowerInvariant();
            return Domain(text[(at + 1)..]) is { } domain ? new SuppressionTarget("email", [.. domain.Spellings.Select(spelling => $"{local}@{spelling}")]) : null;
        }

        return Phone(text) is { } phone ? new SuppressionTarget("phone", [phone]) : Domain(text);
    }

    /// <summary>A number without country is Indonesian, as it is where customers are registered.</summary>
    public static string? Phone(string text)
    {
        var digits = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (char.IsAsciiDigit(character)) digits.Append(character);
            else if (!(character == '+' && digits.Length == 0) && character is not (' ' or '\u00A0' or '-' or '.' or '(' or ')' or '/')) return null;
        }

        var number = digits.ToString();
        var full = text.TrimStart().StartsWith('+') ? number
            : number.StartsWith("00", StringComparison.Ordinal) ? number[2..]
            : number.StartsWith('0') ? "62" + number[1..]
            : number.StartsWith('8') ? "62" + number
            : number;
        // +62 (0)812...: the trunk zero is not part of the international number.
        if (full.StartsWith("620", StringComparison.Ordinal)) full = "62" + full[3..];
        return full.Length is >= 8 and <= 15 && full[0] != '0' ? "+" + full : null;
    }

    private static SuppressionTarget? Domain(string text)
    {
        try
        {
            var ascii = Idn.GetAscii(text.TrimEnd('.')).ToLowerInvariant();
            if (!DomainPattern().IsMatch(ascii)) return null;
            var unicode = Idn.GetUnicode(ascii);
            return new SuppressionTarget("domain", unicode == ascii ? [ascii] : [ascii, unicode]);
        }
        catch (ArgumentException)
        {
            return null; // not a domain name
        }
    }

    [GeneratedRegex(@"^[^\s@""<>,;\p{Cc}]{1,64}@[^\s@""<>,;\p{Cc}]+$")]
    private static partial Regex EmailPattern();

    [GeneratedRegex(@"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex DomainPattern();
}

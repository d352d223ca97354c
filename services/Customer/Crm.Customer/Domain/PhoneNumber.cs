using System.Text;

namespace Crm.Customer.Domain;

/// <summary>Phone numbers in any notation to E.164. A number without country is Indonesian: 0812-3456-789 is +628123456789.</summary>
internal static class PhoneNumber
{
    private const string Home = "62";

    /// <summary>Assigned country codes, ITU-T E.164 (list of 2016-11-15): one, two, then ranges of three digits.</summary>
    private static readonly HashSet<string> OneOrTwoDigits =
    [
        "1", "7", "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "52",
        "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94",
        "95", "98",
    ];

    private static readonly (int From, int To)[] ThreeDigits =
    [
        (211, 213), (216, 216), (218, 218), (220, 258), (260, 269), (290, 291), (297, 299), (350, 359), (370, 378), (380, 383), (385, 387),
        (389, 389), (420, 421), (423, 423), (500, 509), (590, 599), (670, 670), (672, 683), (685, 692), (800, 800), (808, 808), (850, 850),
        (852, 853), (855, 856), (870, 870), (878, 878), (880, 883), (886, 886), (888, 888), (960, 968), (970, 977), (979, 979), (992, 996),
        (998, 998),
    ];

    public static bool TryNormalise(string text, out string e164)
    {
        e164 = "";
        if (!TryReadDigits(text, out var digits, out var international)) return false;
        if (!international && digits.Length > 0 && digits[0] is not ('0' or '6' or '8')) return false;

        var full = WithCountry(digits, international);
        if (full.Length is < 8 or > 15 || !HasAssignedCountry(full)) return false;
        if (full.StartsWith(Home, StringComparison.Ordinal) && full.Length < 9) return false;
        e164 = "+" + full;
        return true;
    }

    /// <summary>What the E.164 form of a number that starts like this starts with; null where the text is not the start of a number.</summary>
    public static string? PrefixOf(string text) =>
        TryReadDigits(text, out var digits, out var international) && digits.Length >= 3 ? "+" + WithCountry(digits, international) : null;

    private static bool TryReadDigits(string text, out string digits, out bool international)
    {
        var read = new StringBuilder(text.Length);
        international = false;
        digits = "";
        foreach (var character in text)
        {
            if (char.IsAsciiDigit(character)) read.Append(character);
            else if (character == '+' && read.Length == 0 && !international) international = true;
            else if (character is not (' ' or '\u00A0' or '-' or '.' or '(' or ')' or '/')) return false;
        }

        digits = read.ToString();
        return true;
    }

    private static string WithCountry(string digits, bool international)
    {
        var full = international ? digits
            : digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..]
            : digits.StartsWith('0') ? Home + digits[1..]
            : digits.StartsWith('8') ? Home + digits
            : digits;
        // +62 (0)812...: the trunk zero is not part of the international number.
        return full.StartsWith(Home + "0", StringComparison.Ordinal) ? Home + full[3..] : full;
    }

    private static bool HasAssignedCountry(string digits) =>
        OneOrTwoDigits.Contains(digits[..1]) || OneOrTwoDigits.Contains(digits[..2])
        || (int.Parse(digits.AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture) is var code && ThreeDigits.Any(range => code >= range.From && code <= range.To));
}

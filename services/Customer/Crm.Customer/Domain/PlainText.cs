using System.Text;

namespace Crm.Customer.Domain;

/// <summary>One line of text as it is stored: NFC, no surrounding or doubled blanks, none of the invisible characters that let one text look like another.</summary>
internal static class PlainText
{
    /// <summary>False where the text has control characters or bytes that did not decode; null or blank is null.</summary>
    public static bool TryClean(string? text, out string? clean)
    {
        clean = null;
        if (string.IsNullOrWhiteSpace(text)) return true;

        var result = new StringBuilder(text.Length);
        var blank = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || rune.Value is 0xFFFE or 0xFFFF) return false;
            if (IsInvisible(rune.Value)) continue;
            if (Rune.IsWhiteSpace(rune) && rune.Value is not ('\r' or '\n' or '\v' or '\f' or 0x85))
            {
                blank = result.Length > 0;
                continue;
            }

            if (Rune.IsControl(rune)) return false;
            if (blank) result.Append(' ');
            blank = false;
            result.Append(rune.ToString());
        }

        if (result.Length > 0) clean = result.ToString().Normalize(NormalizationForm.FormC);
        return true;
    }

    /// <summary>Text of several lines: line ends and tabs stay, other control characters are refused.</summary>
    public static bool IsCleanBlock(string text) =>
        !text.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar || (Rune.IsControl(rune) && rune.Value is not ('\r' or '\n' or '\t')));

    /// <summary>Zero-width space, byte order mark, and the embeddings, overrides and isolates of the bidirectional algorithm (UAX 9).</summary>
    private static bool IsInvisible(int codePoint) =>
        codePoint is 0x200B or 0x200E or 0x200F or 0xFEFF or 0x2060 or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
}

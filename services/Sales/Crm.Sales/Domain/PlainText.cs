namespace Crm.Sales.Domain;

/// <summary>Texts that name things: what PostgreSQL, people and other systems can all keep as it is.</summary>
internal static class PlainText
{
    /// <summary>1 to <paramref name="maxLength"/> characters, no blanks at the ends, no control characters, no broken encoding.</summary>
    public static bool IsClean(string? text, int maxLength)
    {
        if (string.IsNullOrEmpty(text) || text.Length > maxLength || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1])) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || text[i] == '\uFFFD') return false;
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[++i]))) return false;
        }

        return true;
    }

    /// <summary>Short name of a system: lower-case letters, digits, dots, dashes and underscores, as Customer has it too.</summary>
    public static bool IsSource(string? text) =>
        text is { Length: > 0 and <= 50 } && char.IsAsciiLetterOrDigit(text[0]) &&
        text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-' or '_');
}

using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// Encoded words of RFC 2047 in UTF-8: at most 75 characters each, no character split between two, Q or B, whichever is
/// shorter for the whole text. Q leaves only what is safe in a display name as it is.
/// </summary>
internal static class EncodedWords
{
    public const int MaxLength = 75;

    // =?utf-8?q? and ?=
    private const int Overhead = 12;

    // The longest rune: four octets as =XX each.
    private const int MinLength = Overhead + 12;

    /// <param name="text">Any text.</param>
    /// <param name="firstLength">Room left on the line for the first word; too little counts as a whole line.</param>
    public static IEnumerable<string> Encode(string text, int firstLength)
    {
        var base64 = IsBase64Shorter(text);
        var room = Math.Min(firstLength, MaxLength) - Overhead;
        if (room < MinLength - Overhead) room = MaxLength - Overhead;
        var word = new List<byte>(MaxLength);
        var length = 0;
        var octets = new byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var count = rune.EncodeToUtf8(octets);
            var grown = base64 ? (word.Count + count + 2) / 3 * 4 : length + QLength(octets.AsSpan(0, count));
            if (grown > room && word.Count > 0)
            {
                yield return Word(word, base64);
                word.Clear();
                room = MaxLength - Overhead;
                grown = base64 ? (count + 2) / 3 * 4 : QLength(octets.AsSpan(0, count));
            }
            word.AddRange(octets.AsSpan(0, count));
            length = grown;
        }
        if (word.Count > 0) yield return Word(word, base64);
    }

    private static bool IsBase64Shorter(string text)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        return (octets.Length + 2) / 3 * 4 < QLength(octets);
    }

    private static int QLength(ReadOnlySpan<byte> octets)
    {
        var length = 0;
        foreach (var octet in octets) length += octet == (byte)' ' || IsSafe(octet) ? 1 : 3;
        return length;
    }

    private static bool IsSafe(byte octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'!' or (byte)'*' or (byte)'+' or (byte)'-' or (byte)'/';

    private static string Word(List<byte> octets, bool base64)
    {
        if (base64) return $"=?utf-8?b?{Convert.ToBase64String(octets.ToArray())}?=";
        var word = new StringBuilder("=?utf-8?q?", MaxLength);
        foreach (var octet in octets)
        {
            if (octet == (byte)' ') word.Append('_');
            else if (IsSafe(octet)) word.Append((char)octet);
            else word.Append('=').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return word.Append("?=").ToString();
    }
}

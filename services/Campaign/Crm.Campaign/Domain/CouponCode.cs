using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Domain;

/// <summary>
/// Codes out of a pattern: <c>#</c> is a random character, the last of them a check character over the others; everything else stands as it is.
/// The alphabet has no characters that are taken for each other (0 O, 1 I, 2 Z, 5 S, 8 B).
/// </summary>
internal static partial class CouponCode
{
    public const string Alphabet = "34679ACDEFGHJKLMNPQRTUVWXY";

    /// <summary>A guess has to hit one of the codes with at most this probability.</summary>
    private const double LuckyGuess = 1e-6;

    /// <summary>As codes are stored and compared: people type lower case and spaces.</summary>
    public static string Normalised(string code) => string.Concat(code.Where(character => !char.IsWhiteSpace(character))).ToUpperInvariant();

    public static bool IsCode(string code) => Form().IsMatch(code);

    public static bool IsPattern(string pattern) => PatternForm().IsMatch(pattern) && pattern.Count(character => character == '#') >= 2;

    /// <summary>Whether so many codes can be made of the pattern without becoming guessable.</summary>
    public static bool HoldsEnough(string pattern, long codes) =>
        Math.Pow(Alphabet.Length, pattern.Count(character => character == '#') - 1) * LuckyGuess >= codes;

    public static string Generate(string pattern)
    {
        var code = pattern.ToCharArray();
        var places = Places(pattern);
        foreach (var place in places[..^1]) code[place] = Alphabet[RandomNumberGenerator.GetInt32(Alphabet.Length)];
        code[places[^1]] = CheckCharacter(places[..^1].Select(place => code[place]));
        return new string(code);
    }

    /// <summary>Whether it was made of the pattern; a code that only looks like one was mistyped.</summary>
    public static CouponMatch Match(string pattern, string code)
    {
        var looks = pattern.Length == code.Length && pattern.Zip(code).All(pair => pair.First == '#' ? Alphabet.Contains(pair.Second, StringComparison.Ordinal) : pair.First == pair.Second);
        if (!looks) return CouponMatch.Other;
        var places = Places(pattern);
        return code[places[^1]] == CheckCharacter(places[..^1].Select(place => code[place])) ? CouponMatch.Made : CouponMatch.Mistyped;
    }

    private static int[] Places(string pattern) => [.. Enumerable.Range(0, pattern.Length).Where(place => pattern[place] == '#')];

    /// <summary>Luhn's algorithm for an even number N of characters (Luhn mod N): finds each wrong character and nearly every swap of neighbours.</summary>
    private static char CheckCharacter(IEnumerable<char> characters)
    {
        var (sum, factor, n) = (0, 2, Alphabet.Length);
        foreach (var character in characters.Reverse())
        {
            var addend = factor * Alphabet.IndexOf(character, StringComparison.Ordinal);
            sum += (addend / n) + (addend % n);
            factor = 3 - factor;
        }

        return Alphabet[(n - (sum % n)) % n];
    }

    [GeneratedRegex("^[A-Z0-9-]{4,40}$")]
    private static partial Regex Form();

    [GeneratedRegex("^[A-Z0-9#-]{4,40}$")]
    private static partial Regex PatternForm();
}

internal enum CouponMatch
{
    Other,
    Mistyped,
    Made,
}

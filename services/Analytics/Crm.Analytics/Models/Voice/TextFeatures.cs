using System.Buffers;

namespace Crm.Analytics.Models.Voice;

/// <summary>
/// A text as hashed features: words, pairs of words, and 3 to 5 letters within a word (with its edges), folded into 2^18 numbers (Weinberger
/// et al. 2009). After a negation the next two words count as negated ones too. Letters are lower-cased, a letter repeated more than twice
/// is cut to two ("baguuuus"), digits are one digit, links and names (@) drop out. Training and scoring both use this code.
/// </summary>
public static class TextFeatures
{
    public const int Bits = 18;
    public const int Buckets = 1 << Bits;

    /// <summary>What comes after so many characters is not read.</summary>
    public const int MaxCharacters = 4000;

    /// <summary>Room that any text needs at most.</summary>
    public const int MaxFeatures = 6 * MaxCharacters;

    public static int RoomFor(ReadOnlySpan<char> text) => 6 * (Math.Min(text.Length, MaxCharacters) + 1);

    public static int RoomToNormalise(ReadOnlySpan<char> text) => Math.Min((2 * text.Length) + 2, MaxCharacters) + 2;

    private const uint Basis = 2166136261;
    private const uint Prime = 16777619;

    private static readonly SearchValues<char> Emphatic = SearchValues.Create("!?");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Negations = new HashSet<string>(StringComparer.Ordinal)
    {
        "tidak", "bukan", "tak", "belum", "jangan", "kurang", "gak", "nggak", "enggak", "ga", "ngga", "engga", "tdk", "gk", "tanpa",
        "not", "never", "no", "cannot", "dont", "doesnt", "didnt", "isnt", "wasnt", "cant", "couldnt", "wont", "without", "nor",
    }.GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool IsNegation(ReadOnlySpan<char> word) => Negations.Contains(word);

    /// <summary>Writes the features' numbers, below <see cref="Buckets"/>; a feature that occurs twice is there twice.</summary>
    /// <returns>How many.</returns>
    public static int Extract(ReadOnlySpan<char> text, Span<int> features)
    {
        Span<char> clean = stackalloc char[RoomToNormalise(text)];
        var length = Normalise(text, clean);
        var (n, previous, negated) = (0, 0u, 0);
        var at = 0;
        while (at < length)
        {
            while (at < length && clean[at] == ' ') at++;
            if (at >= length) break;
            var start = at;
            while (at < length && clean[at] != ' ') at++;
            var word = clean[start..at];

            var hash = Hash(word, Basis);
            features[n++] = Fold(hash);
            if (previous != 0) features[n++] = Fold(Mix(previous, hash));
            previous = hash;
            if (negated > 0)
            {
                negated--;
                features[n++] = Fold(Mix(0xA5A5A5A5, hash));
            }

            if (IsNegation(word)) negated = 2;
            n = Letters(clean[(start - 1)..(at + 1)], features, n);
        }

        return n;
    }

    /// <summary>Words in lower case, each with one space before it and after it; the first character is a space. Returns the length without the last space.</summary>
    public static int Normalise(ReadOnlySpan<char> text, Span<char> clean)
    {
        if (text.Length > MaxCharacters) text = text[..MaxCharacters];
        var n = 0;
        clean[n++] = ' ';
        var (skipping, repeated) = (false, 0);
        foreach (var character in text)
        {
            if (n >= MaxCharacters) break;
            if (char.IsWhiteSpace(character))
            {
                skipping = false;
                Space(clean, ref n);
                continue;
            }

            if (skipping) continue;
            if (character == '@' || (character == ':' && n >= 4 && clean[(n - 4)..n].SequenceEqual("http")) || (character == ':' && n >= 5 && clean[(n - 5)..n].SequenceEqual("https")))
            {
                skipping = true;
                continue;
            }

            if (character is '\'' or '’') continue;
            var folded = char.IsAsciiDigit(character) ? '0' : char.IsLetter(character) ? char.ToLowerInvariant(character) : char.IsSurrogate(character) || Emphatic.Contains(character) ? character : ' ';
            if (folded == ' ')
            {
                Space(clean, ref n);
                continue;
            }

            repeated = clean[n - 1] == folded ? repeated + 1 : 0;
            if (repeated >= 2 && !char.IsSurrogate(folded)) continue;
            if (Emphatic.Contains(folded) && clean[n - 1] != ' ' && !Emphatic.Contains(clean[n - 1])) Space(clean, ref n);
            clean[n++] = folded;
        }

        if (clean[n - 1] == ' ' && n > 1) n--;
        clean[n] = ' ';
        return n == 1 && clean[0] == ' ' ? 0 : n;

        static void Space(Span<char> clean, ref int n)
        {
            if (clean[n - 1] != ' ') clean[n++] = ' ';
        }
    }

    /// <summary>All runs of 3 to 5 characters of " word ".</summary>
    private static int Letters(ReadOnlySpan<char> word, Span<int> features, int n)
    {
        for (var start = 0; start + 3 <= word.Length; start++)
        {
            var hash = Basis ^ 0x3C3C3C3C;
            hash = (hash ^ word[start]) * Prime;
            hash = (hash ^ word[start + 1]) * Prime;
            hash = (hash ^ word[start + 2]) * Prime;
            features[n++] = Fold(hash);
            if (start + 4 > word.Length) continue;
            hash = (hash ^ word[start + 3]) * Prime;
            features[n++] = Fold(hash);
            if (start + 5 > word.Length) continue;
            hash = (hash ^ word[start + 4]) * Prime;
            features[n++] = Fold(hash);
        }

        return n;
    }

    private static uint Hash(ReadOnlySpan<char> word, uint hash)
    {
        foreach (var character in word) hash = (hash ^ character) * Prime;
        return hash;
    }

    private static uint Mix(uint one, uint other) => ((one * 0x9E3779B1) ^ other) * Prime;

    private static int Fold(uint hash) => (int)((hash ^ (hash >> Bits)) & (Buckets - 1));
}

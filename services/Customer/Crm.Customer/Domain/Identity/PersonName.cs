using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Crm.Customer.Domain.Identity;

/// <summary>How alike two names are, from the strongest evidence to the one against.</summary>
internal enum NameAgreement
{
    /// <summary>One of the names says nothing.</summary>
    Unknown,

    /// <summary>The same words, in whatever order and spelling.</summary>
    Same,

    /// <summary>The words of one are all in the other; or an initial stands for a word.</summary>
    Contained,

    /// <summary>The same words but for slips of typing.</summary>
    Close,

    /// <summary>Words in common and words that differ: as relatives have.</summary>
    Shared,
    Different,
}

/// <summary>
/// A name as words that are compared: without titles and degrees, in one spelling. Indonesian names were written in the Van Ophuijsen (1901),
/// Soewandi (1947: oe became u) and Enhanced (1972: dj, j, tj, nj, sj, ch became j, y, c, ny, sy, kh) spellings, and people keep
/// whichever their birth certificate has; Arabic names come in any romanisation.
/// </summary>
internal sealed class PersonName
{
    /// <summary>Winkler's threshold below which two words are different words rather than a slip.</summary>
    private const double CloseWord = 0.90;

    private static readonly FrozenSet<string> Titles = FrozenSet.ToFrozenSet(
    [
        "drs", "dra", "h", "hj", "hjh", "haji", "hajah", "ir", "dr", "drg", "prof", "kh", "ust", "ustadz", "bpk", "bapak", "ibu", "bu", "pak", "tn", "tuan", "ny", "nyonya",
        "nn", "nona", "sdr", "sdri", "mr", "mrs", "ms", "rm", "raden", "rr", "rahadian", "apt", "ns", "pdt", "kol", "letkol", "brigjen", "mayjen",
    ]);

    private static readonly FrozenSet<string> Degrees = FrozenSet.ToFrozenSet(
    [
        "se", "sh", "st", "sp", "ss", "skom", "spd", "spdi", "ssi", "ssos", "sik", "sip", "sikom", "ssn", "spt", "spsi", "sked", "skm", "skep", "sfarm", "sag", "stp", "str", "sstp",
        "mm", "msi", "mt", "mba", "mkom", "mpd", "mhum", "mh", "mkes", "magr", "msc", "ma", "mti", "mph", "bsc", "ba", "bba", "phd", "lc", "ak", "ca", "cpa", "amd", "amdkeb", "amk",
        "ners", "spog", "spa", "spb", "sppd", "spjp", "spm", "cfp", "pmp", "jr", "sr",
    ]);

    private static readonly FrozenDictionary<string, string> Variants = new Dictionary<string, string>
    {
        ["moh"] = "muhamad", ["mohd"] = "muhamad", ["moch"] = "muhamad", ["mochd"] = "muhamad", ["muh"] = "muhamad", ["muhd"] = "muhamad", ["mhd"] = "muhamad", ["mohamad"] = "muhamad",
        ["mohammad"] = "muhamad", ["mohammed"] = "muhamad", ["mohamed"] = "muhamad", ["muhammad"] = "muhamad", ["muhammed"] = "muhamad", ["muhamad"] = "muhamad",
        ["muhamed"] = "muhamad", ["mochamad"] = "muhamad", ["mochammad"] = "muhamad", ["muchamad"] = "muhamad", ["muchammad"] = "muhamad", ["mokhamad"] = "muhamad",
        ["mokhammad"] = "muhamad", ["mukhamad"] = "muhamad", ["mukhammad"] = "muhamad", ["muhamat"] = "muhamad", ["mohamat"] = "muhamad", ["achmad"] = "ahmad",
        ["akhmad"] = "ahmad", ["ahmat"] = "ahmad", ["achmat"] = "ahmad", ["ahmed"] = "ahmad", ["abd"] = "abdul", ["abdoel"] = "abdul", ["noor"] = "nur", ["nor"] = "nur", ["noer"] = "nur",
        ["sitti"] = "siti", ["sity"] = "siti",
    }.ToFrozenDictionary();

    private PersonName(string[] words)
    {
        Words = words;
        Key = string.Join(' ', words);
    }

    /// <summary>In one spelling, sorted. Words of one letter are initials.</summary>
    public string[] Words { get; }

    /// <summary>Equal for names that are the same in this sense.</summary>
    public string Key { get; }

    public static PersonName Of(string? name)
    {
        var parts = (name ?? "").Split([',', ';'], 2);
        var words = Split(parts[0]);
        var first = 0;
        while (first < words.Count - 1 && Titles.Contains(words[first].Text)) first++;
        var last = words.Count;
        // Behind the name without a comma only what is written like a degree (S.E., M.Si) is one: Ma and Lc are also names.
        while (last > first + 1 && words[last - 1].Dotted && Degrees.Contains(words[last - 1].Text)) last--;
        var result = new List<string>(last - first);
        for (var i = first; i < last; i++) result.Add(Spell(words[i].Text));
        if (parts.Length == 2)
        {
            // "Santoso, Budi" has the family name first; "Budi Santoso, S.E., M.M." has degrees.
            foreach (var word in Split(parts[1].Replace(',', ' ').Replace(';', ' ')))
            {
                if (!Degrees.Contains(word.Text) && !Titles.Contains(word.Text)) result.Add(Spell(word.Text));
            }
        }

        result.RemoveAll(word => word.Length == 0);
        result.Sort(StringComparer.Ordinal);
        return new PersonName([.. result]);
    }

    public NameAgreement Compare(PersonName other)
    {
        if (Words.Length == 0 || other.Words.Length == 0) return NameAgreement.Unknown;
        if (string.Equals(Key, other.Key, StringComparison.Ordinal)) return NameAgreement.Same;

        var (few, many) = Words.Length <= other.Words.Length ? (Words, other.Words) : (other.Words, Words);
        Span<bool> taken = stackalloc bool[many.Length];
        int equal = 0, close = 0, initials = 0, different = 0;
        Span<bool> open = stackalloc bool[few.Length];
        for (var i = 0; i < few.Length; i++)
        {
            open[i] = !Take(few[i], many, taken, static (a, b) => string.Equals(a, b, StringComparison.Ordinal));
            if (!open[i]) equal++;
        }

        for (var i = 0; i < few.Length; i++)
        {
            if (!open[i]) continue;
            if (Take(few[i], many, taken, static (a, b) => (a.Length == 1) != (b.Length == 1) && a[0] == b[0])) initials++;
            else if (Take(few[i], many, taken, static (a, b) => IsSlip(a, b))) close++;
            else different++;
        }

        // Words run together: Nurhayati and Nur Hayati.
        if (different > 0 && string.Concat(Words) is var one && string.Concat(other.Words) is var two
            && one.Length == two.Length && one.Length > 5 && (one == two || string.Concat(one.Order()) == string.Concat(two.Order()) && equal == 0 && close == 0))
        {
            return NameAgreement.Close;
        }

        if (different > 0) return equal + close > 0 ? NameAgreement.Shared : NameAgreement.Different;
        if (equal + close == 0) return NameAgreement.Shared;
        if (close > 0) return few.Length == many.Length || equal > 0 ? NameAgreement.Close : NameAgreement.Shared;
        return NameAgreement.Contained;
    }

    private static bool IsSlip(string one, string other) =>
        one.Length > 2 && other.Length > 2
        && (TextDistance.JaroWinkler(one, other) >= CloseWord || (Math.Min(one.Length, other.Length) > 3 && TextDistance.IsOneSlipApart(one, other)));

    private static bool Take(string word, string[] among, Span<bool> taken, Func<string, string, bool> equal)
    {
        for (var i = 0; i < among.Length; i++)
        {
            if (taken[i] || !equal(word, among[i])) continue;
            taken[i] = true;
            return true;
        }

        return false;
    }

    private static List<(string Text, bool Dotted)> Split(string text)
    {
        var words = new List<(string, bool)>(4);
        var word = new StringBuilder(16);
        var dotted = false;
        foreach (var character in text.Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark) continue;
            if (char.IsLetter(character)) word.Append(char.ToLowerInvariant(character));
            else if (character == '.') dotted = true;
            else if (character is not ('\'' or '’' or '`' or '‘')) End();

            // "M.Rizki" is an initial and a word; "S.Kom" is one degree: decided when the word is complete.
        }

        End();
        return words;

        void End()
        {
            if (word.Length > 0) words.Add((word.ToString(), dotted));
            word.Clear();
            dotted = false;
        }
    }

    /// <summary>One spelling for all ways to write a sound. Letters that two orthographies use for different sounds (j) fall together.</summary>
    internal static string Spell(string word)
    {
        if (Variants.TryGetValue(word, out var known)) return known;
        if (word.Length <= 1) return word;

        var result = new StringBuilder(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            var (here, next) = (word[i], i + 1 < word.Length ? word[i + 1] : '\0');
            var (letters, used) = (here, next) switch
            {
                ('o', 'e') or ('o', 'o') or ('o', 'u') => ("u", 2),
                ('i', 'e') or ('e', 'e') => ("i", 2),
                ('d', 'j') => ("y", 2),
                ('t', 'j') => ("c", 2),
                ('s', 'j') or ('s', 'y') or ('s', 'h') => ("s", 2),
                ('n', 'j') or ('n', 'y') => ("ny", 2),
                ('c', 'h') or ('k', 'h') => ("h", 2),
                ('c', 'k') => ("k", 2),
                ('d', 'h') => ("d", 2),
                ('t', 'h') => ("t", 2),
                ('p', 'h') => ("f", 2),
                ('j', _) => ("y", 1),
                ('v', _) => ("f", 1),
                ('z', _) => ("s", 1),
                ('q', _) => ("k", 1),
                ('x', _) => ("ks", 1),
                _ => (here.ToString(), 1),
            };
            i += used - 1;
            foreach (var letter in letters)
            {
                if (result.Length == 0 || result[^1] != letter) result.Append(letter);
            }
        }

        if (result.Length > 2 && result[^1] == 'h') result.Length--;
        if (result.Length > 2 && result[^1] == 'y') result[^1] = 'i';
        var spelt = result.ToString();
        return Variants.TryGetValue(spelt, out known) ? known : spelt;
    }
}

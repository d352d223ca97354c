using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Crm.Customer.Domain.Identity;

/// <summary>E-mail and postal addresses in the form in which equal ones are equal.</summary>
internal static class ContactKeys
{
    /// <summary>Providers that ignore dots in the local part.</summary>
    private static readonly FrozenSet<string> IgnoreDots = FrozenSet.ToFrozenSet(["gmail.com"]);

    /// <summary>Providers that deliver local+anything to local.</summary>
    private static readonly FrozenSet<string> PlusAddresses = FrozenSet.ToFrozenSet(
        ["gmail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com", "fastmail.com", "proton.me", "protonmail.com"]);

    private static readonly FrozenDictionary<string, string> SameDomain = new Dictionary<string, string> { ["googlemail.com"] = "gmail.com", ["protonmail.com"] = "proton.me" }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> StreetWords = new Dictionary<string, string>
    {
        ["jalan"] = "", ["jl"] = "", ["jln"] = "", ["djalan"] = "", ["street"] = "", ["gang"] = "gg", ["gg"] = "gg", ["nomor"] = "", ["nomer"] = "", ["no"] = "", ["nr"] = "", ["number"] = "",
        ["blok"] = "blok", ["blk"] = "blok", ["block"] = "blok", ["komplek"] = "komp", ["kompleks"] = "komp", ["komp"] = "komp", ["perumahan"] = "perum", ["perum"] = "perum",
        ["raya"] = "raya", ["ry"] = "raya", ["dusun"] = "dsn", ["dsn"] = "dsn", ["desa"] = "ds", ["ds"] = "ds", ["kelurahan"] = "kel", ["kel"] = "kel", ["kecamatan"] = "kec", ["kec"] = "kec",
        ["kampung"] = "kp", ["kp"] = "kp", ["kpg"] = "kp", ["rt"] = "rt", ["rw"] = "rw", ["jend"] = "jenderal", ["jendral"] = "jenderal", ["jenderal"] = "jenderal",
        ["dr"] = "dr", ["letjen"] = "letjen", ["kh"] = "kh",
    }.ToFrozenDictionary();

    /// <summary>Lower case; dots and plus parts left out where the provider does. An address of another provider keeps them: they may be another person's.</summary>
    public static string? Email(string? email)
    {
        if (email is null || email.LastIndexOf('@') is var at && at <= 0) return null;
        var (local, domain) = (email[..at].ToLowerInvariant(), email[(at + 1)..].ToLowerInvariant());
        domain = SameDomain.GetValueOrDefault(domain, domain);
        if (PlusAddresses.Contains(domain) && local.IndexOf('+', StringComparison.Ordinal) is var plus && plus > 0) local = local[..plus];
        if (IgnoreDots.Contains(domain)) local = local.Replace(".", "", StringComparison.Ordinal);
        return local.Length == 0 ? null : local + "@" + domain;
    }

    /// <summary>
    /// The words of a street in one spelling and its numbers apart: <c>Jl. Raya Bogor Gg. 3 No. 12 RT 01/RW 002</c> is street
    /// <c>raya bogor</c> with 3, 12, 1 and 2. RT and RW (neighbourhood units) are kept out of the numbers, because they are often left out.
    /// </summary>
    public static (string? Street, string? Numbers) Street(string? street)
    {
        if (string.IsNullOrWhiteSpace(street)) return (null, null);
        var words = new List<string>(8);
        var numbers = new List<string>(4);
        var unit = false;
        foreach (var piece in Pieces(street))
        {
            if (char.IsAsciiDigit(piece[0]))
            {
                if (!unit) numbers.Add(piece.TrimStart('0'));
                continue;
            }

            var word = StreetWords.TryGetValue(piece, out var known) ? known : PersonName.Spell(piece);
            unit = word is "rt" or "rw";
            if (word.Length > 1 && !unit) words.Add(word);
            else if (word.Length == 1) numbers.Add(word); // block A, 12B
        }

        numbers.Sort(StringComparer.Ordinal);
        return (words.Count == 0 ? null : string.Join(' ', words), numbers.Count == 0 ? null : string.Join(' ', numbers));
    }

    public static string? City(string? city)
    {
        if (string.IsNullOrWhiteSpace(city)) return null;
        var words = Pieces(city).Where(word => word is not ("kota" or "kab" or "kabupaten" or "adm" or "administrasi")).Select(PersonName.Spell);
        return string.Join(' ', words) is { Length: > 0 } key ? key : null;
    }

    /// <summary>Runs of letters and runs of digits.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        var piece = new StringBuilder(16);
        foreach (var character in text.Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark) continue;
            var same = piece.Length > 0 && char.IsLetter(character) == char.IsLetter(piece[0]);
            if (piece.Length > 0 && !(same && char.IsLetterOrDigit(character)))
            {
                yield return piece.ToString();
                piece.Clear();
            }

            if (char.IsLetterOrDigit(character)) piece.Append(char.ToLowerInvariant(character));
        }

        if (piece.Length > 0) yield return piece.ToString();
    }
}

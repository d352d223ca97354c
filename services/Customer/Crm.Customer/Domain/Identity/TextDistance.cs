namespace Crm.Customer.Domain.Identity;

/// <summary>Distances between short texts.</summary>
internal static class TextDistance
{
    /// <summary>
    /// Jaro's similarity with Winkler's bonus for a common prefix (W. E. Winkler, String Comparator Metrics and Enhanced Decision Rules in the
    /// Fellegi-Sunter Model of Record Linkage, 1990): 0 nothing in common, 1 equal.
    /// </summary>
    public static double JaroWinkler(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        if (one.Length == 0 || other.Length == 0) return one.Length == other.Length ? 1 : 0;
        if (one.Length > 64) one = one[..64];
        if (other.Length > 64) other = other[..64];

        var window = Math.Max(0, (Math.Max(one.Length, other.Length) / 2) - 1);
        ulong matchedOne = 0, matchedOther = 0;
        var matches = 0;
        for (var i = 0; i < one.Length; i++)
        {
            for (var j = Math.Max(0, i - window); j <= Math.Min(other.Length - 1, i + window); j++)
            {
                if ((matchedOther >> j & 1) != 0 || one[i] != other[j]) continue;
                matchedOne |= 1UL << i;
                matchedOther |= 1UL << j;
                matches++;
                break;
            }
        }

        if (matches == 0) return 0;
        var transposed = 0;
        for (int i = 0, j = 0; i < one.Length; i++)
        {
            if ((matchedOne >> i & 1) == 0) continue;
            while ((matchedOther >> j & 1) == 0) j++;
            if (one[i] != other[j++]) transposed++;
        }

        double m = matches;
        var jaro = ((m / one.Length) + (m / other.Length) + ((m - (transposed / 2)) / m)) / 3;
        var prefix = 0;
        while (prefix < Math.Min(4, Math.Min(one.Length, other.Length)) && one[prefix] == other[prefix]) prefix++;
        return jaro + (prefix * 0.1 * (1 - jaro));
    }

    /// <summary>Whether one is the other with a letter added, dropped or changed, or two neighbours exchanged (Damerau, 1964).</summary>
    public static bool IsOneSlipApart(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        if (one.Length > other.Length) return IsOneSlipApart(other, one);
        if (other.Length - one.Length > 1) return false;
        var start = 0;
        while (start < one.Length && one[start] == other[start]) start++;
        if (start == one.Length) return other.Length > one.Length;
        if (one.Length < other.Length) return one[start..].SequenceEqual(other[(start + 1)..]);
        if (one[(start + 1)..].SequenceEqual(other[(start + 1)..])) return true;
        return start + 1 < one.Length && one[start] == other[start + 1] && one[start + 1] == other[start] && one[(start + 2)..].SequenceEqual(other[(start + 2)..]);
    }
}

using Crm.Analytics.Domain.Offers;

namespace Crm.Analytics.Domain;

/// <summary>What the machine's segments are made of, and how one is told in words.</summary>
internal static class SegmentProfiles
{
    /// <summary>Where a centre is so many standard deviations from the mean, it is worth a word.</summary>
    private const double Noticeable = 0.4;

    private static readonly (string Key, Bilingual High, Bilingual Low)[] Words =
    [
        ("spend", new("belanja besar", "high spend"), new("belanja kecil", "low spend")),
        ("frequency", new("sering membeli", "buys often"), new("jarang membeli", "buys seldom")),
        ("recency", new("lama tidak membeli", "long since the last purchase"), new("baru membeli", "bought lately")),
        ("alive", new("kemungkinan besar masih aktif", "most likely still active"), new("kemungkinan sudah pergi", "has probably left")),
        ("basket", new("nilai per kunjungan tinggi", "high value per visit"), new("nilai per kunjungan rendah", "low value per visit")),
    ];

    public static IReadOnlyList<string> Features { get; } = [.. Words.Select(word => word.Key)];

    /// <summary>A customer's row: counts and amounts by their logarithm, since they are skewed.</summary>
    public static double[] Row(decimal netSpend, int purchaseDays, int daysSinceLast, double pAlive) =>
    [
        Math.Log(1 + (double)Math.Max(netSpend, 0)), Math.Log(1 + purchaseDays), Math.Log(1 + daysSinceLast), pAlive,
        Math.Log(1 + ((double)Math.Max(netSpend, 0) / Math.Max(1, purchaseDays))),
    ];

    /// <summary>The strongest traits of a centre, the first two as its name.</summary>
    public static (Bilingual Name, Bilingual Profile) Describe(double[] centre, int customers, int all)
    {
        var traits = centre.Select((value, at) => (Value: value, Word: value > 0 ? Words[at].High : Words[at].Low)).Where(trait => Math.Abs(trait.Value) >= Noticeable)
            .OrderByDescending(trait => Math.Abs(trait.Value)).Select(trait => trait.Word).ToArray();
        if (traits.Length == 0) traits = [new("sekitar rata-rata", "around average")];
        var share = Math.Round(100.0 * customers / Math.Max(1, all));
        return (
            new(string.Join(", ", traits.Take(2).Select(trait => trait.Id)), string.Join(", ", traits.Take(2).Select(trait => trait.En))),
            new($"{customers} pelanggan ({share} %): {string.Join(", ", traits.Select(trait => trait.Id))}.", $"{customers} customers ({share} %): {string.Join(", ", traits.Select(trait => trait.En))}."));
    }
}

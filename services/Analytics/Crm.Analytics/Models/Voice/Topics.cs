namespace Crm.Analytics.Models.Voice;

/// <summary>What a text is about: topics whose words, in either language, begin one of the text's words.</summary>
public static class Topics
{
    public static readonly string[] All = ["price", "quality", "delivery", "service", "app", "payment", "product_range", "place", "food", "returns", "feature_request"];

    private static readonly (string Topic, string[] Stems)[] Stems =
    [
        ("price", ["harga", "mahal", "murah", "diskon", "promo", "price", "pricey", "expensive", "cheap", "discount", "cost", "overpriced"]),
        ("quality", ["kualitas", "rusak", "cacat", "awet", "bahan", "quality", "broken", "defect", "faulty", "damag", "durable", "crack", "leak", "bocor"]),
        ("delivery", ["kirim", "pengirim", "antar", "kurir", "ongkir", "paket", "deliver", "shipping", "courier", "package", "parcel", "terlambat"]),
        ("service", ["layan", "pelayan", "ramah", "kasir", "staf", "cs", "karyawan", "service", "staff", "friendly", "rude", "helpful", "waiter", "agent"]),
        ("app", ["aplikasi", "app", "apps", "website", "situs", "login", "error", "crash", "update", "loading"]),
        ("payment", ["bayar", "pembayaran", "kartu", "tagih", "transfer", "payment", "invoice", "refund", "billing", "charge"]),
        ("product_range", ["stok", "pilihan", "varian", "lengkap", "stock", "choice", "variety", "selection"]),
        ("place", ["tempat", "lokasi", "parkir", "ruang", "suasana", "toilet", "place", "location", "parking", "room", "atmosphere", "clean"]),
        ("food", ["makan", "minum", "rasa", "enak", "menu", "lezat", "food", "taste", "delicious", "meal", "drink"]),
        ("returns", ["retur", "kembalikan", "tukar", "return", "exchange"]),
        ("feature_request", ["semoga", "sebaiknya", "mohon ", "tambahkan", "fitur", "feature", "wish", "please add", "would be nice"]),
    ];

    public static string[] Of(ReadOnlySpan<char> text)
    {
        Span<char> clean = stackalloc char[TextFeatures.RoomToNormalise(text)];
        var words = clean[..TextFeatures.Normalise(text, clean)];
        var found = new List<string>();
        Span<char> needle = stackalloc char[32];
        foreach (var (topic, stems) in Stems)
        {
            foreach (var stem in stems)
            {
                needle[0] = ' ';
                stem.CopyTo(needle[1..]);
                if (!words.Contains(needle[..(stem.Length + 1)], StringComparison.Ordinal)) continue;
                found.Add(topic);
                break;
            }
        }

        return [.. found];
    }
}

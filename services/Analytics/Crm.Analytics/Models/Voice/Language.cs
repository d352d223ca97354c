namespace Crm.Analytics.Models.Voice;

/// <summary>Indonesian or English, by the words and endings that only one of them has. Where nothing tells, Indonesian.</summary>
public static class Language
{
    public const string Indonesian = "id";
    public const string English = "en";

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> IndonesianWords = Set(
        """
        yang dan di ini itu tidak ada dengan untuk saya nya sudah bisa dari ke kami akan pada juga karena sangat lebih banyak tapi tetapi atau saat jadi kalau
        gak nggak ga banget aja saja kok sih deh dong bukan belum jangan kurang mau lagi sama oleh seperti dalam harga barang bagus baik jelek enak mahal murah
        pelayanan tempat makanan kecewa senang suka mantap terima kasih cepat lambat ramah buruk puas aplikasi pesanan pengiriman rusak toko orang hari tolong
        """);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> EnglishWords = Set(
        """
        the and is was are were to of it i this that not very my we you they have has had for with on at but be been so all from your our their would will
        good bad great service food place price product delivery order staff it's don't did do does can could what when which there here again never just
        """);

    public static string Of(ReadOnlySpan<char> text)
    {
        Span<char> clean = stackalloc char[TextFeatures.RoomToNormalise(text)];
        var length = TextFeatures.Normalise(text, clean);
        var words = clean[..length];
        var score = 0;
        foreach (var range in words.Split(' '))
        {
            var word = words[range];
            if (word.IsEmpty) continue;
            if (IndonesianWords.Contains(word)) score += 2;
            else if (EnglishWords.Contains(word)) score -= 2;
            else if (word.Length > 5 && (word.EndsWith("nya") || word.EndsWith("kan") || word.StartsWith("meng") || word.StartsWith("ber"))) score++;
            else if (word.Length > 4 && (word.EndsWith("ing") || word.EndsWith("tion") || word.EndsWith("ed") || word.StartsWith("th"))) score--;
        }

        return score < 0 ? English : Indonesian;
    }

    private static HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(string words) =>
        words.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}

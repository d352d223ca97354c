namespace Crm.Seed.Shop;

/// <summary>What customers come to the service desk with, in each stage of the work.</summary>
internal static class ShopCases
{
    private const double Share = 0.03;
    private static readonly string[] Agents = ["agus", "dewi"];
    private static readonly string[] Channels = ["phone", "email", "chat", "web", "store"];

    private static readonly (string Type, string Priority, string Subject, string Description, string Comment, string Resolution)[] Matters =
    [
        ("complaint", "high", "Barang tiba rusak", "Kemasan penyok dan barang di dalamnya pecah.", "Foto kerusakan sudah kami terima.", "Barang pengganti dikirim tanpa biaya."),
        ("question", "normal", "Kapan kemeja batik ukuran L tersedia?", "Pelanggan mencari ukuran L.", "Gudang menjawab: dua minggu lagi.", "Pelanggan diberi tahu saat stok tiba."),
        ("return", "normal", "Ingin menukar ukuran", "Ukuran terlalu kecil.", "Label pengiriman balik sudah dikirim.", "Ukuran ditukar."),
        ("incident", "urgent", "Pembayaran terpotong dua kali", "Transaksi tercatat ganda di kartu.", "Diteruskan ke bagian keuangan.", "Kelebihan pembayaran dikembalikan."),
        ("question", "low", "Cara memakai poin", "Bertanya cara menukar poin di kasir.", "Panduan penukaran poin dikirim lewat surel.", "Terjawab."),
        ("featureRequest", "low", "Minta pilihan bungkus kado", "Ingin bungkus kado untuk pesanan daring.", "Dicatat untuk tim toko.", "Tersedia mulai bulan depan."),
        ("complaint", "normal", "Kiriman terlambat", "Pesanan belum tiba setelah seminggu.", "Kurir dihubungi, paket tertahan di gudang.", "Paket diterima pelanggan."),
    ];

    public static IEnumerable<PlannedCase> Of(string customerId)
    {
        var random = new RandomStream($"{ShopPopulation.Source} {customerId} case");
        if (!random.Chance(Share)) yield break;

        var matter = random.Pick(Matters);
        var stage = random.Below(5);
        yield return new PlannedCase(
            customerId, matter.Subject, matter.Description, matter.Type, matter.Priority, random.Pick(Channels),
            stage >= 1 ? random.Pick(Agents) : null,
            stage >= 2 ? matter.Comment : null,
            stage >= 3 ? matter.Resolution : null);
    }
}

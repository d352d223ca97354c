namespace Crm.Seed.Shop;

/// <summary>What a shop for Indonesian goods sells, prices in rupiah.</summary>
internal static class ShopCatalogue
{
    private const decimal CostShare = 0.62m;

    public static readonly IReadOnlyList<Product> Products =
    [
        .. Category("Kopi & Teh", "KT",
            ("Kopi Gayo 200 g", 89_000), ("Kopi Toraja 200 g", 95_000), ("Kopi Kintamani 200 g", 98_000), ("Kopi Luwak 100 g", 385_000),
            ("Teh melati 100 g", 28_000), ("Teh hitam Kayu Aro", 35_000), ("Teko keramik", 175_000), ("Saringan kopi V60", 120_000)),
        .. Category("Camilan", "CM",
            ("Keripik tempe", 18_000), ("Keripik singkong balado", 22_000), ("Dodol Garut", 32_000), ("Bika Ambon", 65_000), ("Kue lapis legit", 245_000),
            ("Kacang bogor", 15_000), ("Cokelat Bali 70 %", 48_000), ("Rempeyek", 20_000)),
        .. Category("Batik & Kain", "BK",
            ("Kemeja batik Solo", 325_000), ("Kemeja batik Pekalongan", 289_000), ("Kain batik tulis", 1_250_000), ("Kain tenun Sumba", 980_000),
            ("Syal ikat", 165_000), ("Sarung Samarinda", 275_000), ("Kebaya encim", 545_000), ("Tas batik", 135_000)),
        .. Category("Kerajinan", "KR",
            ("Wayang golek", 225_000), ("Topeng kayu", 185_000), ("Keranjang rotan", 145_000), ("Lampu bambu", 260_000), ("Gelang perak Celuk", 420_000),
            ("Patung kayu Jepara", 750_000), ("Angklung kecil", 85_000)),
        .. Category("Perawatan Tubuh", "PT",
            ("Lulur Bali", 55_000), ("Minyak kemiri", 68_000), ("Sabun sereh", 25_000), ("Minyak telon", 38_000), ("Masker beras", 30_000),
            ("Minyak kayu putih", 42_000), ("Dupa cendana", 24_000)),
        .. Category("Dapur", "DP",
            ("Cobek batu", 110_000), ("Wajan besi", 195_000), ("Sambal bajak", 34_000), ("Sambal matah", 36_000), ("Bumbu rendang", 19_000),
            ("Kecap manis 600 ml", 27_000), ("Gula aren 500 g", 31_000), ("Talenan jati", 125_000)),
        .. Category("Buku & Musik", "BM",
            ("Novel Laskar Pelangi", 89_000), ("Novel Bumi Manusia", 132_000), ("Buku resep nusantara", 150_000), ("Kamus Indonesia-Inggris", 175_000),
            ("CD gamelan Jawa", 75_000), ("Buku mewarnai batik", 45_000), ("Peta nusantara", 60_000)),
        .. Category("Anak", "AN",
            ("Congklak kayu", 95_000), ("Gasing bambu", 35_000), ("Boneka wayang", 78_000), ("Baju batik anak", 125_000), ("Layang-layang", 26_000),
            ("Puzzle kepulauan", 88_000), ("Sepatu tenun anak", 155_000)),
    ];

    private static IEnumerable<Product> Category(string category, string prefix, params (string Name, int Price)[] products) =>
        products.Select((product, index) => new Product(
            $"{prefix}-{index + 1:D2}", product.Name, category, product.Price, Math.Round(product.Price * CostShare / 100m) * 100m));
}

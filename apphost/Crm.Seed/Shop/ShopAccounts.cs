namespace Crm.Seed.Shop;

/// <summary>Organisations that buy for their people or supply the shop; a branch stands under its head office.</summary>
internal static class ShopAccounts
{
    public static readonly IReadOnlyList<PlannedAccount> All =
    [
        new("organisation", "PT Nusantara Pangan", "Makanan dan minuman", "Jakarta", null, [("C000003", "Pembelian"), ("C000007", "Keuangan")]),
        new("organisation", "PT Nusantara Pangan Cabang Surabaya", "Makanan dan minuman", "Surabaya", "PT Nusantara Pangan", [("C000011", "Kepala cabang")]),
        new("organisation", "Hotel Merapi Indah", "Perhotelan", "Yogyakarta", null, [("C000014", "Pembelian")]),
        new("organisation", "Yayasan Cahaya Pendidikan", "Pendidikan", "Bandung", null, [("C000018", "Bendahara")]),
        new("supplier", "CV Batik Laweyan", "Tekstil", "Surakarta", null, [("C000021", "Penjualan")]),
        new("partner", "Koperasi Kopi Gayo", "Pertanian", "Takengon", null, [("C000025", "Ketua")]),
    ];
}

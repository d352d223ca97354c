namespace Crm.Seed.People;

/// <param name="PostalPrefix">First three of the five digits.</param>
internal sealed record Place(string City, string Province, string PostalPrefix, string TimeZone = "Asia/Jakarta");

/// <summary>Where people live; a big city is in the list more than once, so that it is drawn more often.</summary>
internal static class Places
{
    public static readonly Place[] Cities =
    [
        new("Jakarta Selatan", "DKI Jakarta", "121"), new("Jakarta Selatan", "DKI Jakarta", "124"), new("Jakarta Pusat", "DKI Jakarta", "103"),
        new("Jakarta Barat", "DKI Jakarta", "114"), new("Jakarta Timur", "DKI Jakarta", "134"), new("Jakarta Utara", "DKI Jakarta", "142"),
        new("Surabaya", "Jawa Timur", "602"), new("Surabaya", "Jawa Timur", "601"), new("Malang", "Jawa Timur", "651"),
        new("Bandung", "Jawa Barat", "401"), new("Bandung", "Jawa Barat", "402"), new("Bekasi", "Jawa Barat", "171"),
        new("Depok", "Jawa Barat", "164"), new("Bogor", "Jawa Barat", "161"), new("Tangerang", "Banten", "151"),
        new("Tangerang Selatan", "Banten", "153"), new("Semarang", "Jawa Tengah", "501"), new("Surakarta", "Jawa Tengah", "571"),
        new("Yogyakarta", "DI Yogyakarta", "552"), new("Sleman", "DI Yogyakarta", "555"), new("Medan", "Sumatera Utara", "201"),
        new("Padang", "Sumatera Barat", "251"), new("Pekanbaru", "Riau", "281"), new("Palembang", "Sumatera Selatan", "301"),
        new("Bandar Lampung", "Lampung", "351"), new("Batam", "Kepulauan Riau", "294"), new("Pontianak", "Kalimantan Barat", "781", "Asia/Pontianak"),
        new("Banjarmasin", "Kalimantan Selatan", "701", "Asia/Makassar"), new("Balikpapan", "Kalimantan Timur", "761", "Asia/Makassar"),
        new("Makassar", "Sulawesi Selatan", "902", "Asia/Makassar"), new("Manado", "Sulawesi Utara", "951", "Asia/Makassar"),
        new("Denpasar", "Bali", "801", "Asia/Makassar"), new("Badung", "Bali", "803", "Asia/Makassar"),
        new("Mataram", "Nusa Tenggara Barat", "831", "Asia/Makassar"), new("Ambon", "Maluku", "971", "Asia/Jayapura"),
        new("Jayapura", "Papua", "991", "Asia/Jayapura"),
    ];

    public static readonly string[] Streets =
    [
        "Melati", "Mawar", "Kenanga", "Anggrek", "Cempaka", "Flamboyan", "Dahlia", "Teratai", "Merdeka", "Sudirman", "Diponegoro", "Gajah Mada",
        "Hayam Wuruk", "Ahmad Yani", "Pahlawan", "Veteran", "Pemuda", "Kartini", "Imam Bonjol", "Teuku Umar", "Pattimura", "Hasanuddin",
        "Gatot Subroto", "Kebon Jeruk", "Pasar Baru", "Rajawali", "Merpati", "Cendrawasih", "Elang", "Semeru", "Merapi", "Rinjani", "Bromo",
        "Mahakam", "Serayu", "Brantas", "Citarum", "Kelapa Gading", "Beringin", "Cemara",
    ];
}

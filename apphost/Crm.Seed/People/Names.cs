namespace Crm.Seed.People;

/// <summary>Given and family names that are common in Indonesia.</summary>
internal static class Names
{
    public static readonly string[] Female =
    [
        "Siti", "Dewi", "Sri", "Putri", "Ayu", "Rina", "Wulan", "Indah", "Lestari", "Ratna", "Fitri", "Nur", "Yuni", "Maya", "Intan",
        "Kartika", "Mega", "Sari", "Dian", "Rini", "Anisa", "Nadia", "Tuti", "Endang", "Wati", "Bunga", "Citra", "Eka", "Gita", "Hana",
        "Kirana", "Laila", "Melati", "Novi", "Puspita", "Rahma", "Salma", "Tiara", "Utami", "Vina", "Yulia", "Zahra", "Ni Made", "Ni Luh",
    ];

    public static readonly string[] Male =
    [
        "Budi", "Agus", "Joko", "Andi", "Hendra", "Dedi", "Eko", "Rudi", "Bambang", "Iwan", "Yusuf", "Ahmad", "Rizki", "Fajar", "Arif",
        "Doni", "Adi", "Bayu", "Candra", "Dimas", "Fikri", "Galih", "Hadi", "Ilham", "Jaya", "Krisna", "Lukman", "Made", "Nanda", "Oki",
        "Pandu", "Rangga", "Satria", "Taufik", "Umar", "Wahyu", "Yoga", "Zainal", "Ketut", "Wayan", "Surya", "Teguh", "Guntur", "Bagus",
    ];

    public static readonly string[] Family =
    [
        "Santoso", "Wijaya", "Saputra", "Lestari", "Kusuma", "Setiawan", "Nugroho", "Pratama", "Hidayat", "Rahayu", "Susanto", "Wibowo",
        "Gunawan", "Hartono", "Siregar", "Nasution", "Simanjuntak", "Harahap", "Lubis", "Situmorang", "Tanjung", "Chaniago", "Maharani",
        "Permata", "Anggraini", "Wulandari", "Kurniawan", "Purnomo", "Suryadi", "Mulyani", "Handayani", "Firmansyah", "Ramadhan", "Utomo",
        "Prasetyo", "Halim", "Tan", "Salim", "Sutanto", "Irawan", "Sihombing", "Pangestu", "Mahendra", "Adnyana", "Latumahina", "Manuhutu",
    ];
}

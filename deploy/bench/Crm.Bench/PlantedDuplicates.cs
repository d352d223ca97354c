using System.Globalization;
using Crm.Customer.Domain.Identity;

namespace Crm.Bench;

/// <summary>
/// A base of customers with known duplicates: names and addresses as Indonesians write them, households that share phone and address, and for one
/// record in twenty a second one of the same person, as another form or shop would have written it (one to three of: spelling, title, slip of the
/// keyboard, order of names, other or no phone, other or no e-mail address, swapped or mistyped or no date, other spelling of the address).
/// </summary>
internal static class PlantedDuplicates
{
    private static readonly string[] Given =
    [
        "Budi", "Agus", "Slamet", "Djoko", "Eko", "Bambang", "Hendra", "Rudi", "Wahyu", "Dedi", "Andi", "Arif", "Rizki", "Fajar", "Dimas", "Bayu", "Yusuf", "Ibrahim", "Hasan", "Ahmad", "Muhammad", "Abdul",
        "Siti", "Dewi", "Sri", "Nur", "Ani", "Rina", "Yuni", "Wati", "Indah", "Putri", "Ayu", "Lestari", "Fitri", "Ratna", "Maya", "Dian", "Eka", "Tri", "Endang", "Sari", "Nina", "Lina", "Mega", "Intan",
        "Made", "Wayan", "Ketut", "Nyoman", "Gede", "Komang", "Asep", "Cecep", "Ujang", "Tatang", "Maria", "Yohanes", "Paulus", "Petrus", "Daniel", "Samuel", "Kevin", "Michael", "Teguh", "Imam", "Taufik", "Irfan",
    ];

    private static readonly string[] Middle = ["Hadi", "Kurnia", "Surya", "Bagus", "Cahya", "Wulan", "Adi", "Dwi", "Rahma", "Jaya", "Karya", "Budhi", "Panca", "Sekar", "Galih", "Rizal", "Fauzi", "Akbar"];
    private static readonly string[] Roots = ["Sant", "Sus", "Har", "Wid", "Sur", "Kus", "Pur", "Set", "Nug", "Wir", "Sat", "Mul", "Sup", "Sud", "Ruk", "Wah", "Kart", "Sum", "Tjah", "Djaj", "Pram", "Ran", "Mah", "Lak", "Bas", "Gun", "Has", "Rah", "Sir", "Man"];
    private static readonly string[] Endings = ["oso", "ilo", "anto", "odo", "yono", "adi", "awan", "iawan", "roho", "ogo", "rio", "yadi", "riyadi", "irman", "mana", "yudi", "ana", "arto", "ika", "ningsih", "wati", "asih", "ini", "yanti", "endra", "esa", "ono", "utra"];
    private static readonly string[] Streets = ["Melati", "Mawar", "Kenanga", "Sudirman", "Diponegoro", "Gajah Mada", "Hayam Wuruk", "Pahlawan", "Merdeka", "Veteran", "Kartini", "Imam Bonjol", "Ahmad Yani", "Pemuda", "Cendana", "Flamboyan", "Anggrek", "Raya Bogor", "Kebon Jeruk", "Cempaka Putih", "Soekarno Hatta", "Teuku Umar", "Dahlia", "Teratai", "Rajawali", "Garuda", "Merak", "Cendrawasih", "Nusantara", "Siliwangi"];
    private static readonly string[] Cities = ["Jakarta", "Bandung", "Surabaya", "Semarang", "Medan", "Makassar", "Palembang", "Denpasar", "Yogyakarta", "Malang", "Bogor", "Depok", "Bekasi", "Tangerang", "Surakarta", "Padang", "Pekanbaru", "Balikpapan", "Samarinda", "Manado"];
    private static readonly string[] Domains = ["gmail.com", "gmail.com", "gmail.com", "yahoo.com", "yahoo.co.id", "outlook.com", "hotmail.com"];
    private static readonly string[] Before = ["Drs. ", "H. ", "Hj. ", "Ir. ", "Dr. ", "Bpk. ", "Ibu "];
    private static readonly string[] Behind = [", S.E.", ", S.Kom.", ", M.M.", " S.H.", ", S.Pd., M.Pd."];

    /// <summary>As a form or file has them.</summary>
    internal sealed record Person(string Name, string? Phone, string? Email, DateOnly? Born, string? Street, string? City);

    /// <returns>The people in random order, and for each duplicate pair the two positions.</returns>
    public static (Person[] People, HashSet<(int, int)> Pairs) Make(int count, int seed)
    {
        var random = new Random(seed);
        var duplicates = count / 20;
        var people = new List<Person>(count);
        while (people.Count < count - duplicates)
        {
            // One in thirty lives with the one before: same phone, address and last name.
            people.Add(people.Count > 0 && random.Next(30) == 0 ? Relative(people[^1], random) : New(random, people.Count));
        }

        var copied = Enumerable.Range(0, people.Count).ToArray();
        random.Shuffle(copied);
        var twins = copied.Take(duplicates).Select(original => (Original: original, Copy: Again(people[original], random))).ToArray();
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        var all = new Person[count];
        for (var i = 0; i < people.Count; i++) all[order[i]] = people[i];
        var pairs = new HashSet<(int, int)>(duplicates);
        for (var i = 0; i < twins.Length; i++)
        {
            var (one, other) = (order[twins[i].Original], order[people.Count + i]);
            all[other] = twins[i].Copy;
            pairs.Add((Math.Min(one, other), Math.Max(one, other)));
        }

        return (all, pairs);
    }

    /// <summary>Whose position is the first four bytes of the id.</summary>
    public static Guid Id(int position) => new(position, 0, 0, new byte[8]);

    public static IdentityRecord Record(int position, Person person) => IdentityRecord.Of(Id(position), person.Name, person.Email, person.Phone, person.Born, person.Street, person.City);

    private static Person New(Random random, int number)
    {
        var last = Roots[random.Next(Roots.Length)] + Endings[random.Next(Endings.Length)];
        var given = Given[random.Next(Given.Length)];
        var name = random.Next(12) == 0 ? given : random.Next(3) == 0 ? $"{given} {Middle[random.Next(Middle.Length)]} {last}" : $"{given} {last}";
        var phone = random.Next(10) == 0 ? null : $"08{random.Next(11, 99)}{random.Next(10_000_000, 100_000_000)}";
        var email = random.Next(4) == 0 ? null : $"{given}.{last}{number.ToString(CultureInfo.InvariantCulture)}@{Domains[random.Next(Domains.Length)]}".ToLowerInvariant();
        var born = random.Next(7) == 0 ? (DateOnly?)null : new DateOnly(1950, 1, 1).AddDays(random.Next(20_000));
        var (street, city) = random.Next(5) == 0 ? (null, null) : ($"Jl. {Streets[random.Next(Streets.Length)]} No. {random.Next(1, 300)} RT {random.Next(1, 12):00}/RW {random.Next(1, 9):00}", Cities[random.Next(Cities.Length)]);
        return phone is null && email is null ? New(random, number) : new Person(name, phone, email, born, street, city);
    }

    private static Person Relative(Person of, Random random) => of with
    {
        Name = $"{Given[random.Next(Given.Length)]} {of.Name.Split(' ')[^1]}",
        Email = null,
        Born = new DateOnly(1950, 1, 1).AddDays(random.Next(20_000)),
    };

    private static Person Again(Person person, Random random)
    {
        var times = random.Next(1, 4);
        for (var i = 0; i < times; i++)
        {
            person = random.Next(10) switch
            {
                0 => person with { Name = Respelt(person.Name) },
                1 => person with { Name = random.Next(2) == 0 ? Before[random.Next(Before.Length)] + person.Name : person.Name + Behind[random.Next(Behind.Length)] },
                2 => person with { Name = Slip(person.Name, random) },
                3 => person with { Name = string.Join(' ', person.Name.Split(' ').Reverse()) },
                4 => person with { Phone = random.Next(3) == 0 ? null : person.Email is null && person.Born is null ? person.Phone : $"08{random.Next(11, 99)}{random.Next(10_000_000, 100_000_000)}" },
                5 => person with { Phone = person.Phone is { Length: > 8 } phone ? $"+62 {phone[1..4]}-{phone[4..]}" : person.Phone },
                6 => person with { Email = random.Next(2) == 0 ? null : $"u{random.Next(100_000_000)}@{Domains[random.Next(Domains.Length)]}" },
                7 => person with { Email = person.Email?.Replace(".", "", StringComparison.Ordinal).Replace("gmailcom", "gmail.com", StringComparison.Ordinal) is { } plain && plain.Contains("gmail.com", StringComparison.Ordinal) ? plain : person.Email },
                8 => person with { Born = Misread(person.Born, random) },
                _ => person with { Street = person.Street?.Replace("Jl. ", "Jalan ", StringComparison.Ordinal).Replace("No. ", "", StringComparison.Ordinal).Split(" RT")[0] },
            };
        }

        return person;
    }

    private static string Respelt(string name) => name.Replace("Muhammad", "Moh.", StringComparison.Ordinal).Replace("Ahmad", "Achmad", StringComparison.Ordinal).Replace("u", "oe", StringComparison.Ordinal)
        .Replace("Dj", "J", StringComparison.Ordinal).Replace("Tj", "C", StringComparison.Ordinal).Replace("z", "s", StringComparison.Ordinal);

    private static string Slip(string name, Random random)
    {
        var at = random.Next(1, name.Length);
        return random.Next(3) switch
        {
            0 => name.Remove(at, 1),
            1 => name.Insert(at, ((char)('a' + random.Next(26))).ToString()),
            _ => name.Remove(at, 1).Insert(at, ((char)('a' + random.Next(26))).ToString()),
        };
    }

    private static DateOnly? Misread(DateOnly? born, Random random) => born is not { } day || random.Next(3) == 0 ? null
        : day.Day <= 12 && random.Next(2) == 0 ? new DateOnly(day.Year, day.Day, day.Month)
        : new DateOnly(day.Year - (day.Year % 10) + random.Next(10), day.Month, Math.Min(day.Day, 28));
}

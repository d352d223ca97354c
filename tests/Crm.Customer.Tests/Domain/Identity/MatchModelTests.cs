using Crm.Customer.Domain.Identity;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Domain.Identity;

public sealed class MatchModelTests
{
    private static readonly DateOnly Born = new(1988, 3, 7);

    [Fact]
    public void The_same_person_in_two_spellings_with_a_new_phone_is_a_match_and_says_why()
    {
        var one = Record("Drs. Moh. Soekardi", "0812 3456 789", "moh.sukardi@gmail.com", Born, "Jl. Melati No. 5");
        var other = Record("Muhammad Sukardi", "+62 813 9999 000", "mohsukardi@gmail.com", new DateOnly(1988, 7, 3), "Jalan Melati 5");
        var reasons = new List<MatchReason>();
        var weight = MatchModel.Score(one, other, reasons);

        Assert.Equal(MatchVerdict.Match, MatchModel.Judge(weight));
        Assert.Equal(
            [("name", "same"), ("phone", "different"), ("email", "same"), ("birthDate", "swapped"), ("address", "same")],
            reasons.Select(reason => (reason.Field, reason.Finding)));
        Assert.Equal(weight, reasons.Sum(reason => reason.Weight), 6);
    }

    [Fact]
    public void Husband_and_wife_who_share_phone_and_address_are_no_match()
    {
        var husband = Record("Budi Santoso", "0812 3456 789", null, Born, "Jl. Melati No. 5");
        var wife = Record("Dewi Santoso", "0812 3456 789", null, new DateOnly(1990, 11, 30), "Jl. Melati No. 5");
        Assert.NotEqual(MatchVerdict.Match, MatchModel.Judge(MatchModel.Score(husband, wife)));
    }

    [Fact]
    public void Twins_are_no_match()
    {
        var one = Record("Hasan Basri", "0812 3456 789", null, Born, "Jl. Melati No. 5");
        var other = Record("Husein Basri", "0812 3456 789", null, Born, "Jl. Melati No. 5");
        Assert.NotEqual(MatchVerdict.Match, MatchModel.Judge(MatchModel.Score(one, other)));
    }

    [Fact]
    public void A_common_name_alone_is_nothing() =>
        Assert.Equal(MatchVerdict.Different, MatchModel.Judge(MatchModel.Score(Record("Budi Santoso"), Record("Budi Santoso"))));

    [Theory]
    [InlineData("1988-03-07", "1988-07-03", "swapped")]
    [InlineData("1988-03-07", "1998-03-07", "slip")]
    [InlineData("1988-03-12", "1988-03-21", "slip")]
    [InlineData("1988-03-07", "1975-11-28", "different")]
    public void Dates_are_read_with_the_slips_of_forms(string one, string other, string finding)
    {
        static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var reasons = new List<MatchReason>();
        MatchModel.Score(Record("A", born: Day(one)), Record("B", born: Day(other)), reasons);
        Assert.Equal(finding, reasons.Single(reason => reason.Field == "birthDate").Finding);
    }

    /// <summary>The order of the two never matters, and each kind of difference alone leaves them a block in common.</summary>
    [Fact]
    public void Scores_are_symmetric_and_blocks_survive_a_difference()
    {
        var random = new Random(11);
        string[] names = ["Budi Santoso", "Moh. Rizky", "Siti Aminah", "Djoko", "Dewi", "Tjahja Poernama", "B. Santosa", ""];
        for (var i = 0; i < 2000; i++)
        {
            var (one, other) = (Any(), Any());
            Assert.Equal(MatchModel.Score(one, other), MatchModel.Score(other, one), 9);
        }

        var whole = Record("Moh. Soekardi", "0812 3456 789", "sukardi@gmail.com", Born, "Jl. Melati No. 5");
        foreach (var changed in new[]
        {
            Record("Muhammad Sukardy", "0812 3456 789", "sukardi@gmail.com", Born, "Jl. Melati No. 5"),
            Record("Moh. Soekardi", null, null, new DateOnly(1988, 7, 3)),
            Record("Moh. Soekardi", null, null, new DateOnly(1998, 3, 7)),
            Record("Moh. Soekardi", "0899 0000 0000", "new@example.com", null, "Jalan Melati 5"),
        })
        {
            Assert.NotEmpty(Keys(whole).Intersect(Keys(changed)));
        }

        IdentityRecord Any() => Record(
            names[random.Next(names.Length)], random.Next(3) == 0 ? null : $"0812345678{random.Next(10)}", random.Next(3) == 0 ? null : $"a{random.Next(3)}@gmail.com",
            random.Next(3) == 0 ? null : new DateOnly(1988, 1 + random.Next(12), 1 + random.Next(12)), random.Next(3) == 0 ? null : $"Jl. Melati {random.Next(3)}");
    }

    private static ulong[] Keys(IdentityRecord record)
    {
        var keys = new ulong[IdentityRecord.MaxKeys];
        return keys[..record.BlockingKeys(keys)];
    }

    private static IdentityRecord Record(string name, string? phone = null, string? email = null, DateOnly? born = null, string? street = null) =>
        IdentityRecord.Of(NewId(), name, email, phone, born, street, street is null ? null : "Bandung");
}

using Crm.Customer.Domain.Identity;

namespace Crm.Customer.Tests.Domain.Identity;

public sealed class PersonNameTests
{
    [Theory]
    [InlineData("Moh. Rizki", "Muhammad Rizky", NameAgreement.Same)]
    [InlineData("Mochamad Rizqi", "Muhammad Rizki", NameAgreement.Same)]
    [InlineData("Soekarno", "Sukarno", NameAgreement.Same)]
    [InlineData("Djoko Soesilo", "Joko Susilo", NameAgreement.Same)]
    [InlineData("Tjokro Aminoto", "Cokro Aminoto", NameAgreement.Same)]
    [InlineData("Jusuf Kalla", "Yusuf Kalla", NameAgreement.Same)]
    [InlineData("Achmad Fauzi", "Ahmad Fauzi", NameAgreement.Same)]
    [InlineData("Drs. H. Budi Santoso, S.E., M.M.", "Budi Santoso", NameAgreement.Same)]
    [InlineData("Dr. Ir. Hj. Siti Nurhaliza", "Siti Nurhaliza", NameAgreement.Same)]
    [InlineData("Budi Santoso S.Kom", "Budi Santoso", NameAgreement.Same)]
    [InlineData("Santoso, Budi", "Budi Santoso", NameAgreement.Same)]
    [InlineData("Noer Aisjah", "Nur Aisyah", NameAgreement.Same)]
    [InlineData("Budi Santoso", "Budi Hadi Santoso", NameAgreement.Contained)]
    [InlineData("B. Santoso", "Budi Santoso", NameAgreement.Contained)]
    [InlineData("Budi Santoso", "Budi Santosa", NameAgreement.Close)]
    [InlineData("Nurhayati", "Nur Hayati", NameAgreement.Close)]
    [InlineData("Budi Santoso", "Dewi Santoso", NameAgreement.Shared)]
    [InlineData("Budi Santoso", "Dewi Lestari", NameAgreement.Different)]
    [InlineData("Budi", "", NameAgreement.Unknown)]
    public void Names_are_compared_as_people_read_them(string one, string other, object expected)
    {
        Assert.Equal(expected, PersonName.Of(one).Compare(PersonName.Of(other)));
        Assert.Equal(expected, PersonName.Of(other).Compare(PersonName.Of(one)));
    }

    [Theory]
    [InlineData("H.")]
    [InlineData("Ir.")]
    [InlineData("Ma")]
    public void A_title_alone_is_the_name(string name) => Assert.Single(PersonName.Of(name).Words);

    [Theory]
    [InlineData("Budi.Santoso+promo@GMAIL.com", "budisantoso@gmail.com")]
    [InlineData("budi@googlemail.com", "budi@gmail.com")]
    [InlineData("budi.santoso@yahoo.com", "budi.santoso@yahoo.com")]
    [InlineData("budi+a@perusahaan.co.id", "budi+a@perusahaan.co.id")]
    [InlineData("budi+a@outlook.com", "budi@outlook.com")]
    public void Dots_and_plus_parts_are_ignored_only_where_the_provider_does(string email, string key) => Assert.Equal(key, ContactKeys.Email(email));

    [Theory]
    [InlineData("Jl. Raya Bogor No. 12", "Jalan Raya Bogor 12")]
    [InlineData("Jl. Soedirman Gg. 3 No.012", "jln sudirman gang III no 12", false)]
    [InlineData("Jl Soedirman Gg 3 No.012 RT 01/RW 02", "Jalan Sudirman Gang 3 Nomor 12")]
    [InlineData("Jl. Jend. Sudirman 5", "Jalan Jenderal Soedirman No 5")]
    [InlineData("Jl. Melati 5", "Jl. Melati 6", false)]
    public void Streets_have_one_spelling(string one, string other, bool same = true) => Assert.Equal(same, ContactKeys.Street(one) == ContactKeys.Street(other));
}

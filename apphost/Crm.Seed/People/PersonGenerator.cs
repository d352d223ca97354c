using System.Globalization;
using Crm.Customer.Contracts.V1;

namespace Crm.Seed.People;

/// <summary>People who do not exist, Indonesian ones; the same key always gives the same person.</summary>
internal sealed class PersonGenerator(string source, int bornFrom, int bornUntil)
{
    private const double MononymShare = 0.08;
    private const double IndonesianShare = 0.9;
    private const double EmailConsentShare = 0.8;
    private const double SmsConsentShare = 0.35;

    public ImportedCustomer Generate(string sourceId)
    {
        var random = new RandomStream($"{source} person {sourceId}");
        var isFemale = random.Chance(0.52);
        var given = random.Pick(isFemale ? Names.Female : Names.Male);
        var family = random.Chance(MononymShare) ? "" : random.Pick(Names.Family);
        var place = random.Pick(Places.Cities);
        var displayName = family.Length == 0 ? given : $"{given} {family}";
        var customer = new ImportedCustomer
        {
            Source = source,
            SourceId = sourceId,
            DisplayName = displayName,
            GivenName = given,
            FamilyName = family,
            Email = $"{displayName.ToLowerInvariant().Replace(' ', '.')}.{sourceId.ToLowerInvariant()}@example.com",
            // 0810 is not among the prefixes of the mobile operators: these numbers reach nobody.
            Phone = string.Create(CultureInfo.InvariantCulture, $"+62810{random.Below(100_000_000):D8}"),
            Language = random.Chance(IndonesianShare) ? "id" : "en",
            TimeZone = place.TimeZone,
            Street = string.Create(CultureInfo.InvariantCulture, $"Jl. {random.Pick(Places.Streets)} No. {random.Between(1, 180)}"),
            City = place.City,
            Province = place.Province,
            PostalCode = string.Create(CultureInfo.InvariantCulture, $"{place.PostalPrefix}{random.Below(100):D2}"),
            Country = "ID",
            BirthDate = new DateOnly(random.Between(bornFrom, bornUntil), 1, 1).AddDays(random.Below(365)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Gender = isFemale ? "female" : "male",
        };
        if (random.Chance(EmailConsentShare)) customer.MarketingConsents.Add("email");
        if (random.Chance(SmsConsentShare)) customer.MarketingConsents.Add("sms");
        return customer;
    }
}

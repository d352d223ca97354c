namespace Crm.Customer.Domain.Identity;

/// <summary>What one field says about whether two records are one person.</summary>
/// <param name="Field">name, phone, email, birthDate, address, gender.</param>
/// <param name="Finding">same, contained, close, shared, different, swapped, slip, partly, household.</param>
/// <param name="Weight">Bits of evidence: log2(m/u); negative is evidence against.</param>
internal sealed record MatchReason(string Field, string Finding, double Weight);

/// <summary>What is done with a pair.</summary>
internal enum MatchVerdict
{
    Different,

    /// <summary>For a person to decide.</summary>
    Possible,

    /// <summary>At least 95 % sure.</summary>
    Match,
}

/// <summary>
/// The probabilistic model of I. P. Fellegi and A. B. Sunter, A Theory for Record Linkage, JASA 64 (1969): each field adds log2(m/u), where m is
/// how often it agrees like this for one person's two records, and u how often for two people's. The m are what registers report for
/// names, dates and addresses (T. N. Herzog, F. J. Scheuren and W. E. Winkler, Data Quality and Record Linkage Techniques, 2007, chapters 9
/// and 15); the u follow from the number of distinct values. The fields of relatives are not independent, which the model assumes: contact points that a
/// household shares count half when the names differ.
/// </summary>
internal static class MatchModel
{
    public const string Version = "identity-1";

    /// <summary>
    /// log2 of the odds, before looking, that two records of a base of a million are one person when one in twenty is a duplicate (1 in 10^7), and the
    /// odds of 19 to 1 that a match has to reach.
    /// </summary>
    public const double MatchThreshold = 23.3 + 4.2;

    /// <summary>One chance in a hundred that it is worth a look.</summary>
    public const double PossibleThreshold = 23.3 - 6.6;

    public static MatchVerdict Judge(double weight) =>
        weight >= MatchThreshold ? MatchVerdict.Match : weight >= PossibleThreshold ? MatchVerdict.Possible : MatchVerdict.Different;

    /// <summary>The probability that the two are one person, given the weight.</summary>
    public static double Probability(double weight) => 1 / (1 + Math.Pow(2, 23.3 - weight));

    /// <summary>Sum of the evidence in bits; <paramref name="reasons"/>, where given, takes the parts.</summary>
    public static double Score(IdentityRecord one, IdentityRecord other, List<MatchReason>? reasons = null)
    {
        var name = one.Name.Compare(other.Name);
        var total = 0.0;
        Add("name", name switch
        {
            // Two people share a single name with probability of about 2^-7, a full name of two words 2^-15, a longer one 2^-18.
            NameAgreement.Same => ("same", one.Name.Words.Length switch { 1 => 7.0, 2 => 15.0, _ => 18.0 }),
            NameAgreement.Contained => ("contained", Math.Min(one.Name.Words.Length, other.Name.Words.Length) > 1 ? 9.0 : 5.0),
            NameAgreement.Close => ("close", 8.0),
            NameAgreement.Shared => ("shared", -5.0),
            NameAgreement.Different => ("different", -9.0),
            _ => default,
        });

        var born = Compare(one.BirthDate, other.BirthDate);
        // Father and son may share a name too; and one word in common is what relatives have.
        var unlike = name is NameAgreement.Shared or NameAgreement.Different || born.Finding == "different"
            || (name == NameAgreement.Contained && Math.Min(one.Name.Words.Length, other.Name.Words.Length) == 1);
        double Household(double weight) => unlike ? weight / 2 : weight;
        if (one.Phone is not null && other.Phone is not null)
        {
            if (one.Phone == other.Phone) Add("phone", (unlike ? "household" : "same", Household(17)));
            else if (TextDistance.IsOneSlipApart(one.Phone, other.Phone)) Add("phone", ("slip", 9));
            else Add("phone", ("different", -1.5));
        }

        if (one.Email is not null && other.Email is not null)
        {
            if (one.Email == other.Email) Add("email", (unlike ? "household" : "same", Household(18)));
            else if (IsMailSlip(one.Email, other.Email)) Add("email", ("slip", 10));
            else Add("email", ("different", -1.0));
        }

        Add("birthDate", born);
        if (one.Street is not null && other.Street is not null)
        {
            var sameNumbers = one.StreetNumbers is not null && one.StreetNumbers == other.StreetNumbers;
            var sameStreet = one.Street == other.Street || TextDistance.IsOneSlipApart(one.Street, other.Street);
            var sameCity = one.City is null || other.City is null || one.City == other.City;
            if (sameStreet && sameNumbers && sameCity) Add("address", (unlike ? "household" : "same", Household(13)));
            else if (sameStreet && sameCity && (one.StreetNumbers is null || other.StreetNumbers is null)) Add("address", ("partly", Household(6)));
            else if (sameCity && one.City is not null && other.City is not null) Add("address", ("partly", 0));
            else Add("address", ("different", -1.5));
        }
        else if (one.City is not null && other.City is not null)
        {
            Add("address", one.City == other.City ? ("partly", 2.5) : ("different", -1.5));
        }

        if (one.Gender is not null && other.Gender is not null) Add("gender", one.Gender == other.Gender ? ("same", 0.9) : ("different", -4));
        return total;

        void Add(string field, (string Finding, double Weight) evidence)
        {
            if (evidence.Finding is null) return;
            total += evidence.Weight;
            reasons?.Add(new MatchReason(field, evidence.Finding, Math.Round(evidence.Weight, 1)));
        }
    }

    /// <summary>Every field that both have agrees, and a contact point is among them: the same form sent twice.</summary>
    public static bool IsExact(IdentityRecord one, IdentityRecord other) =>
        one.Name.Words.Length > 0 && one.Name.Key == other.Name.Key
        && one.Phone is not null && one.Phone == other.Phone && one.Email is not null && one.Email == other.Email
        && (one.BirthDate is null || other.BirthDate is null || one.BirthDate == other.BirthDate);

    private static (string Finding, double Weight) Compare(DateOnly? one, DateOnly? other) => (one, other) switch
    {
        ({ } birth, { } known) when birth == known => ("same", 13),
        ({ } birth, { } known) when birth.Year == known.Year && birth.Day == known.Month && birth.Month == known.Day => ("swapped", 10),
        ({ } birth, { } known) when IsDateSlip(birth, known) => ("slip", 4),
        ({ }, { }) => ("different", -9),
        _ => default,
    };

    private static bool IsMailSlip(string one, string other)
    {
        var (at, otherAt) = (one.LastIndexOf('@'), other.LastIndexOf('@'));
        return at > 4 && otherAt > 4 && TextDistance.IsOneSlipApart(one, other);
    }

    /// <summary>Two of day, month and year agree and the third is a digit off or an exchange of two.</summary>
    private static bool IsDateSlip(DateOnly one, DateOnly other)
    {
        var same = (one.Year == other.Year ? 1 : 0) + (one.Month == other.Month ? 1 : 0) + (one.Day == other.Day ? 1 : 0);
        if (same != 2) return false;
        Span<char> a = stackalloc char[8], b = stackalloc char[8];
        one.TryFormat(a, out _, "yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        other.TryFormat(b, out _, "yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        return TextDistance.IsOneSlipApart(a, b);
    }
}

namespace Crm.Customer.Domain.Identity;

/// <summary>What identifies a person, normalised once for any number of comparisons. Null: unknown.</summary>
internal sealed class IdentityRecord
{
    private IdentityRecord(Guid id, PersonName name) => (Id, Name) = (id, name);

    public Guid Id { get; }
    public PersonName Name { get; }

    /// <summary>E.164.</summary>
    public string? Phone { get; private init; }
    public string? Email { get; private init; }
    public DateOnly? BirthDate { get; private init; }
    public string? Street { get; private init; }
    public string? StreetNumbers { get; private init; }
    public string? City { get; private init; }
    public string? PostalCode { get; private init; }
    public string? Gender { get; private init; }

    public static IdentityRecord Of(
        Guid id, string? displayName, string? email, string? phone, DateOnly? birthDate, string? street, string? city, string? postalCode = null, string? gender = null)
    {
        var (streetKey, numbers) = ContactKeys.Street(street);
        return new IdentityRecord(id, PersonName.Of(displayName))
        {
            Email = ContactKeys.Email(email),
            Phone = phone is not null && PhoneNumber.TryNormalise(phone, out var e164) ? e164 : null,
            BirthDate = birthDate,
            Street = streetKey,
            StreetNumbers = numbers,
            City = ContactKeys.City(city),
            PostalCode = string.IsNullOrWhiteSpace(postalCode) ? null : postalCode.Trim(),
            Gender = gender,
        };
    }

    /// <summary>
    /// Blocking keys: only records that have one in common are compared. Each survives another kind of difference (a new phone, a misspelt
    /// name, a swapped date), so that a pair is missed only if all of its fields differ at once; and each is rare, so that the number of pairs grows
    /// with the base and not with its square.
    /// </summary>
    /// <param name="keys">Takes the keys; needs room for <see cref="MaxKeys"/>.</param>
    /// <returns>How many there are.</returns>
    public int BlockingKeys(Span<ulong> keys)
    {
        var count = 0;
        if (Phone is not null) keys[count++] = Hash('p', Phone);
        if (Email is not null) keys[count++] = Hash('e', Email);
        var words = Name.Words;
        if (words.Length == 0) return count;

        var day = BirthDate?.DayNumber;
        if (words.Length > 1 && City is not null) keys[count++] = Hash('c', Name.Key, City);
        if (BirthDate is { } birth)
        {
            // Day and month in one order whichever way round they were written.
            var (low, high) = birth.Day <= 12 ? (Math.Min(birth.Day, birth.Month), Math.Max(birth.Day, birth.Month)) : (birth.Month, birth.Day);
            foreach (var word in words.AsSpan(0, Math.Min(words.Length, 3)))
            {
                if (word.Length > 2) keys[count++] = Hash('w', word.AsSpan(0, 3), $"{birth.Year}-{low}-{high}");
            }

            if (words.Length > 1)
            {
                // A slip in one part of the date leaves the two others.
                keys[count++] = Hash('y', Name.Key, $"{birth.Year}-{birth.Month}");
                keys[count++] = Hash('m', Name.Key, $"-{birth.Month}-{birth.Day}");
                keys[count++] = Hash('d', Name.Key, $"{birth.Year}--{birth.Day}");
            }
        }

        if (Street is not null && StreetNumbers is not null) keys[count++] = Hash('s', Street, StreetNumbers + "|" + City);
        return count;
    }

    public const int MaxKeys = 10;

    /// <summary>FNV-1a, 64 bits: stable across processes, because keys are stored.</summary>
    private static ulong Hash(char kind, ReadOnlySpan<char> one, ReadOnlySpan<char> other = default)
    {
        var hash = Mix(14695981039346656037UL, kind);
        foreach (var character in one) hash = Mix(hash, character);
        hash = Mix(hash, '\u001f');
        foreach (var character in other) hash = Mix(hash, character);
        return hash;

        static ulong Mix(ulong hash, char character) => unchecked((hash ^ character) * 1099511628211UL);
    }
}

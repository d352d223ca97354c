using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

/// <summary>What somebody says about a customer, before it is checked.</summary>
internal sealed record CustomerInput
{
    public required string? DisplayName { get; init; }
    public string? GivenName { get; init; }
    public string? FamilyName { get; init; }
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public string? Language { get; init; }
    public string? TimeZone { get; init; }
    public string? Street { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? Gender { get; init; }
    public IReadOnlyList<string>? Tags { get; init; }
}

/// <summary>Checked and normalised details, the same for forms, files and streams. Null: not said.</summary>
internal sealed partial record CustomerDetails
{
    public const string DefaultLanguage = "id";
    public const string DefaultTimeZone = "Asia/Jakarta";
    public const int MaxName = 200;
    public const int MaxTags = 50;
    public const int MaxSourceId = 100;
    public static readonly IReadOnlyList<string> Languages = ["id", "en"];
    public static readonly IReadOnlyList<string> Genders = ["female", "male", "other"];
    public static readonly DateOnly EarliestBirthDate = new(1900, 1, 1);
    private static readonly DateTimeOffset EarliestInstant = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public required string DisplayName { get; init; }
    public string? GivenName { get; init; }
    public string? FamilyName { get; init; }
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public string? Language { get; init; }
    public string? TimeZone { get; init; }
    public string? Street { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? Gender { get; init; }

    /// <summary>Without repetition, sorted.</summary>
    public string[] Tags { get; init; } = [];

    /// <summary>The first thing that is wrong, named as in the request; <paramref name="addressPath"/> leads to the address there.</summary>
    public static Result<CustomerDetails> From(CustomerInput input, DateTimeOffset now, string addressPath = "")
    {
        Error? error = null;
        var details = new CustomerDetails
        {
            DisplayName = Text(input.DisplayName, "displayName", MaxName) ?? "",
            GivenName = Text(input.GivenName, "givenName", MaxName),
            FamilyName = Text(input.FamilyName, "familyName", MaxName),
            Email = Text(input.Email, "email", 254),
            Phone = Text(input.Phone, "phone", 40),
            Language = Text(input.Language, "language", 10)?.ToLowerInvariant(),
            TimeZone = Text(input.TimeZone, "timeZone", 64),
            Street = Text(input.Street, addressPath + "street", 300),
            City = Text(input.City, addressPath + "city", 100),
            Province = Text(input.Province, addressPath + "province", 100),
            PostalCode = Text(input.PostalCode, addressPath + "postalCode", 20),
            Country = Text(input.Country, addressPath + "country", 10)?.ToUpperInvariant(),
            BirthDate = input.BirthDate,
            Gender = Text(input.Gender, "gender", 20)?.ToLowerInvariant(),
            Tags = [.. (input.Tags ?? []).Select(tag => Text(tag, "tags", 1000) ?? "").Distinct().Order(StringComparer.Ordinal)],
        };
        if (error is not null) return error;

        if (details.DisplayName.Length == 0) return CustomerErrors.NameRequired("displayName");
        if (details.Email is { } email && !EmailPattern().IsMatch(email)) return CustomerErrors.EmailInvalid("email");
        if (details.Language is { } language && !Languages.Contains(language)) return CustomerErrors.LanguageUnknown("language");
        if (details.TimeZone is { } zone && !IsIanaZone(zone)) return CustomerErrors.TimeZoneUnknown("timeZone");
        if (details.Country is { } country && !CountryPattern().IsMatch(country)) return CustomerErrors.CountryInvalid(addressPath + "country");
        if (details.BirthDate is { } birth && !IsBirthDate(birth, now)) return CustomerErrors.BirthDateInvalid("birthDate");
        if (details.Gender is { } gender && !Genders.Contains(gender)) return CustomerErrors.GenderUnknown("gender");
        if (details.Tags.Length > MaxTags || details.Tags.Any(tag => tag.Length is 0 or > 50)) return CustomerErrors.TagsInvalid("tags");
        if (details.Phone is null) return details;
        return PhoneNumber.TryNormalise(details.Phone, out var e164) ? details with { Phone = e164 } : CustomerErrors.PhoneInvalid("phone");

        string? Text(string? text, string field, int max)
        {
            if (!PlainText.TryClean(text, out var clean)) error ??= CustomerErrors.InvalidCharacters(field);
            if (clean?.Length > max) error ??= CustomerErrors.TooLong(field, max);
            return clean;
        }
    }

    /// <summary>A past instant of this or the last century; a little ahead of our clock is forgiven.</summary>
    public static bool IsPlausible(DateTimeOffset instant, DateTimeOffset now) => instant >= EarliestInstant && instant <= now + ClockTolerance;

    /// <summary>Why the key of another system cannot be one, or null; <paramref name="cleanId"/> is the key as it is stored.</summary>
    public static Error? SourceRefusal(string source, string? sourceId, out string cleanId)
    {
        cleanId = "";
        if (!SourcePattern().IsMatch(source)) return CustomerErrors.SourceInvalid("source");
        if (!PlainText.TryClean(sourceId, out var clean)) return CustomerErrors.InvalidCharacters("sourceId");
        if (clean is null) return CustomerErrors.SourceIdRequired("sourceId");
        cleanId = clean;
        return clean.Length > MaxSourceId ? CustomerErrors.TooLong("sourceId", MaxSourceId) : null;
    }

    // It is already tomorrow in the east of Indonesia (UTC+9) when a child born there is registered.
    private static bool IsBirthDate(DateOnly date, DateTimeOffset now) =>
        date >= EarliestBirthDate && date <= DateOnly.FromDateTime(now.UtcDateTime.AddHours(9));

    private static bool IsIanaZone(string zone) => ZonePattern().IsMatch(zone) && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) && found.HasIanaId;

    [GeneratedRegex(@"^[^\s@""<>,;]{1,64}@[^\s@""<>,;.]+(\.[^\s@""<>,;.]+)+$")]
    private static partial Regex EmailPattern();

    [GeneratedRegex("^[A-Z]{2}$")]
    private static partial Regex CountryPattern();

    [GeneratedRegex("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$")]
    private static partial Regex ZonePattern();

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,49}$")]
    private static partial Regex SourcePattern();
}

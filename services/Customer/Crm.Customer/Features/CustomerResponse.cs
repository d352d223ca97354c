using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Paging;

namespace Crm.Customer.Features;

internal sealed record Address(string? Street = null, string? City = null, string? Province = null, string? PostalCode = null, string? Country = null);

/// <summary>A customer as the API shows it.</summary>
internal sealed record CustomerResponse(
    Guid Id, long Version, string Number, string DisplayName, string? GivenName, string? FamilyName, string? Email, string? Phone,
    string Language, string TimeZone, Address Address, DateOnly? BirthDate, string? Gender, IReadOnlyList<string> Tags, string LifecycleStage,
    string? Source, string? SourceId, Guid? ReferredBy, DateTimeOffset RegisteredAt, DateTimeOffset ChangedAt,
    IReadOnlyList<ConsentState> Consents, IReadOnlyList<PreferenceState> Preferences, IReadOnlyList<CustomFieldState> CustomFields) : IVersioned
{
    public static CustomerResponse From(CustomerRow row) => new(
        row.Id, row.Version, row.Number, row.DisplayName, row.GivenName, row.FamilyName, row.Email, row.Phone, row.Language, row.TimeZone,
        new Address(row.Street, row.City, row.Province, row.PostalCode, row.Country), row.BirthDate, row.Gender, row.Tags, row.LifecycleStage,
        row.Source, row.SourceId, row.ReferredBy, row.RegisteredAt, row.ChangedAt, row.CurrentConsents, row.Own.Preferences, row.Own.CustomFields);
}

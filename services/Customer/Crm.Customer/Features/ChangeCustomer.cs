using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Features.Records;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>Replaces the details of a customer: what is left out is emptied, but for preferences and custom fields, which then stay. Source, referrer and lifecycle stage are not details.</summary>
internal static class ChangeCustomer
{
    internal sealed record Request(
        string DisplayName, string? GivenName = null, string? FamilyName = null, string? Email = null, string? Phone = null,
        string? Language = null, string? TimeZone = null, Address? Address = null, DateOnly? BirthDate = null, string? Gender = null,
        IReadOnlyList<string>? Tags = null, IReadOnlyList<PreferenceState>? Preferences = null, IReadOnlyList<CustomFieldState>? CustomFields = null);

    public static void Map(RouteGroupBuilder api) => api
        .MapPut("/customers/{id:guid}", async (Guid id, Request request, IfMatch ifMatch, Handler handler, CancellationToken cancellationToken) =>
            (await handler.HandleAsync(id, request, ifMatch.Version, cancellationToken)).ToOk())
        .WithName("ChangeCustomer")
        .AllowRoles(Roles.CustomerEditors);

    internal sealed class Handler(UnitOfWork unitOfWork, CustomerStore store, Timeline timeline, ActorAccessor actor, TimeProvider time)
    {
        public async Task<Result<CustomerResponse>> HandleAsync(Guid id, Request request, long version, CancellationToken cancellationToken)
        {
            var now = time.GetUtcNow();
            if (!CustomerDetails.From(Input(request), now, "address.").TryGet(out var details, out var error)) return error;
            if (!OwnFields.From(request.Preferences, request.CustomFields).TryGet(out var given, out error)) return error;
            if (await store.FindAsync(id, cancellationToken) is not { } before) return CustomerErrors.NotFound;
            if (before.Version != version || before.Id != id) return CustomerErrors.Stale;

            var own = new OwnFields(
                request.Preferences is null ? before.Own.Preferences : given.Preferences, request.CustomFields is null ? before.Own.CustomFields : given.CustomFields);
            var changed = ChangedFields(before, details, own);
            if (changed.Count == 0) return CustomerResponse.From(before);

            if (request.CustomFields is not null && await CustomFieldRules.RefusalAsync(unitOfWork, "customer", own.CustomFields, cancellationToken) is { } badField) return badField;

            await unitOfWork.SetAsync(actor.Current, ChangeOrigin.Form, cancellationToken);
            var updated = await unitOfWork.ExecuteAsync(
                """
                UPDATE customers SET version = version + 1, changed_at = @now, display_name = @DisplayName, given_name = @GivenName,
                    family_name = @FamilyName, email = @Email, phone = @Phone, language = coalesce(@Language, @defaultLanguage),
                    time_zone = coalesce(@TimeZone, @defaultTimeZone), street = @Street, city = @City, province = @Province,
                    postal_code = @PostalCode, country = @Country, birth_date = @BirthDate, gender = @Gender, tags = @Tags,
                    preferences = @PreferencesJson::jsonb, custom_fields = @CustomFieldsJson::jsonb
                WHERE id = @id AND version = @version
                """,
                new
                {
                    id, version, now, defaultLanguage = CustomerDetails.DefaultLanguage, defaultTimeZone = CustomerDetails.DefaultTimeZone,
                    details.DisplayName, details.GivenName, details.FamilyName, details.Email, details.Phone, details.Language, details.TimeZone,
                    details.Street, details.City, details.Province, details.PostalCode, details.Country, details.BirthDate, details.Gender,
                    details.Tags, own.PreferencesJson, own.CustomFieldsJson,
                },
                cancellationToken);
            if (updated == 0) return CustomerErrors.Stale;

            await timeline.AppendAsync(
                [TimelineEntry.Of(id, now, "customer.changed", $"{id}:{version + 1}", "customer", $"customer:{id}", ("fields", string.Join(", ", changed)))],
                cancellationToken);
            await store.PublishChangedAsync([id], cancellationToken);
            return CustomerResponse.From((await store.FindAsync(id, cancellationToken))!);
        }
    }

    private static List<string> ChangedFields(CustomerRow before, CustomerDetails after, OwnFields own)
    {
        var changed = new List<string>();
        Compare("displayName", before.DisplayName, after.DisplayName);
        Compare("givenName", before.GivenName, after.GivenName);
        Compare("familyName", before.FamilyName, after.FamilyName);
        Compare("email", before.Email, after.Email);
        Compare("phone", before.Phone, after.Phone);
        Compare("language", before.Language, after.Language ?? CustomerDetails.DefaultLanguage);
        Compare("timeZone", before.TimeZone, after.TimeZone ?? CustomerDetails.DefaultTimeZone);
        Compare("address.street", before.Street, after.Street);
        Compare("address.city", before.City, after.City);
        Compare("address.province", before.Province, after.Province);
        Compare("address.postalCode", before.PostalCode, after.PostalCode);
        Compare("address.country", before.Country, after.Country);
        Compare("birthDate", before.BirthDate, after.BirthDate);
        Compare("gender", before.Gender, after.Gender);
        if (!before.Tags.SequenceEqual(after.Tags)) changed.Add("tags");
        Compare("preferences", before.Own.PreferencesJson, own.PreferencesJson);
        Compare("customFields", before.Own.CustomFieldsJson, own.CustomFieldsJson);
        return changed;

        void Compare<T>(string field, T one, T other)
        {
            if (!EqualityComparer<T>.Default.Equals(one, other)) changed.Add(field);
        }
    }

    private static CustomerInput Input(Request request) => new()
    {
        DisplayName = request.DisplayName,
        GivenName = request.GivenName,
        FamilyName = request.FamilyName,
        Email = request.Email,
        Phone = request.Phone,
        Language = request.Language,
        TimeZone = request.TimeZone,
        Street = request.Address?.Street,
        City = request.Address?.City,
        Province = request.Address?.Province,
        PostalCode = request.Address?.PostalCode,
        Country = request.Address?.Country,
        BirthDate = request.BirthDate,
        Gender = request.Gender,
        Tags = request.Tags,
    };
}

using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Features.Identity;
using Crm.Customer.Features.Records;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>One customer, from a form or another system. <c>source</c> and <c>sourceId</c> name the customer there, for ever.</summary>
internal static class RegisterCustomer
{
    internal sealed record Request(
        string DisplayName, string? GivenName = null, string? FamilyName = null, string? Email = null, string? Phone = null,
        string? Language = null, string? TimeZone = null, Address? Address = null, DateOnly? BirthDate = null, string? Gender = null,
        IReadOnlyList<string>? Tags = null, string? Source = null, string? SourceId = null, IReadOnlyList<Consent>? Consents = null,
        Guid? ReferredBy = null, IReadOnlyList<PreferenceState>? Preferences = null, IReadOnlyList<CustomFieldState>? CustomFields = null);

    internal sealed record Consent(string Channel, string Purpose, bool Granted, string NoticeVersion);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers", async (Request request, Handler handler, CancellationToken cancellationToken, bool allowDuplicate = false, bool allowErased = false) =>
            (await handler.HandleAsync(request, allowDuplicate, allowErased, cancellationToken)).ToCreated(customer => $"/api/customer/v1/customers/{customer.Id}"))
        .WithName("RegisterCustomer")
        .AllowRoles(Roles.CustomerEditors);

    internal sealed class Handler(UnitOfWork unitOfWork, CustomerStore store, IdentityStore identities, Tombstones tombstones, ConsentLedger consents, Timeline timeline, Ids ids, TimeProvider time)
    {
        public async Task<Result<CustomerResponse>> HandleAsync(Request request, bool allowDuplicate, bool allowErased, CancellationToken cancellationToken)
        {
            var now = time.GetUtcNow();
            if (!CustomerDetails.From(Input(request), now, "address.").TryGet(out var details, out var error)) return error;
            if (!OwnFields.From(request.Preferences, request.CustomFields).TryGet(out var own, out error)) return error;
            if (await CustomFieldRules.RefusalAsync(unitOfWork, "customer", own.CustomFields, cancellationToken) is { } badField) return badField;
            if (request.Source is null && request.SourceId is not null) return CustomerErrors.SourceIdRequired("source");
            string? sourceId = null;
            if (request.Source is not null && CustomerDetails.SourceRefusal(request.Source, request.SourceId, out sourceId) is { } badSource) return badSource;
            if (ConsentRefusal(request.Consents ?? [], now) is { } badConsent) return badConsent;
            if (request.ReferredBy is { } referrer && !await store.ExistsAsync(referrer, cancellationToken)) return CustomerErrors.ReferrerUnknown;

            if (!allowDuplicate && request.Source is null && await CheckForDuplicates.ExactAsync(details, identities, cancellationToken) is { } known) return IdentityErrors.Exists(known);

            if (!allowErased && (await tombstones.FindAsync([new(details.Email, details.Phone, request.Source, sourceId)], cancellationToken)).Count > 0) return PrivacyErrors.Erased("displayName");

            var id = ids.Next();
            if (await InsertAsync(id, details, own, request.Source, sourceId, request.ReferredBy, now, cancellationToken) == 0) return CustomerErrors.SourceKeyTaken;

            await consents.RecordAsync([.. (request.Consents ?? []).Select(consent => Decision(id, consent, now))], cancellationToken);
            await timeline.AppendAsync([TimelineEntry.Of(id, now, "customer.registered", id.ToString(), "customer", $"customer:{id}", ("source", request.Source))], cancellationToken);
            if (request.Source is not null) await store.PublishChangedAsync(await store.ResolveReferralsAsync([id], cancellationToken), cancellationToken);
            await store.PublishRegisteredAsync([id], cancellationToken);
            return CustomerResponse.From((await store.FindAsync(id, cancellationToken))!);
        }

        private Task<int> InsertAsync(
            Guid id, CustomerDetails details, OwnFields own, string? source, string? sourceId, Guid? referredBy, DateTimeOffset now, CancellationToken cancellationToken) =>
            unitOfWork.ExecuteAsync(
                """
                INSERT INTO customers (id, number, source, source_id, display_name, given_name, family_name, email, phone, language, time_zone,
                                       street, city, province, postal_code, country, birth_date, gender, tags, referred_by, registered_at, changed_at,
                                       preferences, custom_fields)
                VALUES (@id, next_customer_number(), @source, @sourceId, @DisplayName, @GivenName, @FamilyName, @Email, @Phone, @language, @timeZone,
                        @Street, @City, @Province, @PostalCode, @Country, @BirthDate, @Gender, @Tags, @referredBy, @now, @now,
                        @PreferencesJson::jsonb, @CustomFieldsJson::jsonb)
                ON CONFLICT (source, source_id) DO NOTHING
                """,
                new
                {
                    id, source, sourceId, referredBy, now,
                    language = details.Language ?? CustomerDetails.DefaultLanguage,
                    timeZone = details.TimeZone ?? CustomerDetails.DefaultTimeZone,
                    details.DisplayName, details.GivenName, details.FamilyName, details.Email, details.Phone, details.Street, details.City,
                    details.Province, details.PostalCode, details.Country, details.BirthDate, details.Gender, details.Tags, own.PreferencesJson, own.CustomFieldsJson,
                },
                cancellationToken);

        private ConsentDecision Decision(Guid customerId, Consent consent, DateTimeOffset now) => new()
        {
            Id = ids.Next(),
            CustomerId = customerId,
            Channel = consent.Channel,
            Purpose = consent.Purpose,
            Granted = consent.Granted,
            NoticeVersion = consent.NoticeVersion.Trim(),
            CaptureSource = "form",
            EffectiveAt = now,
        };
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

    private static Error? ConsentRefusal(IReadOnlyList<Consent> consents, DateTimeOffset now)
    {
        for (var i = 0; i < consents.Count; i++)
        {
            var (channel, purpose, _, notice) = consents[i];
            if (ConsentDecision.Refusal(channel, purpose, notice, null, null, now, $"consents[{i}].") is { } error) return error;
            if (consents.Take(i).Any(other => other.Channel == channel && other.Purpose == purpose)) return CustomerErrors.ConsentRepeated($"consents[{i}]");
        }

        return null;
    }
}

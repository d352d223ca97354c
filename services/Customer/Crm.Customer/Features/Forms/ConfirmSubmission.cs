using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Forms;
using Crm.Customer.Domain.Identity;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Features.Consents;
using Crm.Customer.Features.Records;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Forms;

/// <summary>
/// The owner of the address confirms what was sent in a form. Somebody who is known with that address (as sure as a merge would ask for) gets what their record lacks,
/// and nothing in it is overwritten: a form proves an address, not a name. Everybody else is a new prospect. The consents count from now; the submission stays as
/// their proof. GET shows and does nothing, because scanners open every link.
/// </summary>
internal static class ConfirmSubmission
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/p/forms/confirmations/{token}", async (string token, HttpContext http, Handler handler, CancellationToken cancellationToken) => await handler.ShowAsync(token, http, cancellationToken));
        pages.MapPost("/p/forms/confirmations/{token}", async (string token, HttpContext http, Handler handler, CancellationToken cancellationToken) => await handler.ConfirmAsync(token, http, cancellationToken))
            .DisableAntiforgery();
    }

    internal sealed class Handler(
        UnitOfWork unitOfWork, PrivacyKeys keys, RegistrationForms.Store forms, IdentityStore identities, CustomerStore store, RegisterCustomer.Handler register, ConsentLedger ledger, Timeline timeline,
        Ids ids, TimeProvider time)
    {
        public async Task<IResult> ShowAsync(string token, HttpContext http, CancellationToken cancellationToken)
        {
            if (await FindAsync(token, "", cancellationToken) is not { } sent) return PrivacyErrors.LinkNotFound.ToProblem();
            var form = await forms.VersionAsync(sent.FormKey, sent.FormVersion, cancellationToken);
            var agreed = new StringBuilder();
            foreach (var consent in form.Consents.Where(consent => sent.Consents.Contains(consent.Key))) agreed.Append(CultureInfo.InvariantCulture, $"<li>{WebUtility.HtmlEncode(consent.Text)}</li>");
            var (title, intro, button) = form.Language == "id"
                ? ("Konfirmasi pendaftaran", "Anda mendaftar melalui formulir ini dan menyetujui:", "Ya, daftarkan saya")
                : ("Confirm your registration", "You registered by this form and agreed to:", "Yes, register me");
            return PublicPage.Of(
                http, form.Language, title,
                $"<p><strong>{WebUtility.HtmlEncode(form.Name)}</strong></p>{(agreed.Length == 0 ? "" : $"<p>{intro}</p><ul>{agreed}</ul>")}<form method=\"post\"><button type=\"submit\">{button}</button></form>");
        }

        public async Task<IResult> ConfirmAsync(string token, HttpContext http, CancellationToken cancellationToken)
        {
            if (await FindAsync(token, " FOR UPDATE", cancellationToken) is not { } sent) return PrivacyErrors.LinkNotFound.ToProblem();
            var form = await forms.VersionAsync(sent.FormKey, sent.FormVersion, cancellationToken);
            if (sent.ConfirmedAt is null && await TakeInAsync(sent, form, cancellationToken) is { } refusal) return refusal.ToProblem();
            return form.Language == "id"
                ? PublicPage.Of(http, "id", "Terima kasih", "<p role=\"status\">Pendaftaran Anda sudah dicatat.</p>")
                : PublicPage.Of(http, "en", "Thank you", "<p role=\"status\">You are registered.</p>");
        }

        private async Task<Error?> TakeInAsync(Sent sent, FormDefinition form, CancellationToken cancellationToken)
        {
            var (now, source) = (time.GetUtcNow(), "form." + sent.FormKey);
            var answers = JsonSerializer.Deserialize<SubmitForm.Answers>(sent.Answers, JsonSerializerOptions.Web)!;
            var known = await KnownAsync(answers.Details, cancellationToken);
            Guid customerId;
            if (known is { } id)
            {
                customerId = id;
                await FillAsync(id, answers, source, cancellationToken);
            }
            else
            {
                var details = answers.Details;
                var registered = await register.HandleAsync(
                    new RegisterCustomer.Request(
                        details.DisplayName, details.GivenName, details.FamilyName, details.Email, details.Phone, details.Language, details.TimeZone,
                        new Address(details.Street, details.City, details.Province, details.PostalCode, details.Country), details.BirthDate, details.Gender,
                        Source: source, SourceId: sent.Id.ToString(), Preferences: answers.Preferences),
                    allowDuplicate: true, allowErased: true, cancellationToken); // whoever confirms wishes it
                if (!registered.TryGet(out var customer, out var error)) return error;
                customerId = customer.Id;
            }

            foreach (var consent in form.Consents.Where(consent => sent.Consents.Contains(consent.Key)))
            {
                await ledger.RecordAsync(
                    new ConsentDecision
                    {
                        Id = TimelineEntry.IdOf("form.consent", $"{sent.Id}:{consent.Key}"), CustomerId = customerId, Channel = consent.Channel, Purpose = consent.Purpose, Granted = true,
                        NoticeVersion = consent.NoticeVersion.Trim(), CaptureSource = ConsentDecision.DoubleOptIn, EffectiveAt = now,
                    },
                    cancellationToken);
            }

            await ContactPoints.MarkVerifiedAsync(customerId, "email", answers.Details.Email!, now, source, unitOfWork, ids, cancellationToken);
            await timeline.AppendAsync(
                [TimelineEntry.Of(customerId, now, "form.confirmed", sent.Id.ToString(), "customer", $"form:{sent.FormKey}", ("form", form.Name), ("version", sent.FormVersion.ToString(CultureInfo.InvariantCulture)))],
                cancellationToken);
            await unitOfWork.ExecuteAsync(
                "UPDATE form_submissions SET confirmed_at = @now, customer_id = @customerId, matched = @matched, answers = '{}', next_mail_at = NULL WHERE id = @Id",
                new { now, customerId, matched = known is not null, sent.Id },
                cancellationToken);
            return null;
        }

        /// <summary>The customer with this address who is the same person beyond doubt.</summary>
        private async Task<Guid?> KnownAsync(CustomerDetails details, CancellationToken cancellationToken)
        {
            var entered = IdentityRecord.Of(Guid.Empty, details.DisplayName, details.Email, details.Phone, details.BirthDate, details.Street, details.City, details.PostalCode, details.Gender);
            return (await identities.SharingAsync([entered], cancellationToken))
                .Where(record => record.Email == entered.Email && MatchModel.Judge(MatchModel.Score(entered, record)) == MatchVerdict.Match)
                .OrderByDescending(record => MatchModel.Score(entered, record)).ThenBy(record => record.Id).Select(record => (Guid?)record.Id).FirstOrDefault();
        }

        private async Task FillAsync(Guid id, SubmitForm.Answers answers, string source, CancellationToken cancellationToken)
        {
            var details = answers.Details;
            await unitOfWork.SetAsync((ServiceDefaults.Security.Actor?)null, source, cancellationToken);
            var changed = await unitOfWork.ExecuteAsync(
                """
                UPDATE customers SET version = version + 1, changed_at = @now, given_name = coalesce(given_name, @GivenName), family_name = coalesce(family_name, @FamilyName), phone = coalesce(phone, @Phone),
                    street = coalesce(street, @Street), city = coalesce(city, @City), province = coalesce(province, @Province), postal_code = coalesce(postal_code, @PostalCode),
                    country = coalesce(country, @Country), birth_date = coalesce(birth_date, @BirthDate), gender = coalesce(gender, @Gender),
                    preferences = preferences || coalesce((SELECT jsonb_agg(n) FROM jsonb_array_elements(@preferences::jsonb) n
                        WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(preferences) o WHERE o ->> 'name' = n ->> 'name')), '[]')
                WHERE id = @id AND (
                    (given_name IS NULL AND @GivenName IS NOT NULL) OR (family_name IS NULL AND @FamilyName IS NOT NULL) OR (phone IS NULL AND @Phone IS NOT NULL) OR (street IS NULL AND @Street IS NOT NULL)
                    OR (city IS NULL AND @City IS NOT NULL) OR (province IS NULL AND @Province IS NOT NULL) OR (postal_code IS NULL AND @PostalCode IS NOT NULL) OR (country IS NULL AND @Country IS NOT NULL)
                    OR (birth_date IS NULL AND @BirthDate::date IS NOT NULL) OR (gender IS NULL AND @Gender IS NOT NULL)
                    OR EXISTS (SELECT FROM jsonb_array_elements(@preferences::jsonb) n WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(preferences) o WHERE o ->> 'name' = n ->> 'name')))
                """,
                new
                {
                    id, now = time.GetUtcNow(), details.GivenName, details.FamilyName, details.Phone, details.Street, details.City, details.Province, details.PostalCode, details.Country, details.BirthDate, details.Gender,
                    preferences = new OwnFields(answers.Preferences, []).PreferencesJson,
                },
                cancellationToken);
            if (changed > 0) await store.PublishChangedAsync([id], cancellationToken);
        }

        private async Task<Sent?> FindAsync(string token, string locking, CancellationToken cancellationToken) =>
            keys.Read(LinkPurpose.ConfirmForm, token) is not { } id ? null : await unitOfWork.QuerySingleOrDefaultAsync<Sent>(
                "SELECT id, form_key, form_version, answers::text AS answers, consents, confirmed_at FROM form_submissions WHERE id = @id" + locking, new { id }, cancellationToken);

        private sealed class Sent
        {
            public Guid Id { get; init; }
            public string FormKey { get; init; } = "";
            public long FormVersion { get; init; }
            public string Answers { get; init; } = "";
            public string[] Consents { get; init; } = [];
            public DateTimeOffset? ConfirmedAt { get; init; }
        }
    }
}

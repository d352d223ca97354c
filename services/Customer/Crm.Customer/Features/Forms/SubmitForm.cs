using System.Globalization;
using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Forms;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Customer.Features.Forms;

/// <summary>
/// Somebody registers by a form on another site: <c>POST /p/forms/{key}</c>, JSON or a form. Whoever sends learns nothing about who is known: the answer is the same
/// for a new address, a known one, one that was written to within the hour, and for a machine that filled the field that people do not see. A mail asks the owner of
/// the address; until they confirm nobody is registered.
/// </summary>
internal static class SubmitForm
{
    private const int MostAMinute = 300;

    /// <summary>To one address, of all forms; of one form one.</summary>
    private const int MailsAnHour = 3;
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <param name="Consents">What was ticked: <c>channel.purpose</c>.</param>
    /// <param name="Website">People do not see this field and leave it empty.</param>
    internal sealed record Request(string Email, Dictionary<string, string>? Fields = null, IReadOnlyList<string>? Consents = null, string? Website = null);

    internal sealed record Accepted(string Status = "confirmation_sent");

    /// <summary>What the answers say, checked.</summary>
    internal sealed record Answers(CustomerDetails Details, IReadOnlyList<PreferenceState> Preferences);

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/p/forms/{key}", ShowAsync);
        pages.MapMethods("/p/forms/{key}", ["OPTIONS"], PreflightAsync);
        pages.MapPost("/p/forms/{key}", HandleAsync).DisableAntiforgery();
    }

    /// <summary>What the page that shows the form needs to know.</summary>
    private static async Task<IResult> ShowAsync(string key, RegistrationForms.Store forms, HttpContext http, CancellationToken cancellationToken)
    {
        if (await forms.FindAsync(key, cancellationToken) is not { IsActive: true } form) return FormErrors.NotFound.ToProblem();
        return AllowOrigin(http, form.Definition) is { } refusal ? refusal.ToProblem() : TypedResults.Ok(new { form.Key, form.Version, form.Definition.Language, form.Definition.Fields, form.Definition.Consents });
    }

    private static async Task<IResult> PreflightAsync(string key, RegistrationForms.Store forms, HttpContext http, CancellationToken cancellationToken)
    {
        if (await forms.FindAsync(key, cancellationToken) is not { IsActive: true } form) return FormErrors.NotFound.ToProblem();
        if (AllowOrigin(http, form.Definition) is { } refusal) return refusal.ToProblem();
        http.Response.Headers.AccessControlAllowMethods = "GET, POST";
        http.Response.Headers.AccessControlAllowHeaders = "Content-Type";
        http.Response.Headers.AccessControlMaxAge = "600";
        return TypedResults.NoContent();
    }

    private static async Task<IResult> HandleAsync(
        string key, HttpContext http, RegistrationForms.Store forms, UnitOfWork unitOfWork, IOptions<SmtpOptions> smtp, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await forms.FindAsync(key, cancellationToken) is not { IsActive: true } form) return FormErrors.NotFound.ToProblem();
        if (AllowOrigin(http, form.Definition) is { } refusal) return refusal.ToProblem();
        var isPage = http.Request.HasFormContentType;
        var request = isPage ? Read(await http.Request.ReadFormAsync(cancellationToken)) : await http.Request.ReadFromJsonAsync<Request>(cancellationToken);
        if (request is null) return Error.Invalid("request.malformed", "Send a JSON object or a form.").ToProblem();
        var now = time.GetUtcNow();
        if (!Check(form.Definition, request, now).TryGet(out var answers, out var error)) return error.ToProblem();
        if (!smtp.Value.IsSet) return FormErrors.MailNotSet.ToProblem();

        if (string.IsNullOrEmpty(request.Website))
        {
            if (await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM form_submissions WHERE form_key = @key AND received_at > @since", new { key, since = now.AddMinutes(-1) }, cancellationToken) >= MostAMinute)
            {
                http.Response.Headers.RetryAfter = "60";
                return TypedResults.Problem("The form is sent too often at present.", statusCode: 429, extensions: new Dictionary<string, object?> { ["code"] = "customer.form_busy" });
            }

            // Of two that come at once for one address, one is mailed.
            await unitOfWork.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('form ' || lower(@Email), 0))", new { answers.Details.Email }, cancellationToken);
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO form_submissions (id, form_key, form_version, email, answers, consents, received_at, expires_at, next_mail_at)
                SELECT @id, @key, @Version, @Email, @answers::jsonb, @consents, @now, @expires, @now
                FROM (SELECT count(*) AS recent, count(*) FILTER (WHERE form_key = @key) AS same FROM form_submissions WHERE lower(email) = lower(@Email) AND received_at > @since) s
                WHERE s.recent < @MailsAnHour AND s.same = 0
                """,
                new
                {
                    id = ids.Next(), key, form.Version, answers.Details.Email, answers = JsonSerializer.Serialize(answers, JsonSerializerOptions.Web), now, expires = now + Lifetime, since = now.AddHours(-1), MailsAnHour,
                    consents = (request.Consents ?? []).Distinct().Order(StringComparer.Ordinal).ToArray(),
                },
                cancellationToken);
        }

        if (!isPage) return TypedResults.Accepted((string?)null, new Accepted());
        return form.Definition.RedirectUrl is { } next ? Results.Redirect(next) : Consents.PublicPage.Of(http, form.Definition.Language, form.Definition.Language == "id" ? "Periksa e-mail Anda" : "Check your e-mail", "");
    }

    /// <summary>A page of another site may send only if the form stands there; a machine names no origin.</summary>
    private static Error? AllowOrigin(HttpContext http, FormDefinition form)
    {
        var origin = http.Request.Headers.Origin.ToString();
        http.Response.Headers.Vary = "Origin";
        if (origin.Length == 0) return null;
        if (!form.AllowedOrigins.Contains(origin)) return FormErrors.OriginRefused;
        http.Response.Headers.AccessControlAllowOrigin = origin;
        return null;
    }

    private static Request Read(IFormCollection form) => new(
        form["email"].ToString(),
        form.Where(field => field.Key is not ("email" or "website" or "consents")).ToDictionary(field => field.Key, field => field.Value.ToString()),
        [.. form["consents"].OfType<string>()],
        form["website"].ToString());

    private static Result<Answers> Check(FormDefinition form, Request request, DateTimeOffset now)
    {
        var fields = request.Fields ?? [];
        if (fields.Keys.FirstOrDefault(name => form.Fields.All(field => field.Name != name)) is { } unknown) return FormErrors.FieldUnknown("fields." + (unknown.Length <= 50 ? unknown : unknown[..50]));
        if (form.Fields.FirstOrDefault(field => field.Required && string.IsNullOrWhiteSpace(Value(field.Name))) is { } missing) return CustomerErrors.ValueRequired("fields." + missing.Name);
        if (string.IsNullOrWhiteSpace(request.Email)) return CustomerErrors.ValueRequired("email");
        var ticked = request.Consents ?? [];
        if (ticked.Count > form.Consents.Count || ticked.Any(key => form.Consents.All(consent => consent.Key != key))) return FormErrors.ConsentUnknown("consents");
        if (form.Consents.Any(consent => consent.Required && !ticked.Contains(consent.Key))) return FormErrors.ConsentRequired("consents");

        DateOnly? birthDate = null;
        if (Value("birthDate") is { } date)
        {
            if (!DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed)) return CustomerErrors.BirthDateInvalid("fields.birthDate");
            birthDate = parsed;
        }

        var input = new CustomerInput
        {
            DisplayName = Value("displayName"), GivenName = Value("givenName"), FamilyName = Value("familyName"), Email = request.Email, Phone = Value("phone"), Language = form.Language,
            Street = Value("street"), City = Value("city"), Province = Value("province"), PostalCode = Value("postalCode"), Country = Value("country"), BirthDate = birthDate, Gender = Value("gender"),
        };
        if (!CustomerDetails.From(input, now).TryGet(out var details, out var error)) return error with { Field = error.Field == "email" ? error.Field : "fields." + error.Field };
        PreferenceState[] preferences = [.. from field in form.Fields
                                            where field.Name.StartsWith(FormDefinition.Preference, StringComparison.Ordinal) && Value(field.Name) is not null
                                            select new PreferenceState(field.Name[FormDefinition.Preference.Length..], [Value(field.Name)!])];
        if (!OwnFields.From(preferences, null).TryGet(out var own, out error)) return error with { Field = "fields" };
        return new Answers(details, own.Preferences);

        string? Value(string name) => fields.TryGetValue(name, out var text) && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
    }
}

using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain.Forms;

/// <summary>A field that a form asks for: one of the record's own, or <c>preference.NAME</c>. The e-mail address is always asked for.</summary>
internal sealed record FormField(string Name, string Label, bool Required = false);

/// <summary>A consent that a form asks for: its text in the form's language, and the version by which the ledger names that text.</summary>
internal sealed record FormConsent(string Channel, string Purpose, string NoticeVersion, string Text, bool Required = false)
{
    public string Key => $"{Channel}.{Purpose}";
}

/// <summary>What a registration form asks, of whom it takes it (origins of the pages it stands on), and where its sender is led afterwards.</summary>
internal sealed partial record FormDefinition(
    string Name, string Language, IReadOnlyList<FormField> Fields, IReadOnlyList<FormConsent> Consents, IReadOnlyList<string> AllowedOrigins, string? RedirectUrl = null)
{
    public const string Preference = "preference.";
    private const int MaxFields = 30;

    public static readonly IReadOnlyList<string> KnownFields =
        ["displayName", "givenName", "familyName", "phone", "birthDate", "gender", "street", "city", "province", "postalCode", "country"];

    public static bool IsKey(string key) => KeyPattern().IsMatch(key);

    /// <summary>The first thing that is wrong, or null.</summary>
    public Error? Refusal(DateTimeOffset now)
    {
        var check = new InputCheck();
        check.Required(Name, "name", 100);
        if (!CustomerDetails.Languages.Contains(Language)) check.Fail(CustomerErrors.LanguageUnknown("language"));
        if (Fields.Count > MaxFields) check.Fail(CustomerErrors.TooManyFields("fields", MaxFields));
        if (Consents.Count > MaxFields) check.Fail(CustomerErrors.TooManyFields("consents", MaxFields));
        if (AllowedOrigins.Count > MaxFields) check.Fail(CustomerErrors.TooManyFields("allowedOrigins", MaxFields));
        for (var i = 0; i < Fields.Count && check.Error is null; i++)
        {
            var name = Fields[i].Name;
            check.Required(Fields[i].Label, $"fields[{i}].label", 200);
            if (!KnownFields.Contains(name) && !PreferencePattern().IsMatch(name)) check.Fail(FormErrors.FieldUnknown($"fields[{i}].name"));
            if (Fields.Take(i).Any(field => field.Name == name)) check.Fail(CustomerErrors.FieldRepeated($"fields[{i}].name"));
        }

        if (!Fields.Any(field => field is { Name: "displayName", Required: true })) check.Fail(FormErrors.NameMissing("fields"));
        for (var i = 0; i < Consents.Count && check.Error is null; i++)
        {
            var consent = Consents[i];
            if (ConsentDecision.Refusal(consent.Channel, consent.Purpose, consent.NoticeVersion, null, null, now, $"consents[{i}].") is { } error) check.Fail(error);
            check.Required(consent.Text, $"consents[{i}].text", 2000);
            if (Consents.Take(i).Any(other => other.Key == consent.Key)) check.Fail(CustomerErrors.ConsentRepeated($"consents[{i}]"));
        }

        for (var i = 0; i < AllowedOrigins.Count; i++)
        {
            if (!IsWeb(AllowedOrigins[i], out var origin) || origin.GetLeftPart(UriPartial.Authority) != AllowedOrigins[i]) check.Fail(FormErrors.OriginInvalid($"allowedOrigins[{i}]"));
        }

        if (RedirectUrl is not null && !(IsWeb(RedirectUrl, out _) && RedirectUrl.Length <= 500)) check.Fail(FormErrors.RedirectInvalid("redirectUrl"));
        return check.Error;
    }

    /// <summary>https, or http on this machine, where forms are tried.</summary>
    private static bool IsWeb(string text, out Uri url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url!) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) && url.UserInfo.Length == 0;

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{1,39}\z")]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"\Apreference\.[A-Za-z][A-Za-z0-9_]{0,49}\z")]
    private static partial Regex PreferencePattern();
}

internal static class FormErrors
{
    public static readonly Error NotFound = Error.NotFound("customer.form_not_found", "There is no such form, or it takes nothing any more.");
    public static readonly Error KeyInvalid = Error.Invalid("customer.form_key_invalid", "A form's key is 2 to 40 lower-case letters, digits and dashes, a letter first.", "key");
    public static readonly Error OriginRefused = Error.Forbidden("customer.form_origin_refused", "This form does not stand on that site.");
    public static readonly Error MailNotSet = Error.Unavailable("customer.mail_not_configured", "No mail can be sent to prove the address: Smtp:Host is not set.");

    public static Error FieldUnknown(string field) => Error.Invalid("customer.form_field_unknown", "The form has no such field.", field);

    public static Error NameMissing(string field) => Error.Invalid("customer.form_name_missing", "A form asks for displayName and requires it.", field);

    public static Error ConsentUnknown(string field) => Error.Invalid("customer.form_consent_unknown", "The form does not ask for this consent.", field);

    public static Error ConsentRequired(string field) => Error.Invalid("customer.form_consent_required", "Without this consent the form cannot be sent.", field);

    public static Error OriginInvalid(string field) => Error.Invalid("customer.form_origin_invalid", "An origin is https://host, without a path.", field);

    public static Error RedirectInvalid(string field) => Error.Invalid("customer.form_redirect_invalid", "The address is not one of https.", field);
}

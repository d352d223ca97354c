using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

internal static class CustomerErrors
{
    public static readonly Error NotFound = Error.NotFound("customer.not_found", "There is no such customer.");
    public static readonly Error ImportNotFound = Error.NotFound("customer.import_not_found", "There is no such import.");
    public static readonly Error Stale = Error.Stale("customer.stale", "Somebody changed the customer meanwhile. Read it again.");
    public static readonly Error SourceKeyTaken = Error.Conflict("customer.source_key_taken", "A customer with this key of this source exists.", "sourceId");
    public static readonly Error ReferrerUnknown = Error.Unprocessable("customer.referrer_unknown", "There is no customer with this id.", "referredBy");

    public static Error NameRequired(string field) => Error.Invalid("customer.name_required", "A customer needs a name to be called by.", field);

    public static Error TooLong(string field, int max) => Error.Invalid("customer.text_too_long", $"The text has more than {max} characters.", field);

    public static Error InvalidCharacters(string field) => Error.Invalid("customer.invalid_characters", "The text has control characters or broken encoding.", field);

    public static Error EmailInvalid(string field) => Error.Invalid("customer.email_invalid", "This is not an e-mail address.", field);

    public static Error PhoneInvalid(string field) => Error.Invalid("customer.phone_invalid", "This is not a phone number of any country.", field);

    public static Error LanguageUnknown(string field) => Error.Invalid("customer.language_unknown", "The language is id or en.", field);

    public static Error TimeZoneUnknown(string field) => Error.Invalid("customer.time_zone_unknown", "This is not an IANA time zone.", field);

    public static Error CountryInvalid(string field) => Error.Invalid("customer.country_invalid", "The country is an ISO 3166 code of two letters.", field);

    public static Error BirthDateInvalid(string field) => Error.Invalid("customer.birth_date_invalid", "The birth date is a day (yyyy-MM-dd) from 1900 to today.", field);

    public static Error GenderUnknown(string field) => Error.Invalid("customer.gender_unknown", "The gender is female, male or other, or left out.", field);

    public static Error TagsInvalid(string field) => Error.Invalid("customer.tags_invalid", "At most 50 tags of 1 to 50 characters.", field);

    public static Error TooManyFields(string field, int max) => Error.Invalid("customer.too_many_fields", $"A customer has at most {max} of them.", field);

    public static Error FieldNameInvalid(string field) =>
        Error.Invalid("customer.field_name_invalid", "A name is a letter, then letters, digits and underscores, 50 at most.", field);

    public static Error FieldRepeated(string field) => Error.Invalid("customer.field_repeated", "This name is there twice.", field);

    public static Error FieldValueInvalid(string field) => Error.Invalid("customer.field_value_invalid", "A field has exactly one of text, number, date and flag.", field);

    public static Error PreferenceValuesInvalid(string field, int max) => Error.Invalid("customer.preference_values_invalid", $"A preference has 1 to {max} values.", field);

    public static Error SourceInvalid(string field) => Error.Invalid("customer.source_invalid", "A source is a short name of lower-case letters, digits, dots and dashes.", field);

    public static Error SourceIdRequired(string field) => Error.Invalid("customer.source_id_required", "A source and the key at that source belong together.", field);

    public static Error InstantInvalid(string field) => Error.Invalid("customer.instant_invalid", "The time is an instant from 1900 to now.", field);

    public static Error ReferralToSelf(string field) => Error.Invalid("customer.referral_to_self", "A customer cannot refer himself.", field);

    public static Error ConsentChannelUnknown(string field) => Error.Invalid("customer.consent_channel_unknown", "The channel is email, sms, whatsapp, phone, post, push or webhook.", field);

    public static Error ConsentPurposeUnknown(string field) => Error.Invalid("customer.consent_purpose_unknown", "The purpose is marketing, service or profiling.", field);

    public static Error CaptureSourceUnknown(string field) => Error.Invalid("customer.capture_source_unknown", "The capture source is form, agent, import or unsubscribe.", field);

    public static Error NoticeVersionRequired(string field) => Error.Invalid("customer.notice_version_required", "Say which version of the text the customer saw.", field);

    public static Error ConsentRepeated(string field) => Error.Invalid("customer.consent_repeated", "Two decisions for the same channel and purpose.", field);

    public static Error NoteEmpty(string field) => Error.Invalid("customer.note_empty", "A note needs a text.", field);

    public static Error CsvInvalid(string code, string message, string? field = null) => Error.Invalid("customer.import_" + code, message, field);
}

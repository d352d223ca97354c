using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

internal static class CustomerErrors
{
    public static readonly Error NotFound = Error.NotFound("customer.not_found", "There is no such customer.");
    public static readonly Error ImportNotFound = Error.NotFound("customer.import_not_found", "There is no such import.");
    public static readonly Error Stale = Error.Stale("customer.stale", "Somebody changed the customer meanwhile. Read it again.");
    public static readonly Error SourceKeyTaken = Error.Conflict("customer.source_key_taken", "A customer with this key of this source exists.", "sourceId");
    public static readonly Error ReferrerUnknown = Error.Unprocessable("customer.referrer_unknown", "There is no customer with this id.", "referredBy");

    public static Error FieldUnmapped(string field) => Error.Invalid("customer.field_unmapped", "Say what this field means (PUT /import-mappings/{source}), or that it means nothing.", field);

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

    // Records
    public static readonly Error AccountNotFound = Error.NotFound("customer.account_not_found", "There is no such account.");
    public static readonly Error AccountStale = Error.Stale("customer.account_stale", "Somebody changed the account meanwhile. Read it again.");
    public static readonly Error RecordStale = Error.Stale("customer.record_stale", "Somebody changed this meanwhile. Read it again.");
    public static readonly Error ParentUnknown = Error.Unprocessable("customer.account_parent_unknown", "There is no account with this id.", "parentId");
    public static readonly Error HierarchyCycle = Error.Unprocessable("customer.account_cycle", "An account cannot be above itself.", "parentId");
    public static readonly Error HierarchyTooDeep = Error.Unprocessable("customer.account_too_deep", "A hierarchy has at most 20 levels.", "parentId");
    public static readonly Error ContactUnknown = Error.Unprocessable("customer.contact_unknown", "There is no customer with this id.", "customerId");
    public static readonly Error ContactRoleTaken = Error.Conflict("customer.contact_role_taken", "The person plays this role already.", "role");
    public static readonly Error ContactRoleNotFound = Error.NotFound("customer.contact_role_not_found", "There is no such role in force.");
    public static readonly Error ContactPointNotFound = Error.NotFound("customer.contact_point_not_found", "There is no such contact point.");
    public static readonly Error ContactPointTaken = Error.Conflict("customer.contact_point_taken", "The customer has this contact point already.", "value");
    public static readonly Error ContactPointBounced = Error.Unprocessable("customer.contact_point_bounced", "What bounces cannot be the primary way to reach somebody.", "isPrimary");
    public static readonly Error RelationshipExists = Error.Conflict("customer.relationship_exists", "The two are related so already.", "toCustomerId");
    public static readonly Error RelationshipNotFound = Error.NotFound("customer.relationship_not_found", "There is no such relationship.");
    public static readonly Error RelationshipToSelf = Error.Unprocessable("customer.relationship_to_self", "Nobody is related to himself.", "toCustomerId");
    public static readonly Error AssetNotFound = Error.NotFound("customer.asset_not_found", "There is no such asset.");
    public static readonly Error SerialNumberTaken = Error.Conflict("customer.serial_number_taken", "Somebody owns the product with this serial number already.", "serialNumber");
    public static readonly Error CustomFieldNotFound = Error.NotFound("customer.custom_field_not_found", "There is no such field.");
    public static readonly Error CustomFieldTypeFixed = Error.Unprocessable("customer.custom_field_type_fixed", "Records hold values of this field: its type stays.", "type");
    public static readonly Error NotKnownThen = Error.NotFound("customer.not_known_then", "The customer was not known yet at that time.");

    public static Error ValueRequired(string field) => Error.Invalid("customer.value_required", "This is needed.", field);

    public static Error ValueUnknown(string field, IReadOnlyList<string> known) => Error.Invalid("customer.value_unknown", $"One of: {string.Join(", ", known)}.", field);

    public static Error WebsiteInvalid(string field) => Error.Invalid("customer.website_invalid", "A website is an http or https address.", field);

    public static Error DatesCrossed(string field) => Error.Invalid("customer.dates_crossed", "The end is before the beginning.", field);

    public static Error CustomFieldRequired(string field) => Error.Unprocessable("customer.custom_field_required", "The enterprise requires this field.", field);

    public static Error CustomFieldMismatch(string field, string type) => Error.Unprocessable("customer.custom_field_mismatch", $"The field holds a {type}.", field);

    // Search
    public static readonly Error ViewNotFound = Error.NotFound("customer.view_not_found", "There is no such view.");
    public static readonly Error ViewStale = Error.Stale("customer.view_stale", "Somebody changed the view meanwhile. Read it again.");
    public static readonly Error ViewNotYours = Error.Forbidden("customer.view_not_yours", "Only its owner changes a view.");

    public static Error FilterInvalid(string field) => Error.Invalid("customer.filter_invalid", "This is not a condition: its form, operator or value does not fit.", field);

    public static Error FilterFieldUnknown(string field) => Error.Invalid("customer.filter_field_unknown", "Customers cannot be filtered by this field.", field);

    public static Error FilterTooLong(string field, int max) => Error.Unprocessable("customer.filter_too_long", $"A filter has at most {max} conditions.", field);

    // Import
    public static readonly Error JobNotFound = Error.NotFound("customer.import_job_not_found", "There is no such import.");
    public static readonly Error JobNotUndoable = Error.Unprocessable("customer.import_not_undoable", "Only an import that is done, and that wrote, can be undone.");
    public static readonly Error FileEmpty = Error.Invalid("customer.import_empty", "The file has no header.");
    public static readonly Error NotInTrash = Error.Unprocessable("customer.not_in_trash", "The customer is not in the trash.");

    public static Error MappingInvalid(string field) => Error.Invalid("customer.import_mapping_invalid", "A mapping leads from headers to columns of an import, or to null.", field);

    // Timeline
    public static readonly Error MentionNotFound = Error.NotFound("customer.mention_not_found", "You were not mentioned there.");
    public static readonly Error ActivityNotFound = Error.NotFound("customer.activity_not_found", "There is no such activity.");
    public static readonly Error FileNotFound = Error.NotFound("customer.file_not_found", "There is no such file.");
    public static readonly Error FileIsEmpty = Error.Invalid("customer.file_empty", "The file has no content.");
    public static readonly Error TaskNotFound = Error.NotFound("customer.task_not_found", "There is no such task.");

    public static Error FileNameInvalid(string field) => Error.Invalid("customer.file_name_invalid", "A file's name has no path and none of the characters that systems forbid.", field);

    // Lifecycle
    public static Error OutOfRange(string field, int from, int to) => Error.Invalid("customer.out_of_range", $"A whole number from {from} to {to}.", field);
}

using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain;

/// <summary>Refusals about lists, suppressions and counts.</summary>
internal static class AudienceErrors
{
    public static readonly Error ListNotFound = Error.NotFound("campaign.list_not_found", "There is no such list.");
    public static readonly Error SuppressionNotFound = Error.NotFound("campaign.suppression_not_found", "There is no such suppression.");
    public static readonly Error NotAMember = Error.NotFound("campaign.member_not_found", "This customer is not on the list.");

    public static readonly Error TooSlow = Error.Unprocessable(
        "campaign.count_too_slow", "This cannot be counted in the time that a question may take. Ask less, or narrow it by a plain field first.", "criteria");

    public static Error UnknownChannel(string field) => Error.Invalid("campaign.unknown_channel", "The channel is email, sms, whatsapp, phone, post, push, webhook or pos.", field);

    public static Error UnknownList(string field) => Error.Unprocessable("campaign.unknown_list", "There is no such list.", field);

    public static Error UnknownCustomers(string field) => Error.Unprocessable("campaign.unknown_customer", "There is no such customer in the audience.", field);

    public static Error AddressInvalid(string field) => Error.Invalid("campaign.address_invalid", "This is neither an e-mail address nor a phone number nor a domain.", field);

    public static Error CsvInvalid(string code, string message, string? field = null) => Error.Invalid("campaign.import_" + code, message, field);
}

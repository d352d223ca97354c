using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain.Privacy;

internal static class PrivacyErrors
{
    public static readonly Error NoKey = Error.Unavailable("customer.privacy_key_missing", "Privacy:LinkKey is not set.");
    public static readonly Error KeysUnavailable = Error.Unavailable("customer.subject_keys_unavailable", "What was written about this customer cannot be read or added to at the moment. Try again.");
    public static readonly Error LinkNotFound = Error.NotFound("customer.link_not_found", "There is no such page, or the link has expired.");
    public static readonly Error RequestNotFound = Error.NotFound("customer.privacy_request_not_found", "There is no such request.");
    public static readonly Error LegalHold = Error.Conflict("customer.legal_hold", "The customer is under a legal hold. Nothing is erased until it is released.");
    public static readonly Error PackageNotFound = Error.NotFound("customer.access_package_not_found", "There is no such package, or its time is over.");
    public static readonly Error HoldNotFound = Error.NotFound("customer.hold_not_found", "There is no such hold, or it was released.");
    public static readonly Error ErasureRunning = Error.Conflict("customer.erasure_running", "The customer is being erased already.");
    public static readonly Error RequestClosed = Error.Conflict("customer.privacy_request_closed", "This request is closed.");

    public static Error ReplayInvalid(string field) => Error.Invalid("customer.erasure_replay_invalid", "An erasure names 1 to 500 customers.", field);

    public static Error KindUnknown(string field) =>
        Error.Invalid("customer.privacy_kind_unknown", "The kind is access, correction, restriction, objection, portability or erasure.", field);

    public static Error VerificationRequired(string field) => Error.Invalid("customer.verification_required", "Say how the person's identity was checked.", field);

    public static Error TextRequired(string field) => Error.Invalid("customer.text_required", "Say why.", field);

    public static Error Erased(string field) => Error.Conflict(
        "customer.erased_before", "A person with this contact point was erased. Register only at that person's own wish, and say so with allowErased=true.", field);
}

using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

internal static class IdentityErrors
{
    public static readonly Error DuplicateNotFound = Error.NotFound("customer.duplicate_not_found", "There is no such pair.");
    public static readonly Error DuplicateMerged = Error.Conflict("customer.duplicate_merged", "The two were merged. Undo the merge first.");
    public static readonly Error ScanNotFound = Error.NotFound("customer.scan_not_found", "There is no such scan.");
    public static readonly Error ScanRunning = Error.Conflict("customer.scan_running", "A scan is running. One is enough: it sees the whole base.");
    public static readonly Error MergeNotFound = Error.NotFound("customer.merge_not_found", "There is no such merge.");
    public static readonly Error MergeWithItself = Error.Unprocessable("customer.merge_with_itself", "A customer cannot be merged with himself.", "absorbedId");
    public static readonly Error MergeUndone = Error.Conflict("customer.merge_undone", "This merge was undone already.");
    public static readonly Error MergeCovered = Error.Conflict("customer.merge_covered", "The survivor of this merge is part of another customer now. Undo that merge first.");

    public static Error Exists(Guid customerId) => Error.Conflict(
        "customer.duplicate", $"Customer {customerId} has this name, e-mail address and phone number. To register another one all the same, send allowDuplicate=true.", "displayName");

    public static Error MergeCustomerUnknown(string field) => Error.Unprocessable("customer.merge_customer_unknown", "There is no customer with this id.", field);

    public static Error AlreadyMerged(string field) => Error.Conflict("customer.already_merged", "This customer is part of another one already.", field);

    public static Error MergeStale(string field) => Error.Stale("customer.stale", "Somebody changed the customer meanwhile. Read it again.") with { Field = field };

    public static Error MergeFieldUnknown(string field) => Error.Invalid("customer.merge_field_unknown", "This is not a field that a plan can name.", field);
}

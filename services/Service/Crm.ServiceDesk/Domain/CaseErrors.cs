using Crm.ServiceDefaults.Errors;

namespace Crm.ServiceDesk.Domain;

internal static class CaseErrors
{
    public static readonly Error NotFound = Error.NotFound("service.case_not_found", "There is no such case.");
    public static readonly Error Stale = Error.Stale("service.case_stale", "The case was changed meanwhile. Read it again.");
    public static readonly Error Resolved = Error.Conflict("service.case_resolved", "The case is resolved. Reopen it first.");
    public static readonly Error NotResolved = Error.Conflict("service.case_not_resolved", "The case is open already.");
    public static readonly Error UnknownCustomer = Error.Unprocessable("service.unknown_customer", "There is no such customer.", "customerId");
}

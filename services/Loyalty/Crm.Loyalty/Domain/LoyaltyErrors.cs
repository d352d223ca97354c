using Crm.ServiceDefaults.Errors;

namespace Crm.Loyalty.Domain;

internal static class LoyaltyErrors
{
    public static readonly Error MemberNotFound = Error.NotFound("loyalty.member_not_found", "There is no such member.");
    public static readonly Error AlreadyMember = Error.Conflict("loyalty.already_member", "The customer is a member already.", "customerId");
    public static readonly Error CardNotFound = Error.NotFound("loyalty.card_not_found", "There is no such card.");
    public static readonly Error CardNotActive = Error.Conflict("loyalty.card_not_active", "The card is blocked or replaced already.");
    public static readonly Error CardReplaced = Error.Conflict("loyalty.card_replaced", "The card has been replaced already.");

    public static readonly Error EnrolledAtInvalid =
        Error.Unprocessable("loyalty.enrolled_at_invalid", "Nobody joins in the future, or before 1900.", "enrolledAt");

    public static readonly Error RedemptionExists =
        Error.Conflict("loyalty.redemption_exists", "Points were redeemed for this reference already.", "sourceId");

    public static readonly Error ReferenceIncomplete =
        Error.Invalid("loyalty.reference_incomplete", "Give source and sourceId together, or neither.", "sourceId");

    public static readonly Error CustomerServiceUnavailable =
        Error.Unavailable("loyalty.customer_service_unavailable", "Whether the customer exists cannot be asked at the moment. Try again.");

    public static Error UnknownCustomer(string field) => Error.Unprocessable("loyalty.unknown_customer", "There is no such customer.", field);

    public static Error InsufficientPoints(long available) =>
        Error.Unprocessable("loyalty.insufficient_points", $"Only {available} points are available.", "points");
}

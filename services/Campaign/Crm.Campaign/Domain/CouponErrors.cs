using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain;

internal static class CouponErrors
{
    public static readonly Error PoolNotFound = Error.NotFound("campaign.coupon_pool_not_found", "There is no such pool of coupons.");
    public static readonly Error PoolExists = Error.Conflict("campaign.coupon_pool_exists", "Another pool has that name.", "name");
    public static readonly Error Unknown = Error.NotFound("campaign.coupon_unknown", "There is no such coupon.");
    public static readonly Error Mistyped = Error.Unprocessable("campaign.coupon_mistyped", "A character of the code is wrong; read it again.", "code");
    public static readonly Error NotIssued = Error.Conflict("campaign.coupon_not_issued", "The coupon has not been given to anybody.", "code");
    public static readonly Error NotYet = Error.Conflict("campaign.coupon_not_yet_valid", "The coupon is not valid yet.", "code");
    public static readonly Error Expired = Error.Conflict("campaign.coupon_expired", "The coupon is not valid any more.", "code");
    public static readonly Error Redeemed = Error.Conflict("campaign.coupon_redeemed", "The coupon has been redeemed already.", "code");

    public static readonly Error PatternInvalid = Error.Unprocessable(
        "campaign.coupon_pattern_invalid", "A pattern is 4 to 40 of A-Z, 0-9, - and #, at least two #.", "pattern");

    public static readonly Error PatternWeak = Error.Unprocessable(
        "campaign.coupon_pattern_weak", "So many codes of that pattern could be guessed; give it more #.", "pattern");

    public static readonly Error ValidityInvalid = Error.Unprocessable("campaign.coupon_validity_invalid", "The validity ends before it begins.", "validUntil");

    public static readonly Error CostUnclear = Error.Invalid("campaign.coupon_cost_unclear", "A cost comes with its currency.", "cost");
}

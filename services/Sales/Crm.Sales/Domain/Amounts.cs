using Crm.ServiceDefaults.Errors;

namespace Crm.Sales.Domain;

/// <summary>Bounds of quantities and of amounts of money, and the one way of rounding: to the decimals of the currency, half away from zero.</summary>
internal static class Amounts
{
    public const decimal Max = 10_000_000_000_000m;
    public const decimal MaxQuantity = 1_000_000m;

    /// <summary>Why this cannot be an amount, or null.</summary>
    public static Error? Refusal(decimal amount, int decimals, string field)
    {
        if (amount < 0) return SalesErrors.AmountNegative(field);
        if (amount > Max) return SalesErrors.AmountTooLarge(field);
        return HasAtMost(amount, decimals) ? null : SalesErrors.TooManyDecimals(field, decimals);
    }

    public static bool IsQuantity(decimal quantity) => quantity is > 0 and <= MaxQuantity && HasAtMost(quantity, 3);

    public static decimal Round(decimal amount, int decimals) => Math.Round(amount, decimals, MidpointRounding.AwayFromZero);

    private static bool HasAtMost(decimal value, int decimals) => value.Scale <= decimals || decimal.Round(value, decimals) == value;
}

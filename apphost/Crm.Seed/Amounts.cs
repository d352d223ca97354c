using Crm.Sales.Contracts.V1;

namespace Crm.Seed;

internal static class Amounts
{
    public static Money ToMoney(this decimal amount, string currency)
    {
        var units = decimal.Truncate(amount);
        return new Money { Currency = currency, Units = (long)units, Nanos = (int)((amount - units) * 1_000_000_000m) };
    }

    public static decimal ToDecimal(this Money money) => money.Units + (money.Nanos / 1_000_000_000m);

    /// <summary>What the customer paid for the line before tax.</summary>
    public static decimal Net(this PurchaseLine line) =>
        (line.QuantityMilli / 1000m * line.UnitPrice.ToDecimal()) - (line.Discount?.ToDecimal() ?? 0);
}

using Crm.Sales.Contracts.V1;

namespace Crm.Sales.Grpc;

/// <summary>Between decimals and the wire's units and billionths.</summary>
internal static class MoneyAmounts
{
    private const int MaxNanos = 999_999_999;

    public static Money ToMoney(string currency, decimal amount)
    {
        var units = decimal.Truncate(amount);
        return new Money { Currency = currency, Units = (long)units, Nanos = (int)((amount - units) * 1_000_000_000m) };
    }

    /// <summary>False where units and billionths have different signs or the billionths are a unit or more.</summary>
    public static bool TryRead(Money money, out decimal amount)
    {
        amount = money.Nanos == 0 ? money.Units : money.Units + (money.Nanos / 1_000_000_000m);
        return money.Nanos is >= -MaxNanos and <= MaxNanos && (money.Nanos == 0 || money.Units == 0 || (money.Units < 0) == (money.Nanos < 0));
    }
}

namespace Crm.Sales.Domain;

/// <summary>How much of a purchase line was bought and given back so far.</summary>
internal sealed record LineBalance(int Line, string Sku, decimal Quantity, decimal Net, decimal ReturnedQuantity, decimal ReturnedAmount)
{
    public decimal Left => Quantity - ReturnedQuantity;

    /// <summary>
    /// Net amount to give back for a part. Everything returned so far, with this part, is worth its share of the net, rounded; this
    /// part gets what has not been given back of that. So the parts of a line add up to its net exactly, however it is divided.
    /// </summary>
    public decimal AmountFor(decimal quantity, int decimals) =>
        ReturnedQuantity + quantity == Quantity
            ? Net - ReturnedAmount
            : Amounts.Round(Net * ((ReturnedQuantity + quantity) / Quantity), decimals) - ReturnedAmount;
}

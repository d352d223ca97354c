using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;

namespace Crm.Sales.Domain;

/// <summary>A product of the catalogue.</summary>
/// <param name="Sku">Its key for ever: purchases name products by it.</param>
/// <param name="Cost">Cost of goods of one unit, in <paramref name="Currency"/>.</param>
/// <param name="Active">False: not sold any more; purchases of it still arrive from the past.</param>
public sealed record Product(
    Guid Id, string Sku, string Name, string Category, decimal Price, string Currency, decimal? Cost, bool Active, long Version) : IVersioned
{
    internal const string Columns = "id, sku, name, category, trim_scale(price) AS price, currency, trim_scale(cost) AS cost, active, version";
}

/// <summary>What the catalogue is told about a product.</summary>
public sealed record ProductInput(string Sku, string Name, string Category, decimal Price, string Currency, decimal? Cost = null, bool Active = true)
{
    /// <summary>Why this cannot be a product, or null.</summary>
    internal Error? Refusal()
    {
        if (!PlainText.IsClean(Sku, 64)) return SalesErrors.SkuInvalid;
        if (!PlainText.IsClean(Name, 200)) return SalesErrors.TextInvalid("name", 200);
        if (!PlainText.IsClean(Category, 100)) return SalesErrors.TextInvalid("category", 100);
        if (!Currencies.IsKnown(Currency)) return SalesErrors.CurrencyUnknown("currency");
        var decimals = Currencies.DecimalsOf(Currency);
        return Amounts.Refusal(Price, decimals, "price") ?? (Cost is { } cost ? Amounts.Refusal(cost, decimals, "cost") : null);
    }
}

namespace Crm.Sales.Domain;

/// <summary>What a shop or billing system reports as bought, before it is checked. Also the body of <c>POST /purchases</c>.</summary>
/// <param name="SourceId">With <paramref name="Source"/> the purchase's key for ever.</param>
/// <param name="CustomerId">Either the id, or <paramref name="CustomerSource"/> and <paramref name="CustomerSourceId"/>.</param>
/// <param name="Currency">ISO 4217; all amounts are in it.</param>
public sealed record PurchaseInput(
    string Source,
    string SourceId,
    DateTimeOffset PurchasedAt,
    string Currency,
    IReadOnlyList<PurchaseLineInput> Lines,
    Guid? CustomerId = null,
    string? CustomerSource = null,
    string? CustomerSourceId = null);

/// <param name="Sku">Of the catalogue.</param>
/// <param name="Discount">Of the whole line, before tax.</param>
/// <param name="Tax">Of the whole line; not part of the net amount.</param>
/// <param name="Cost">Cost of goods of the whole line; the catalogue's where left out.</param>
public sealed record PurchaseLineInput(
    string Sku, decimal Quantity, decimal UnitPrice, decimal Discount = 0, decimal Tax = 0, decimal? Cost = null, string? Lot = null);

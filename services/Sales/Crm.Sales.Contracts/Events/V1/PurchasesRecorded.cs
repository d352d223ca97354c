namespace Crm.Sales.Contracts.Events.V1;

/// <summary>Purchases were recorded: one, or up to 500 of a bulk intake. Each purchase is in exactly one such event and never changes.</summary>
public sealed record PurchasesRecorded(Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<RecordedPurchase> Purchases);

/// <param name="Source">System that reported it; with <paramref name="SourceId"/> its key for ever.</param>
/// <param name="Currency">ISO 4217; all amounts are in it.</param>
/// <param name="Total">Sum of the lines' net amounts: price less discount, before tax.</param>
public sealed record RecordedPurchase(
    Guid PurchaseId,
    Guid CustomerId,
    string Source,
    string SourceId,
    DateTimeOffset PurchasedAt,
    string Currency,
    decimal Total,
    IReadOnlyList<RecordedLine> Lines);

/// <param name="Line">Position, from 1.</param>
/// <param name="Net">Quantity times unit price, less discount, before tax.</param>
/// <param name="Cost">Cost of goods of the whole line, where known.</param>
public sealed record RecordedLine(
    int Line, string Sku, string ProductName, string Category, decimal Quantity, decimal UnitPrice, decimal Discount, decimal Tax,
    decimal Net, decimal? Cost, string? Lot);

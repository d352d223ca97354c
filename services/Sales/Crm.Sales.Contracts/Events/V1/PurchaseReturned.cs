namespace Crm.Sales.Contracts.Events.V1;

/// <summary>Lines of a purchase, or parts of them, were returned.</summary>
/// <param name="Total">Net amount given back, before tax; positive.</param>
/// <param name="PurchaseTotalAfter">What is left of the purchase after this and all earlier returns.</param>
public sealed record PurchaseReturned(
    Guid EventId,
    DateTimeOffset OccurredAt,
    Guid ReturnId,
    Guid PurchaseId,
    Guid CustomerId,
    string Source,
    string SourceId,
    DateTimeOffset ReturnedAt,
    string Currency,
    decimal Total,
    decimal PurchaseTotalAfter,
    IReadOnlyList<ReturnedLine> Lines);

/// <param name="Line">Position of the original line.</param>
/// <param name="Amount">Net amount given back for it, positive.</param>
public sealed record ReturnedLine(int Line, string Sku, decimal Quantity, decimal Amount, string Reason);

namespace Crm.Sales.Contracts.Events.V1;

/// <summary>Sales holds nothing more that describes the persons of an erasure request.</summary>
/// <param name="Rows">Records that were emptied or deleted.</param>
public sealed record SalesDataErased(Guid EventId, DateTimeOffset OccurredAt, Guid RequestId, long Rows);

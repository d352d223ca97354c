namespace Crm.ServiceDesk.Contracts.Events.V1;

/// <summary>Service holds nothing more that describes the persons of an erasure request.</summary>
/// <param name="Rows">Records that were emptied or deleted.</param>
public sealed record ServiceDataErased(Guid EventId, DateTimeOffset OccurredAt, Guid RequestId, long Rows);

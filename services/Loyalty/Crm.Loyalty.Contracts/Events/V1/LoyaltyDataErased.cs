namespace Crm.Loyalty.Contracts.Events.V1;

/// <summary>Loyalty holds nothing more that describes the persons of an erasure request.</summary>
/// <param name="Rows">Records that were emptied or deleted.</param>
public sealed record LoyaltyDataErased(Guid EventId, DateTimeOffset OccurredAt, Guid RequestId, long Rows);

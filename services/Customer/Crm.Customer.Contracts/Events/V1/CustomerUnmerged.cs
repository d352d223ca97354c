namespace Crm.Customer.Contracts.Events.V1;

/// <summary>A merge was undone: what was recorded for the absorbed customer is theirs again; what was recorded for the survivor stays.</summary>
public sealed record CustomerUnmerged(Guid EventId, DateTimeOffset OccurredAt, Guid MergeId, Guid SurvivorId, Guid AbsorbedId);

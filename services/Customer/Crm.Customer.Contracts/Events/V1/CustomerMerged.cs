namespace Crm.Customer.Contracts.Events.V1;

/// <summary>
/// One customer became part of another: whatever belongs to the absorbed one belongs to the survivor from now on, also what still arrives under
/// the old id. May come after the <see cref="CustomerUnmerged"/> of the same <see cref="MergeId"/>, which then counts.
/// </summary>
public sealed record CustomerMerged(Guid EventId, DateTimeOffset OccurredAt, Guid MergeId, Guid SurvivorId, Guid AbsorbedId);

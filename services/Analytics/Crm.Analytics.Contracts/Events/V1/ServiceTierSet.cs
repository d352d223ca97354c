namespace Crm.Analytics.Contracts.Events.V1;

/// <summary>Somebody decided how a customer is served from now on.</summary>
/// <param name="Tier">1 lowest to 5 highest.</param>
public sealed record ServiceTierSet(Guid EventId, DateTimeOffset OccurredAt, Guid CustomerId, int Tier);

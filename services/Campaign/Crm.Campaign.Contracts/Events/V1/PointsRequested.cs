namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>A journey wants members (up to 5,000) to be given points; Loyalty, which keeps the ledger, does it. Customers who are no members get none.</summary>
/// <param name="Reason">For members and staff to read.</param>
public sealed record PointsRequested(
    Guid EventId, DateTimeOffset OccurredAt, Guid JourneyId, string JourneyName, string Reason, IReadOnlyList<RequestedPoints> Awards);

/// <param name="AwardId">Key of the journal: asked for twice, the points are given once.</param>
public sealed record RequestedPoints(Guid AwardId, Guid CustomerId, long Points);

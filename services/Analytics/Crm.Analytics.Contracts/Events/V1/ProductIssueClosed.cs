namespace Crm.Analytics.Contracts.Events.V1;

/// <summary>A suspected product issue is over; the product may be offered again.</summary>
public sealed record ProductIssueClosed(Guid EventId, DateTimeOffset OccurredAt, Guid IssueId, string Sku, string Reason);

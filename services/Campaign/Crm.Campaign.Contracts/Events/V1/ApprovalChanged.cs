namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>An approval was asked for or decided.</summary>
/// <param name="Of">campaign, journey.</param>
/// <param name="OfId">The campaign or journey.</param>
/// <param name="State">requested, approved, rejected.</param>
public sealed record ApprovalChanged(Guid EventId, DateTimeOffset OccurredAt, Guid ApprovalId, string Of, Guid OfId, string State);

namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>Campaign holds nothing more that describes the persons of an erasure request.</summary>
/// <param name="Rows">Records that were emptied or deleted.</param>
public sealed record CampaignDataErased(Guid EventId, DateTimeOffset OccurredAt, Guid RequestId, long Rows);

namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>A campaign's messages were accepted by the provider: up to 500 recipients.</summary>
public sealed record MessagesSent(
    Guid EventId, DateTimeOffset OccurredAt, Guid CampaignId, string CampaignName, string Channel, IReadOnlyList<SentMessage> Messages);

/// <param name="DeliveryId">One per campaign, customer and channel.</param>
public sealed record SentMessage(Guid DeliveryId, Guid CustomerId, string Language, DateTimeOffset SentAt);

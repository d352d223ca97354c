namespace Crm.Loyalty.Contracts.Events.V1;

/// <summary>Campaign messages were shown to a member at a till, each once.</summary>
/// <param name="Till">Where, as the till calls itself.</param>
public sealed record PosMessagesShown(
    Guid EventId, DateTimeOffset OccurredAt, Guid MemberId, Guid CustomerId, string Till, IReadOnlyList<ShownPosMessage> Messages);

public sealed record ShownPosMessage(Guid DeliveryId, Guid CampaignId);

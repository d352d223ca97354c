namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>Messages that members shall see when their card is next inquired at a till: up to 500.</summary>
/// <param name="ValidUntil">From then on they are not shown any more.</param>
public sealed record PosMessagesPrepared(
    Guid EventId, DateTimeOffset OccurredAt, Guid CampaignId, string CampaignName, DateTimeOffset ValidUntil, IReadOnlyList<PreparedPosMessage> Messages);

/// <param name="DeliveryId">The same message again has the same.</param>
/// <param name="Language"><c>id</c> or <c>en</c>.</param>
public sealed record PreparedPosMessage(Guid DeliveryId, Guid CustomerId, string Language, string Title, string Text);

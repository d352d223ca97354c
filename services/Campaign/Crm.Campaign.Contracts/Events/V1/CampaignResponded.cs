namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>A recipient reacted to a campaign message.</summary>
/// <param name="LinkUrl">Target of the link that was followed; null unless <see cref="ResponseKind.Clicked"/>.</param>
/// <param name="Automated">
/// A program did it as far as can be told (link scanner, image proxy). Where a person does the same later it is told again, without this.
/// </param>
public sealed record CampaignResponded(
    Guid EventId, DateTimeOffset OccurredAt, Guid CampaignId, string CampaignName, Guid DeliveryId, Guid CustomerId, string Channel,
    ResponseKind Kind, string? LinkUrl, bool Automated = false);

public enum ResponseKind
{
    Opened,
    Clicked,

    /// <summary>Asked not to be written to again; Customer records the withdrawal of consent.</summary>
    Unsubscribed,

    /// <summary>Bought within the campaign's window, and the campaign is credited with it; told once a purchase.</summary>
    Converted,
}

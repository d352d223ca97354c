namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>A recipient reacted to a campaign message.</summary>
/// <param name="LinkUrl">Target of the link that was followed; null unless <see cref="ResponseKind.Clicked"/>.</param>
/// <param name="Automated">
/// A program did it as far as can be told (link scanner, image proxy). Where a person does the same later it is told again, without this.
/// </param>
/// <param name="Detail">What an agent noted, or what a provider gave as its reason; at most 200 characters.</param>
/// <param name="Bounce">hard or soft; null unless <see cref="ResponseKind.Bounced"/>.</param>
public sealed record CampaignResponded(
    Guid EventId, DateTimeOffset OccurredAt, Guid CampaignId, string CampaignName, Guid DeliveryId, Guid CustomerId, string Channel,
    ResponseKind Kind, string? LinkUrl, bool Automated = false, string? Detail = null, string? Bounce = null);

public enum ResponseKind
{
    Opened,
    Clicked,

    /// <summary>Asked not to be written to again; Customer records the withdrawal of consent.</summary>
    Unsubscribed,

    /// <summary>The provider said later that the message could not be delivered.</summary>
    Undelivered,

    /// <summary>Outcomes of a call.</summary>
    ReachedInterested,
    ReachedNotInterested,
    NoAnswer,
    Busy,
    WrongNumber,
    CallBack,

    /// <summary>Shown at the till.</summary>
    Shown,

    /// <summary>Bought within the campaign's window, and the campaign is credited with it; told once a purchase.</summary>
    Converted,

    /// <summary>It came back: the address takes no mail (hard) or did not take this one (soft).</summary>
    Bounced,

    /// <summary>Called spam at the recipient's provider.</summary>
    Complained,

    /// <summary>A person wrote back.</summary>
    Replied,
}

namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>Recipients (up to 500) were assigned to the groups of a campaign whose effect is measured, whether or not a message will reach them.</summary>
public sealed record CampaignAssigned(
    Guid EventId, DateTimeOffset OccurredAt, Guid CampaignId, string CampaignName, string Channel, IReadOnlyList<AssignedCustomer> Customers);

/// <param name="Variant">Of the experiment; null without one, and for those who wait for its outcome.</param>
public sealed record AssignedCustomer(Guid CustomerId, AssignedGroup Group, string? Variant);

public enum AssignedGroup
{
    Treated,

    /// <summary>Kept back from this campaign, to measure its effect.</summary>
    Holdout,

    /// <summary>Kept back from all campaigns, to measure the effect of all.</summary>
    GlobalHoldout,
}

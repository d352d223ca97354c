namespace Crm.Campaign.Features.Suppressions;

/// <param name="Kind">contact, email, phone, domain.</param>
/// <param name="Address">The e-mail address (lower case), phone number (E.164) or domain; null for a contact.</param>
/// <param name="Channel">One, or all.</param>
/// <param name="Reason">manual, import, unsubscribed, or what a channel reported: bounced, complained.</param>
public sealed record SuppressionResponse(
    Guid Id, string Kind, Guid? CustomerId, string? Address, string Channel, string Reason, Guid? CampaignId, string? Note, string CreatedBy, DateTimeOffset CreatedAt)
{
    internal const string OfContacts =
        "SELECT id, 'contact' AS kind, customer_id, NULL::text AS address, channel, reason, campaign_id, note, created_by, created_at FROM suppressions";

    internal const string OfAddresses =
        "SELECT id, kind, NULL::uuid AS customer_id, address, channel, reason, campaign_id, note, created_by, created_at FROM suppressed_addresses";
}

using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="Reason">reply_lost: the relay's answer never came; sender_lost: the sender died with it; sender_failed: something broke.</param>
/// <param name="MessageId">What the message is called in the relay's log.</param>
/// <param name="ClaimedAt">When a sender took it to send.</param>
public sealed record UnknownDelivery(
    Guid DeliveryId, Guid CustomerId, string Channel, string Occasion, string? Reason, string? Detail, string? MessageId, int Attempts, DateTimeOffset? ClaimedAt);

/// <summary>Deliveries that may have arrived or not.</summary>
internal static class ListUnknowns
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/unknowns", async (Guid id, PageRequest page, UnitOfWork unitOfWork, TrackingTokens tokens, CancellationToken cancellationToken) =>
                (await HandleAsync(id, page, unitOfWork, tokens, cancellationToken)).ToOk())
            .WithName("ListUnknownDeliveries").WithSummary("Deliveries that may have arrived or not").AllowRoles([.. MarketingRights.Readers, Roles.Ops]);

    private static async Task<Result<Page<UnknownDelivery>>> HandleAsync(
        Guid id, PageRequest page, UnitOfWork unitOfWork, TrackingTokens tokens, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return CampaignErrors.CampaignNotFound;
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT delivery_id, customer_id, channel, occasion, reason, reply, attempts, claimed_at FROM deliveries
            WHERE campaign_id = @id AND state = 'unknown' AND delivery_id > @after ORDER BY delivery_id LIMIT @limit + 1
            """,
            new { id, after = page.After<CursorKey>()?.Id ?? Guid.Empty, limit = page.Limit },
            cancellationToken);
        return Page<UnknownDelivery>.From(
            [
                .. rows.Select(row => new UnknownDelivery(
                    row.DeliveryId, row.CustomerId, row.Channel, row.Occasion, row.Reason, row.Reply,
                    row.Channel == ChannelNames.Email ? tokens.MessageId(row.DeliveryId) : null, row.Attempts, row.ClaimedAt)),
            ],
            page.Limit,
            row => new CursorKey(row.DeliveryId));
    }

    private sealed record CursorKey(Guid Id);

    private sealed record Row(
        Guid DeliveryId, Guid CustomerId, string Channel, string Occasion, string? Reason, string? Reply, int Attempts, DateTimeOffset? ClaimedAt);
}

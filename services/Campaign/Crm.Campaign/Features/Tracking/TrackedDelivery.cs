using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>The delivery that a link was made for. Its row is locked: of two visits at once one is the first.</summary>
internal sealed record TrackedDelivery(
    Guid DeliveryId, Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, string Language, DateTimeOffset? OpenedAt, DateTimeOffset? ClickedAt, string[] Links)
{
    public static Task<TrackedDelivery?> FindAsync(Guid deliveryId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<TrackedDelivery>(
            """
            SELECT d.delivery_id, d.campaign_id, c.name AS campaign_name, d.customer_id, d.channel, d.language, d.opened_at, d.clicked_at, v.links
            FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id
            JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
            WHERE d.delivery_id = @deliveryId FOR NO KEY UPDATE OF d
            """,
            new { deliveryId },
            cancellationToken);

    /// <param name="first">The first of its kind for this delivery.</param>
    public Task RecordAsync(
        ResponseKind kind, int? link, bool first, HttpContext http, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var userAgent = http.Request.Headers.UserAgent.ToString();
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, link, first, occurred_at, user_agent)
            VALUES (@id, @DeliveryId, @CampaignId, @CustomerId, @kind, @link, @first, @now, @userAgent)
            """,
            new
            {
                id = ids.Next(), DeliveryId, CampaignId, CustomerId, link, first, now,
                kind = kind.ToString().ToLowerInvariant(),
                userAgent = userAgent.Length > 300 ? userAgent[..300] : userAgent,
            },
            cancellationToken);
    }

    public CampaignResponded ToEvent(ResponseKind kind, string? url, Guid eventId, DateTimeOffset now) =>
        new(eventId, now, CampaignId, CampaignName, DeliveryId, CustomerId, Channel, kind, url);
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain.Responses;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>The delivery that a link was made for.</summary>
internal sealed record TrackedDelivery(Guid DeliveryId, Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, string Language, string[] Links)
{
    private const int LongestUserAgent = 300;

    public static Task<TrackedDelivery?> FindAsync(Guid deliveryId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<TrackedDelivery>(
            """
            SELECT d.delivery_id, d.campaign_id, c.name AS campaign_name, d.customer_id, d.channel, d.language, coalesce(x.links, v.links) AS links
            FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id
            JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
            LEFT JOIN campaign_variants x ON x.campaign_id = d.campaign_id AND x.name = d.variant
            WHERE d.delivery_id = @deliveryId
            """,
            new { deliveryId },
            cancellationToken);

    /// <summary>As it was seen; what to make of it is judged a moment later.</summary>
    /// <param name="http">Null: it came by mail.</param>
    public Task RecordAsync(string kind, int? link, HttpContext? http, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var userAgent = http?.Request.Headers.UserAgent.ToString() ?? "";
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, link, occurred_at, user_agent, network)
            VALUES (@id, @DeliveryId, @CampaignId, @CustomerId, @kind, @link, @now, @userAgent, @network::cidr)
            """,
            new
            {
                id = ids.Next(), DeliveryId, CampaignId, CustomerId, kind, link, now,
                userAgent = userAgent.Length > LongestUserAgent ? userAgent[..LongestUserAgent] : userAgent,
                network = http is null ? null : NetworkOf(http),
            },
            cancellationToken);
    }

    public CampaignResponded ToEvent(ResponseKind kind, Guid eventId, DateTimeOffset now) =>
        new(eventId, now, CampaignId, CampaignName, DeliveryId, CustomerId, Channel, kind, null);

    /// <summary>The gateway is the only caller; it says whom it was called by, last, whatever its own caller claimed.</summary>
    private static string? NetworkOf(HttpContext http)
    {
        var forwarded = http.Request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim();
        return AddressList.Coarsen(System.Net.IPAddress.TryParse(forwarded, out var address) ? address : http.Connection.RemoteIpAddress);
    }
}

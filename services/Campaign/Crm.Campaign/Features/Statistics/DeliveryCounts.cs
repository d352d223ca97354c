using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Statistics;

/// <summary>Recipients of a campaign who are alike in all of these; an empty text stands for none.</summary>
internal sealed record DeliveryCount(string Channel, string Provider, string Variant, string Language, string State, string Reason, long Recipients);

internal static class DeliveryCounts
{
    public static Task<IReadOnlyList<DeliveryCount>> ReadAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<DeliveryCount>(
            """
            SELECT channel, provider, variant, language, state, reason, sum(recipients)::bigint AS recipients
            FROM delivery_counts WHERE campaign_id = @campaignId GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(recipients) <> 0
            """,
            new { campaignId },
            cancellationToken);
}

using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Responses;

/// <summary>Marks customers whose conversions may be others now. Purchases and returns mark theirs by a trigger.</summary>
internal static class ConversionQueue
{
    /// <summary>After people's clicks, where a purchase is known that such a click may lead to.</summary>
    public static Task ClickedAsync(IReadOnlyList<Guid> responses, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO conversion_queue (customer_id, due_at)
        SELECT DISTINCT r.customer_id, now() FROM responses r JOIN audience_purchases p ON p.customer_id = r.customer_id AND p.purchased_at >= r.occurred_at
        WHERE r.id = ANY(@responses) AND r.kind = 'clicked' AND r.verdict = 'human' ORDER BY r.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET due_at = least(conversion_queue.due_at, excluded.due_at)
        """,
        new { responses = responses.ToArray() },
        cancellationToken);

    /// <summary>After the verdicts of a campaign were made anew.</summary>
    public static Task JudgedAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO conversion_queue (customer_id, due_at)
        SELECT DISTINCT r.customer_id, now() FROM responses r
        WHERE r.campaign_id = @campaignId AND r.kind = 'clicked' AND EXISTS (SELECT 1 FROM audience_purchases p WHERE p.customer_id = r.customer_id)
        ORDER BY r.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET due_at = least(conversion_queue.due_at, excluded.due_at)
        """,
        new { campaignId },
        cancellationToken);
}

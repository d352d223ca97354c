using System.Globalization;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>Purchases go on the timeline and move customers along their lifecycle.</summary>
public sealed class PurchasesRecordedConsumer(UnitOfWork unitOfWork, LifecycleMoves moves, Timeline timeline) : IConsumer<PurchasesRecorded>
{
    public async Task Consume(ConsumeContext<PurchasesRecorded> context)
    {
        var message = context.Message;
        await timeline.AppendAsync([.. message.Purchases.Select(Entry)], context.CancellationToken);
        await CountAsync(message.Purchases, context.CancellationToken);
        await moves.AfterPurchasesAsync([.. message.Purchases.Select(purchase => purchase.CustomerId).Distinct()], message.OccurredAt, context.CancellationToken);
    }

    private static TimelineEntry Entry(RecordedPurchase purchase) => TimelineEntry.Of(
        purchase.CustomerId, purchase.PurchasedAt, "purchase.recorded", purchase.PurchaseId.ToString(), "sales", $"purchase:{purchase.PurchaseId}",
        ("total", purchase.Total.ToString(CultureInfo.InvariantCulture)), ("currency", purchase.Currency),
        ("lines", purchase.Lines.Count.ToString(CultureInfo.InvariantCulture)), ("source", purchase.Source), ("sourceId", purchase.SourceId));

    /// <summary>Each purchase is in one event, and each event is handled once: adding up is safe.</summary>
    private Task<int> CountAsync(IReadOnlyList<RecordedPurchase> purchases, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO customer_activity AS a (customer_id, purchase_count, first_purchased_at, last_purchased_at)
        SELECT p.customer_id, count(*), min(p.purchased_at), max(p.purchased_at)
        FROM unnest(@customerIds, @purchasedAts) AS p (customer_id, purchased_at) GROUP BY p.customer_id ORDER BY p.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET
            purchase_count = a.purchase_count + excluded.purchase_count,
            first_purchased_at = least(a.first_purchased_at, excluded.first_purchased_at),
            last_purchased_at = greatest(a.last_purchased_at, excluded.last_purchased_at)
        """,
        new
        {
            customerIds = purchases.Select(purchase => purchase.CustomerId).ToArray(),
            purchasedAts = purchases.Select(purchase => purchase.PurchasedAt.ToUniversalTime()).ToArray(),
        },
        cancellationToken);
}

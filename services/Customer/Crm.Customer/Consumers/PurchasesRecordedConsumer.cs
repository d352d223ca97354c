using System.Globalization;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>Purchases go on the timeline and move customers along their lifecycle.</summary>
public sealed class PurchasesRecordedConsumer(UnitOfWork unitOfWork, CustomerStore store, Timeline timeline, TimeProvider time) : IConsumer<PurchasesRecorded>
{
    public async Task Consume(ConsumeContext<PurchasesRecorded> context)
    {
        var message = context.Message;
        await timeline.AppendAsync([.. message.Purchases.Select(Entry)], context.CancellationToken);
        var counted = await CountAsync(message.Purchases, context.CancellationToken);
        await AdvanceAsync(counted, message.OccurredAt, context.CancellationToken);
    }

    private static TimelineEntry Entry(RecordedPurchase purchase) => TimelineEntry.Of(
        purchase.CustomerId, purchase.PurchasedAt, "purchase.recorded", purchase.PurchaseId.ToString(), "sales", $"purchase:{purchase.PurchaseId}",
        ("total", purchase.Total.ToString(CultureInfo.InvariantCulture)), ("currency", purchase.Currency),
        ("lines", purchase.Lines.Count.ToString(CultureInfo.InvariantCulture)), ("source", purchase.Source), ("sourceId", purchase.SourceId));

    /// <summary>Each purchase is in one event, and each event is handled once: adding up is safe.</summary>
    private Task<IReadOnlyList<Counted>> CountAsync(IReadOnlyList<RecordedPurchase> purchases, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Counted>(
        """
        INSERT INTO customer_activity AS a (customer_id, purchase_count, first_purchased_at, last_purchased_at)
        SELECT p.customer_id, count(*), min(p.purchased_at), max(p.purchased_at)
        FROM unnest(@customerIds, @purchasedAts) AS p (customer_id, purchased_at) GROUP BY p.customer_id ORDER BY p.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET
            purchase_count = a.purchase_count + excluded.purchase_count,
            first_purchased_at = least(a.first_purchased_at, excluded.first_purchased_at),
            last_purchased_at = greatest(a.last_purchased_at, excluded.last_purchased_at)
        RETURNING customer_id, purchase_count
        """,
        new
        {
            customerIds = purchases.Select(purchase => purchase.CustomerId).ToArray(),
            purchasedAts = purchases.Select(purchase => purchase.PurchasedAt.ToUniversalTime()).ToArray(),
        },
        cancellationToken);

    private async Task AdvanceAsync(IReadOnlyList<Counted> counted, DateTimeOffset occurredAt, CancellationToken cancellationToken)
    {
        var counts = counted.ToDictionary(row => row.CustomerId, row => row.PurchaseCount);
        var stages = await unitOfWork.QueryAsync<Stage>(
            "SELECT id, lifecycle_stage FROM customers WHERE id = ANY(@ids) AND lifecycle_stage = ANY(@movable) ORDER BY id FOR UPDATE",
            new { ids = counts.Keys.ToArray(), movable = new[] { Lifecycle.Prospect, Lifecycle.New } },
            cancellationToken);
        var moves = stages
            .Select(row => (row.Id, From: row.LifecycleStage, To: Lifecycle.AfterPurchases(row.LifecycleStage, counts[row.Id]), Purchases: counts[row.Id]))
            .Where(move => move.To != move.From)
            .ToList();
        if (moves.Count == 0) return;

        await unitOfWork.ExecuteAsync(
            """
            UPDATE customers c SET lifecycle_stage = m.stage, version = c.version + 1, changed_at = @now
            FROM unnest(@ids, @stages) AS m (id, stage) WHERE c.id = m.id
            """,
            new { ids = moves.Select(move => move.Id).ToArray(), stages = moves.Select(move => move.To).ToArray(), now = time.GetUtcNow() },
            cancellationToken);
        await timeline.AppendAsync(
            [
                .. moves.Select(move => TimelineEntry.Of(
                    move.Id, occurredAt, "customer.lifecycle_changed", $"{move.Id}:{move.To}", "customer", $"customer:{move.Id}",
                    ("from", move.From), ("to", move.To), ("reason", "purchases"), ("purchases", move.Purchases.ToString(CultureInfo.InvariantCulture)))),
            ],
            cancellationToken);
        await store.PublishChangedAsync([.. moves.Select(move => move.Id)], cancellationToken);
    }

    private sealed class Counted
    {
        public Guid CustomerId { get; init; }
        public int PurchaseCount { get; init; }
    }

    private sealed class Stage
    {
        public Guid Id { get; init; }
        public string LifecycleStage { get; init; } = "";
    }
}

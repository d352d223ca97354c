using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>Adds up; the inbox sees to it that an event counts once. Amounts in another currency than the row's count as purchases only.</summary>
public sealed class PurchasesRecordedConsumer(UnitOfWork unitOfWork) : IConsumer<PurchasesRecorded>
{
    public Task Consume(ConsumeContext<PurchasesRecorded> context)
    {
        var purchases = context.Message.Purchases;
        return unitOfWork.ExecuteAsync(
            """
            WITH purchases AS (
                SELECT * FROM unnest(@customers, @instants, @totals, @currencies) AS p (customer_id, purchased_at, total, currency)),
            sums AS (
                SELECT customer_id, count(*) AS purchases, min(purchased_at) AS first_at, max(purchased_at) AS last_at,
                    (array_agg(currency ORDER BY purchased_at))[1] AS currency
                FROM purchases GROUP BY customer_id)
            INSERT INTO audience (customer_id, purchase_count, purchase_total, purchase_currency, first_purchased_at, last_purchased_at)
            SELECT s.customer_id, s.purchases,
                (SELECT sum(p.total) FROM purchases p WHERE p.customer_id = s.customer_id AND p.currency = s.currency),
                s.currency, s.first_at, s.last_at
            FROM sums s ORDER BY s.customer_id
            ON CONFLICT (customer_id) DO UPDATE SET
                purchase_count = audience.purchase_count + excluded.purchase_count,
                purchase_total = audience.purchase_total
                    + CASE WHEN coalesce(audience.purchase_currency, excluded.purchase_currency) = excluded.purchase_currency THEN excluded.purchase_total ELSE 0 END,
                purchase_currency = coalesce(audience.purchase_currency, excluded.purchase_currency),
                first_purchased_at = least(audience.first_purchased_at, excluded.first_purchased_at),
                last_purchased_at = greatest(audience.last_purchased_at, excluded.last_purchased_at)
            """,
            new
            {
                customers = purchases.Select(purchase => purchase.CustomerId).ToArray(),
                instants = purchases.Select(purchase => purchase.PurchasedAt.UtcDateTime).ToArray(),
                totals = purchases.Select(purchase => purchase.Total).ToArray(),
                currencies = purchases.Select(purchase => purchase.Currency).ToArray(),
            },
            context.CancellationToken);
    }
}

/// <summary>Lessens the total; the purchase itself was made and stays counted. May come before its purchase.</summary>
public sealed class PurchaseReturnedConsumer(UnitOfWork unitOfWork) : IConsumer<PurchaseReturned>
{
    public Task Consume(ConsumeContext<PurchaseReturned> context) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO audience (customer_id, purchase_total, purchase_currency) VALUES (@CustomerId, -@Total, @Currency)
        ON CONFLICT (customer_id) DO UPDATE SET
            purchase_total = audience.purchase_total
                + CASE WHEN coalesce(audience.purchase_currency, excluded.purchase_currency) = excluded.purchase_currency THEN excluded.purchase_total ELSE 0 END,
            purchase_currency = coalesce(audience.purchase_currency, excluded.purchase_currency)
        """,
        new { context.Message.CustomerId, context.Message.Total, context.Message.Currency },
        context.CancellationToken);
}

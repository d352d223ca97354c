using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>
/// Adds up, and keeps each purchase with its lines; the inbox sees to it that an event counts once. Amounts in another currency than the
/// row's count as purchases only.
/// </summary>
public sealed class PurchasesRecordedConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<PurchasesRecorded>
{
    public async Task Consume(ConsumeContext<PurchasesRecorded> context)
    {
        var purchases = context.Message.Purchases;
        await AddUpAsync(purchases, context.CancellationToken);
        await KeepAsync(purchases, context.CancellationToken);
        await unitOfWork.ExecuteAsync(
            "SELECT refresh_merged_audience(@customers)", new { customers = purchases.Select(purchase => purchase.CustomerId).ToArray() }, context.CancellationToken);
        await journeys.RaiseAsync(
            JourneyEvents.PurchaseRecorded,
            [.. purchases.Select(purchase => new JourneyEvent(purchase.CustomerId, $"purchase:{purchase.PurchaseId}", purchase.PurchasedAt))],
            context.CancellationToken);
    }

    private Task<int> AddUpAsync(IReadOnlyList<RecordedPurchase> purchases, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        WITH purchases AS (
            SELECT * FROM unnest(@customers, @instants, @totals, @currencies) AS p (customer_id, purchased_at, total, currency)),
        sums AS (
            SELECT customer_id, count(*) AS purchases, min(purchased_at) AS first_at, max(purchased_at) AS last_at,
                (array_agg(currency ORDER BY purchased_at))[1] AS currency
            FROM purchases GROUP BY customer_id)
        INSERT INTO audience (customer_id, purchase_count, purchase_total, purchase_total_count, purchase_currency, first_purchased_at, last_purchased_at)
        SELECT s.customer_id, s.purchases, same.total, same.purchases, s.currency, s.first_at, s.last_at
        FROM sums s CROSS JOIN LATERAL (
            SELECT sum(p.total) AS total, count(*) AS purchases FROM purchases p WHERE p.customer_id = s.customer_id AND p.currency = s.currency) same
        ORDER BY s.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET
            purchase_count = audience.purchase_count + excluded.purchase_count,
            purchase_total = audience.purchase_total
                + CASE WHEN coalesce(audience.purchase_currency, excluded.purchase_currency) = excluded.purchase_currency THEN excluded.purchase_total ELSE 0 END,
            purchase_total_count = audience.purchase_total_count
                + CASE WHEN coalesce(audience.purchase_currency, excluded.purchase_currency) = excluded.purchase_currency THEN excluded.purchase_total_count ELSE 0 END,
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
        cancellationToken);

    private async Task KeepAsync(IReadOnlyList<RecordedPurchase> purchases, CancellationToken cancellationToken)
    {
        var lines = purchases.SelectMany(purchase => purchase.Lines.Select(line => (Purchase: purchase, Line: line))).ToArray();
        var arrays = new
        {
            customers = purchases.Select(purchase => purchase.CustomerId).ToArray(),
            ids = purchases.Select(purchase => purchase.PurchaseId).ToArray(),
            instants = purchases.Select(purchase => purchase.PurchasedAt.UtcDateTime).ToArray(),
            currencies = purchases.Select(purchase => purchase.Currency).ToArray(),
            totals = purchases.Select(purchase => purchase.Total).ToArray(),
            lineCustomers = lines.Select(line => line.Purchase.CustomerId).ToArray(),
            linePurchases = lines.Select(line => line.Purchase.PurchaseId).ToArray(),
            lineInstants = lines.Select(line => line.Purchase.PurchasedAt.UtcDateTime).ToArray(),
            lineCurrencies = lines.Select(line => line.Purchase.Currency).ToArray(),
            numbers = lines.Select(line => line.Line.Line).ToArray(),
            skus = lines.Select(line => line.Line.Sku).ToArray(),
            categories = lines.Select(line => line.Line.Category).ToArray(),
            quantities = lines.Select(line => line.Line.Quantity).ToArray(),
            amounts = lines.Select(line => line.Line.Net).ToArray(),
        };
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience_purchases (customer_id, purchase_id, purchased_at, currency, gross, skus)
            SELECT p.customer_id, p.purchase_id, p.purchased_at, p.currency, p.total, coalesce(l.skus, '{}')
            FROM unnest(@customers, @ids, @instants, @currencies, @totals) AS p (customer_id, purchase_id, purchased_at, currency, total)
            LEFT JOIN (
                SELECT purchase_id, array_agg(DISTINCT sku ORDER BY sku) AS skus FROM unnest(@linePurchases, @skus) AS k (purchase_id, sku)
                GROUP BY purchase_id) l ON l.purchase_id = p.purchase_id
            ORDER BY p.customer_id, p.purchase_id
            ON CONFLICT (customer_id, purchase_id) DO UPDATE SET
                purchased_at = excluded.purchased_at, currency = excluded.currency, gross = excluded.gross, skus = excluded.skus
            """,
            arrays,
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience_purchase_lines (customer_id, purchase_id, line, purchased_at, sku, category, currency, bought, bought_total)
            SELECT l.customer_id, l.purchase_id, l.line, l.purchased_at, l.sku, l.category, l.currency, l.quantity, l.net
            FROM unnest(@lineCustomers, @linePurchases, @numbers, @lineInstants, @skus, @categories, @lineCurrencies, @quantities, @amounts)
                AS l (customer_id, purchase_id, line, purchased_at, sku, category, currency, quantity, net)
            ORDER BY l.customer_id, l.purchase_id, l.line
            ON CONFLICT (customer_id, purchase_id, line) DO UPDATE SET purchased_at = excluded.purchased_at, sku = excluded.sku,
                category = excluded.category, currency = excluded.currency, bought = excluded.bought, bought_total = excluded.bought_total
            """,
            arrays,
            cancellationToken);
    }
}

/// <summary>Lessens the totals; the purchase itself was made and stays counted. May come before its purchase.</summary>
public sealed class PurchaseReturnedConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<PurchaseReturned>
{
    public async Task Consume(ConsumeContext<PurchaseReturned> context)
    {
        var (returned, cancellationToken) = (context.Message, context.CancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience (customer_id, purchase_total, purchase_currency) VALUES (@CustomerId, -@Total, @Currency)
            ON CONFLICT (customer_id) DO UPDATE SET
                purchase_total = audience.purchase_total
                    + CASE WHEN coalesce(audience.purchase_currency, excluded.purchase_currency) = excluded.purchase_currency THEN excluded.purchase_total ELSE 0 END,
                purchase_currency = coalesce(audience.purchase_currency, excluded.purchase_currency)
            """,
            new { returned.CustomerId, returned.Total, returned.Currency },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience_purchases (customer_id, purchase_id, returned) VALUES (@CustomerId, @PurchaseId, @Total)
            ON CONFLICT (customer_id, purchase_id) DO UPDATE SET returned = audience_purchases.returned + excluded.returned
            """,
            new { returned.CustomerId, returned.PurchaseId, returned.Total },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience_purchase_lines (customer_id, purchase_id, line, sku, returned, returned_total)
            SELECT @CustomerId, @PurchaseId, l.line, min(l.sku), sum(l.quantity), sum(l.amount)
            FROM unnest(@lines, @skus, @quantities, @amounts) AS l (line, sku, quantity, amount) GROUP BY l.line ORDER BY l.line
            ON CONFLICT (customer_id, purchase_id, line) DO UPDATE SET
                returned = audience_purchase_lines.returned + excluded.returned, returned_total = audience_purchase_lines.returned_total + excluded.returned_total
            """,
            new
            {
                returned.CustomerId, returned.PurchaseId,
                lines = returned.Lines.Select(line => line.Line).ToArray(),
                skus = returned.Lines.Select(line => line.Sku).ToArray(),
                quantities = returned.Lines.Select(line => line.Quantity).ToArray(),
                amounts = returned.Lines.Select(line => line.Amount).ToArray(),
            },
            cancellationToken);
        await unitOfWork.ExecuteAsync("SELECT refresh_merged_audience(ARRAY[@CustomerId])", new { returned.CustomerId }, cancellationToken);
        await journeys.RaiseAsync(
            JourneyEvents.PurchaseReturned, [new JourneyEvent(returned.CustomerId, $"return:{returned.ReturnId}", returned.ReturnedAt)], cancellationToken);
    }
}

using Crm.Analytics.Domain;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>
/// The feature store: purchase events summed up by customer and business day. Each purchase and each return counts once, in whatever
/// order they come; both upsert the purchase's row first, whose lock puts a purchase and its returns one after the other.
/// </summary>
public sealed class PurchaseDays(UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time)
{
    public async Task RecordAsync(IReadOnlyList<RecordedPurchase> recorded, CancellationToken cancellationToken)
    {
        var purchases = recorded.DistinctBy(purchase => purchase.PurchaseId).ToArray();
        await unitOfWork.ExecuteAsync(
            """
            WITH arrived AS (
                INSERT INTO purchases AS p (purchase_id, customer_id, currency, day, total)
                SELECT * FROM unnest(@ids, @customers, @currencies, @days, @totals) AS a (id, customer, currency, day, total) ORDER BY a.id
                ON CONFLICT (purchase_id) DO UPDATE SET day = excluded.day, total = excluded.total WHERE p.day IS NULL
                RETURNING customer_id, currency, day, total, returned
            ), summed AS (
                INSERT INTO purchase_days AS d (customer_id, currency, day, net_revenue, orders)
                SELECT customer_id, currency, day, sum(total - returned), count(*) FILTER (WHERE returned = 0 OR returned < total)
                FROM arrived GROUP BY customer_id, currency, day ORDER BY customer_id, currency, day
                ON CONFLICT (customer_id, currency, day) DO UPDATE SET
                    net_revenue = d.net_revenue + excluded.net_revenue, orders = d.orders + excluded.orders
            ), known AS (
                INSERT INTO customers AS c (customer_id, currency, first_purchase_day)
                SELECT DISTINCT ON (customer_id) customer_id, currency, day FROM arrived ORDER BY customer_id, day, currency
                ON CONFLICT (customer_id) DO UPDATE SET first_purchase_day = excluded.first_purchase_day, currency = excluded.currency
                WHERE (excluded.first_purchase_day, excluded.currency) < (c.first_purchase_day, c.currency)
            )
            INSERT INTO rescoring_queue (customer_id, marked_at)
            SELECT DISTINCT customer_id, @now::timestamptz FROM arrived ORDER BY customer_id
            ON CONFLICT DO NOTHING
            """,
            new
            {
                ids = purchases.Select(purchase => purchase.PurchaseId).ToArray(),
                customers = purchases.Select(purchase => purchase.CustomerId).ToArray(),
                currencies = purchases.Select(purchase => purchase.Currency).ToArray(),
                days = purchases.Select(purchase => calendar.DayOf(purchase.PurchasedAt)).ToArray(),
                totals = purchases.Select(purchase => purchase.Total).ToArray(),
                now = time.GetUtcNow(),
            },
            cancellationToken);
        await RefreshFeaturesAsync([.. purchases.Select(purchase => purchase.CustomerId).Distinct()], cancellationToken);
    }

    /// <summary>
    /// Takes the amount from the day of the purchase. An order that is returned whole no longer counts as one. The day is reduced by an
    /// upsert although its row is there: an UPDATE would not see one committed while this statement waited for the purchase's lock.
    /// </summary>
    public async Task ReturnAsync(PurchaseReturned returned, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
        """
        WITH fresh AS (
            INSERT INTO purchase_returns (return_id, purchase_id) VALUES (@ReturnId, @PurchaseId) ON CONFLICT DO NOTHING RETURNING purchase_id
        ), changed AS (
            INSERT INTO purchases AS p (purchase_id, customer_id, currency, returned)
            SELECT purchase_id, @CustomerId, @Currency, @Total FROM fresh
            ON CONFLICT (purchase_id) DO UPDATE SET returned = p.returned + excluded.returned
            RETURNING customer_id, currency, day, (returned >= total AND returned - @Total < total)::int AS orders_undone
        ), reduced AS (
            INSERT INTO purchase_days AS d (customer_id, currency, day, net_revenue, orders)
            SELECT customer_id, currency, day, -@Total, -orders_undone FROM changed WHERE day IS NOT NULL
            ON CONFLICT (customer_id, currency, day) DO UPDATE SET
                net_revenue = d.net_revenue + excluded.net_revenue, orders = d.orders + excluded.orders
        )
        INSERT INTO rescoring_queue (customer_id, marked_at) SELECT customer_id, @now FROM changed WHERE day IS NOT NULL ON CONFLICT DO NOTHING
        """,
        new { returned.ReturnId, returned.PurchaseId, returned.CustomerId, returned.Currency, returned.Total, now = time.GetUtcNow() },
        cancellationToken);
        await RefreshFeaturesAsync([returned.CustomerId], cancellationToken);
    }

    /// <summary>The sufficient statistics of who these customers are by now, and their cells of the histogram.</summary>
    private Task<int> RefreshFeaturesAsync(Guid[] recorded, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync("SELECT refresh_features_of(@recorded)", new { recorded }, cancellationToken);
}

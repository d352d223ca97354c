using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Products;

/// <summary>Counts which products the same people buy. Bounded: a sample of customers, their latest products, the strongest pairs.</summary>
internal static class ProductPairs
{
    private const int Customers = 200_000;
    private const int ProductsPerCustomer = 50;
    private const int PairsPerProduct = 20;
    private static readonly TimeSpan Window = TimeSpan.FromDays(730);

    /// <summary>False: another replica is at it.</summary>
    public static async Task<bool> RebuildAsync(UnitOfWork unitOfWork, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT pg_try_advisory_xact_lock(hashtextextended('campaign product pairs', 0))", null, cancellationToken)) return false;
        await unitOfWork.ExecuteAsync(
            """
            CREATE TEMPORARY TABLE bought ON COMMIT DROP AS
            SELECT customer_id, sku FROM (
                SELECT l.customer_id, l.sku, row_number() OVER (PARTITION BY l.customer_id ORDER BY max(l.purchased_at) DESC, l.sku) AS place
                FROM audience_purchase_lines l
                JOIN (SELECT customer_id FROM audience WHERE last_purchased_at > @since ORDER BY last_purchased_at DESC, customer_id LIMIT @Customers) s ON s.customer_id = l.customer_id
                WHERE l.purchased_at > @since GROUP BY l.customer_id, l.sku HAVING sum(l.quantity) > 0) latest
            WHERE place <= @ProductsPerCustomer;
            DELETE FROM product_pairs;
            INSERT INTO product_pairs (sku, other, buyers)
            SELECT sku, other, buyers FROM (
                SELECT a.sku, b.sku AS other, count(*) AS buyers, row_number() OVER (PARTITION BY a.sku ORDER BY count(*) DESC, b.sku) AS place
                FROM bought a JOIN bought b ON b.customer_id = a.customer_id AND b.sku <> a.sku GROUP BY a.sku, b.sku) pairs
            WHERE place <= @PairsPerProduct;
            DELETE FROM product_popularity;
            INSERT INTO product_popularity (sku, buyers) SELECT sku, count(*) FROM bought GROUP BY sku;
            """,
            new { since = now - Window, Customers, ProductsPerCustomer, PairsPerProduct },
            cancellationToken);
        return true;
    }
}

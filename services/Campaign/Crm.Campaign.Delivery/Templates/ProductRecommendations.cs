using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>
/// Products for many recipients at once: first what others bought together with what they have bought, by how many did, then what most people
/// buy; never what they have already. The same data always give the same list. Until Analytics offers a next best offer, this is the source.
/// </summary>
public static class ProductRecommendations
{
    /// <summary>So many of the most bought are looked at for who has not bought them yet.</summary>
    private const int Popular = 100;

    public static async Task<ILookup<Guid, RecommendedProduct>> ForAsync(
        IReadOnlyCollection<Guid> customers, int count, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            WITH bought AS MATERIALIZED (
                SELECT l.customer_id, l.sku FROM audience_purchase_lines l
                WHERE l.customer_id = ANY(@customers) AND l.purchased_at IS NOT NULL GROUP BY l.customer_id, l.sku HAVING sum(l.quantity) > 0),
            candidates AS (
                SELECT b.customer_id, p.other AS sku, 1 AS source, sum(p.buyers) AS score FROM bought b JOIN product_pairs p ON p.sku = b.sku GROUP BY b.customer_id, p.other
                UNION ALL
                SELECT w.customer_id, p.sku, 2, p.buyers
                FROM unnest(@customers) AS w (customer_id) CROSS JOIN (SELECT sku, buyers FROM product_popularity ORDER BY buyers DESC, sku LIMIT @Popular) p),
            best AS (
                SELECT DISTINCT ON (c.customer_id, c.sku) c.* FROM candidates c
                WHERE NOT EXISTS (SELECT 1 FROM bought b WHERE b.customer_id = c.customer_id AND b.sku = c.sku)
                ORDER BY c.customer_id, c.sku, c.source),
            ranked AS (
                SELECT b.customer_id, p.sku, p.name, p.category, row_number() OVER (PARTITION BY b.customer_id ORDER BY b.source, b.score DESC, b.sku) AS place
                FROM best b JOIN products p ON p.sku = b.sku)
            SELECT customer_id, sku, name, category FROM ranked WHERE place <= @count ORDER BY customer_id, place
            """,
            new { customers = customers.ToArray(), count, Popular },
            cancellationToken);
        return rows.ToLookup(row => row.CustomerId, row => new RecommendedProduct(row.Sku, row.Name, row.Category));
    }

    private sealed record Row(Guid CustomerId, string Sku, string Name, string Category);
}

using System.Collections.Concurrent;
using Crm.Analytics.Domain.Offers;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Persistence;

/// <summary>Catalogues that were read, by currency; one is read anew when a newer run has made it, or after a minute for new outcomes.</summary>
internal sealed class OfferCatalogueCache
{
    public ConcurrentDictionary<string, (OfferCatalogue Catalogue, DateTimeOffset ReadAt)> ByCurrency { get; } = new(StringComparer.Ordinal);
}

/// <summary>What offers rest on, and the customers' own purchases for them.</summary>
internal sealed class OfferStore(UnitOfWork unitOfWork, OfferCatalogueCache cache, IOptions<AnalyticsOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Null before the first run of the job.</summary>
    public async Task<OfferCatalogue?> CatalogueAsync(string currency, CancellationToken cancellationToken)
    {
        var runId = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            "SELECT run_id FROM product_statistics WHERE currency = @currency LIMIT 1", new { currency }, cancellationToken);
        if (runId is not { } run) return null;
        var now = time.GetUtcNow();
        if (cache.ByCurrency.TryGetValue(currency, out var known) && known.Catalogue.RunId == run && now - known.ReadAt < Fresh) return known.Catalogue;

        var rules = await unitOfWork.QueryAsync<OfferRule>(
            """
            SELECT antecedent, consequent, baskets, antecedent_count, consequent_count, both_count, confidence, lift, p
            FROM association_rules WHERE currency = @currency
            """,
            new { currency }, cancellationToken);
        var products = await unitOfWork.QueryAsync<OfferProduct>(
            """
            SELECT p.sku, p.name, p.category, p.buyers, p.baskets, p.price, p.margin, p.revenue, coalesce(o.offered, 0) AS offered, coalesce(o.accepted, 0) AS accepted
            FROM product_statistics p LEFT JOIN (
                SELECT sku, count(*) FILTER (WHERE outcome <> 'offered') AS offered, count(*) FILTER (WHERE outcome = 'accepted') AS accepted
                FROM offer_outcomes GROUP BY sku) o USING (sku)
            WHERE p.currency = @currency
            """,
            new { currency }, cancellationToken);
        var substitutions = await unitOfWork.QueryAsync<Substitution>(
            "SELECT from_sku, to_sku, switchers FROM substitutions WHERE currency = @currency", new { currency }, cancellationToken);
        var catalogue = new OfferCatalogue(run, rules, products, substitutions, options.Value.AssumedMarginRate, options.Value.OfferContactCost);
        cache.ByCurrency[currency] = (catalogue, now);
        return catalogue;
    }

    /// <summary>What the customers bought since a day and did not give back, by customer.</summary>
    public async Task<ILookup<Guid, OwnedProduct>> OwnedAsync(IReadOnlyList<Guid> customers, string currency, DateOnly since, CancellationToken cancellationToken) =>
        (await unitOfWork.QueryAsync<OwnedRow>(
            """
            SELECT b.customer_id, b.sku, min(b.category) AS category, sum(b.net) / nullif(sum(b.quantity), 0) AS price, count(DISTINCT b.purchase_id)::int AS baskets
            FROM basket_lines b
            WHERE b.customer_id = ANY(@customers) AND b.currency = @currency AND b.day >= @since AND b.quantity > coalesce(
                (SELECT sum(r.quantity) FROM returned_lines r WHERE r.purchase_id = b.purchase_id AND r.line = b.line), 0)
            GROUP BY b.customer_id, b.sku ORDER BY b.customer_id, b.sku
            """,
            new { customers = customers.ToArray(), currency, since },
            cancellationToken)).ToLookup(row => row.CustomerId, row => new OwnedProduct(row.Sku, row.Category, row.Price ?? 0, row.Baskets));

    /// <summary>Products that nobody must be offered now.</summary>
    public async Task<IReadOnlySet<string>> ExcludedAsync(CancellationToken cancellationToken) =>
        (await unitOfWork.QueryAsync<string>("SELECT sku FROM product_issues WHERE state = 'open'", null, cancellationToken)).ToHashSet(StringComparer.Ordinal);

    private sealed record OwnedRow(Guid CustomerId, string Sku, string Category, decimal? Price, int Baskets);
}

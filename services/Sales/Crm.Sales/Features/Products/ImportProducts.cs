using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Products;

/// <param name="Products">1 to 1,000; a SKU that the catalogue has is brought to what is said here.</param>
public sealed record ImportProductsRequest(IReadOnlyList<ProductInput> Products);

/// <param name="Items">One for each product, in the same order.</param>
public sealed record ImportProductsResponse(int Created, int Updated, int Unchanged, int Rejected, IReadOnlyList<ImportedProduct> Items);

/// <param name="Status">created, updated, unchanged or rejected.</param>
public sealed record ImportedProduct(string Sku, string Status, Guid? ProductId, string? Code = null, string? Field = null, string? Message = null);

internal static class ImportProducts
{
    private const int MaxItems = 1000;

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/products/batch", async (ImportProductsRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(request, unitOfWork, ids, time, cancellationToken)).ToOk())
        .WithName("ImportProducts")
        .AllowRoles(Roles.SalesManager, Roles.Integration);

    private static async Task<Result<ImportProductsResponse>> HandleAsync(
        ImportProductsRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Products.Count is 0 or > MaxItems) return SalesErrors.BatchSize("products", MaxItems);
        var refusals = new Error?[request.Products.Count];
        var sound = new Dictionary<string, ProductInput>(request.Products.Count);
        for (var i = 0; i < refusals.Length; i++)
        {
            if (request.Products[i] is not { } product) return SalesErrors.ItemMissing($"products[{i}]");
            refusals[i] = product.Refusal();
            if (refusals[i] is null && !sound.TryAdd(product.Sku, product)) refusals[i] = SalesErrors.SkuRepeated;
        }

        var written = await UpsertAsync([.. sound.Values], unitOfWork, ids, time, cancellationToken);
        var items = request.Products.Select((product, i) => refusals[i] is { } error
            ? new ImportedProduct(product.Sku, "rejected", null, error.Code, $"products[{i}].{error.Field}", error.Message)
            : new ImportedProduct(product.Sku, written[product.Sku].Status, written[product.Sku].Id)).ToList();
        int Count(string status) => items.Count(item => item.Status == status);
        return new ImportProductsResponse(Count("created"), Count("updated"), Count("unchanged"), Count("rejected"), items);
    }

    private static async Task<Dictionary<string, Written>> UpsertAsync(
        ProductInput[] products, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        // In the order of the SKUs, so that two imports wait for each other instead of deadlocking. A product that is there as said is
        // neither written nor locked; xmax is 0 for a row that this statement made.
        var rows = await unitOfWork.QueryAsync<Written>(
            """
            WITH input AS (
                SELECT * FROM unnest(@ids, @skus, @names, @categories, @prices, @currencies, @costs, @active)
                    AS i (id, sku, name, category, price, currency, cost, active)
            ), written AS (
                INSERT INTO products AS p (id, sku, name, category, price, currency, cost, active, version, created_at, updated_at)
                SELECT id, sku, name, category, price, currency, cost, active, 1, @now, @now FROM input ORDER BY sku
                ON CONFLICT (sku) DO UPDATE SET
                    name = excluded.name, category = excluded.category, price = excluded.price, currency = excluded.currency,
                    cost = excluded.cost, active = excluded.active, version = p.version + 1, updated_at = excluded.updated_at
                WHERE (p.name, p.category, p.price, p.currency, p.cost, p.active)
                    IS DISTINCT FROM (excluded.name, excluded.category, excluded.price, excluded.currency, excluded.cost, excluded.active)
                RETURNING p.sku, p.id, CASE WHEN p.xmax = 0 THEN 'created' ELSE 'updated' END AS status
            )
            SELECT input.sku, coalesce(written.id, p.id) AS id, coalesce(written.status, 'unchanged') AS status
            FROM input LEFT JOIN written USING (sku) LEFT JOIN products p ON p.sku = input.sku
            """,
            new
            {
                ids = products.Select(_ => ids.Next()).ToArray(),
                skus = products.Select(product => product.Sku).ToArray(),
                names = products.Select(product => product.Name).ToArray(),
                categories = products.Select(product => product.Category).ToArray(),
                prices = products.Select(product => product.Price).ToArray(),
                currencies = products.Select(product => product.Currency).ToArray(),
                costs = products.Select(product => product.Cost).ToArray(),
                active = products.Select(product => product.Active).ToArray(),
                now = time.GetUtcNow(),
            },
            cancellationToken);
        return rows.ToDictionary(row => row.Sku);
    }

    private sealed record Written(string Sku, Guid Id, string Status);
}

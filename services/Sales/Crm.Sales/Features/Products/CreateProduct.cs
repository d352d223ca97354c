using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Products;

internal static class CreateProduct
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/products", async (ProductInput product, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(product, unitOfWork, ids, time, cancellationToken)).ToCreated(created => $"/api/sales/v1/products/{created.Id}"))
        .WithName("CreateProduct")
        .AllowRoles(Roles.SalesManager, Roles.Integration);

    private static async Task<Result<Product>> HandleAsync(
        ProductInput product, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (product.Refusal() is { } refusal) return refusal;
        var created = await unitOfWork.QuerySingleOrDefaultAsync<Product>(
            $"""
            INSERT INTO products (id, sku, name, category, price, currency, cost, active, version, created_at, updated_at)
            VALUES (@id, @Sku, @Name, @Category, @Price, @Currency, @Cost, @Active, 1, @now, @now)
            ON CONFLICT (sku) DO NOTHING
            RETURNING {Product.Columns}
            """,
            new { id = ids.Next(), product.Sku, product.Name, product.Category, product.Price, product.Currency, product.Cost, product.Active, now = time.GetUtcNow() },
            cancellationToken);
        return created is null ? SalesErrors.SkuTaken : created;
    }
}

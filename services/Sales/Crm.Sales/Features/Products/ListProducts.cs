using Crm.Sales.Domain;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Products;

internal static class ListProducts
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/products", (PageRequest page, string? category, bool? active, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            HandleAsync(page, category, active, unitOfWork, cancellationToken))
        .WithName("ListProducts")
        .AllowRoles(Roles.Staff);

    /// <summary>By SKU.</summary>
    private static async Task<Page<Product>> HandleAsync(
        PageRequest page, string? category, bool? active, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Product>(
            $"""
            SELECT {Product.Columns} FROM products
            WHERE (@after::text IS NULL OR sku > @after) AND (@category::text IS NULL OR category = @category) AND (@active::boolean IS NULL OR active = @active)
            ORDER BY sku LIMIT @limit
            """,
            new { after = page.After<Position>()?.Sku, category, active, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Product>.From(rows, page.Limit, product => new Position(product.Sku));
    }

    private sealed record Position(string Sku);
}

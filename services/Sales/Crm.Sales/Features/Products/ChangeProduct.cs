using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Products;

/// <summary>Everything but the SKU.</summary>
public sealed record ChangeProductRequest(string Name, string Category, decimal Price, string Currency, decimal? Cost, bool Active);

internal static class ChangeProduct
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPut("/products/{id:guid}", async (
                Guid id, ChangeProductRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, request, ifMatch, unitOfWork, time, cancellationToken)).ToOk())
        .WithName("ChangeProduct")
        .AllowRoles(Roles.SalesManager, Roles.Integration);

    private static async Task<Result<Product>> HandleAsync(
        Guid id, ChangeProductRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var input = new ProductInput("-", request.Name, request.Category, request.Price, request.Currency, request.Cost, request.Active);
        if (input.Refusal() is { } refusal) return refusal;
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<Product>(
            $"""
            UPDATE products SET name = @Name, category = @Category, price = @Price, currency = @Currency, cost = @Cost, active = @Active,
                version = version + 1, updated_at = @now
            WHERE id = @id AND version = @Version
            RETURNING {Product.Columns}
            """,
            new { id, request.Name, request.Category, request.Price, request.Currency, request.Cost, request.Active, ifMatch.Version, now = time.GetUtcNow() },
            cancellationToken);
        if (changed is not null) return changed;
        return await GetProduct.FindAsync(id, unitOfWork, cancellationToken) is null ? SalesErrors.ProductNotFound : SalesErrors.ProductStale;
    }
}

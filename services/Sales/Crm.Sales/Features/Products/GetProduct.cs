using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Products;

internal static class GetProduct
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/products/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetProduct")
        .AllowRoles(Roles.Staff);

    internal static Task<Product?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<Product>($"SELECT {Product.Columns} FROM products WHERE id = @id", new { id }, cancellationToken);

    private static async Task<Result<Product>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await FindAsync(id, unitOfWork, cancellationToken) is { } product ? product : SalesErrors.ProductNotFound;
}

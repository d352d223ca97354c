using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

internal static class GetCustomer
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}", async (Guid id, CustomerStore store, CancellationToken cancellationToken) =>
            (await HandleAsync(id, store, cancellationToken)).ToOk())
        .WithName("GetCustomer")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<CustomerResponse>> HandleAsync(Guid id, CustomerStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } row ? CustomerResponse.From(row) : CustomerErrors.NotFound;
}

using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

internal static class GetCustomer
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}", async (Guid id, HttpContext http, CustomerStore store, CancellationToken cancellationToken) =>
            (await HandleAsync(id, http, store, cancellationToken)).ToOk())
        .WithName("GetCustomer")
        .AllowRoles(Roles.Staff);

    /// <summary>The id of a customer who was merged into another answers with that one; <c>Content-Location</c> and <c>Crm-Merged-Into</c> say so.</summary>
    private static async Task<Result<CustomerResponse>> HandleAsync(Guid id, HttpContext http, CustomerStore store, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } row) return CustomerErrors.NotFound;
        if (row.Id != id)
        {
            http.Response.Headers.ContentLocation = $"/api/customer/v1/customers/{row.Id}";
            http.Response.Headers["Crm-Merged-Into"] = row.Id.ToString();
        }

        return CustomerResponse.From(row);
    }
}

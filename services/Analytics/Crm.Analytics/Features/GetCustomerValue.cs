using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>All scores of a customer.</summary>
internal static class GetCustomerValue
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/value", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetCustomerValue")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<CustomerValueResponse>> Handle(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await CustomerValueRow.FindAsync(id, unitOfWork, cancellationToken) is { } row ? CustomerValueResponse.Of(row) : AnalyticsErrors.NotScored;
}

using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Lists;

internal static class GetList
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/lists/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetList").WithSummary("One list").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<ListResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ListResponse.FindAsync(id, unitOfWork, cancellationToken) is { } list ? list : AudienceErrors.ListNotFound;
}

using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

internal static class GetCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCampaign").WithSummary("One campaign").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<CampaignResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign ? campaign : CampaignErrors.CampaignNotFound;
}

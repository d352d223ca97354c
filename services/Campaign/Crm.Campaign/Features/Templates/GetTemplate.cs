using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

internal static class GetTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/templates/{id:guid}", async (Guid id, UnitOfWork unitOfWork, TrackingTokens tokens, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, tokens, cancellationToken)).ToOk())
            .WithName("GetTemplate").WithSummary("The current text").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<TemplateResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TrackingTokens tokens, CancellationToken cancellationToken) =>
        await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is { } template ? template.ToResponse(tokens) : CampaignErrors.TemplateNotFound;
}

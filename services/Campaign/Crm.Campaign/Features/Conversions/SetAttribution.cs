using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Campaigns;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Conversions;

/// <param name="WindowDays">A purchase counts that long after the message was sent, or a person clicked in it.</param>
public sealed record AttributionRequest([property: Range(1, 365)] int WindowDays);

internal static class SetAttribution
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/campaigns/{id:guid}/attribution", async (Guid id, AttributionRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, cancellationToken)).ToOk())
            .WithName("SetAttribution").WithSummary("How long after a message a purchase counts for it").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, AttributionRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!(await DraftSettings.ChangeAsync(id, ifMatch.Version, unitOfWork, cancellationToken)).TryGet(out var campaign, out var error)) return error;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_attributions (campaign_id, window_days) VALUES (@id, @WindowDays)
            ON CONFLICT (campaign_id) DO UPDATE SET window_days = excluded.window_days
            """,
            new { id, request.WindowDays },
            cancellationToken);
        return campaign;
    }
}

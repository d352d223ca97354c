using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>Recipients who are still planned stay so: the statistics tell who was not written to.</summary>
internal static class CancelCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/cancel", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("CancelCampaign").WithSummary("Stops for good").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            UPDATE campaigns SET state = 'cancelled', version = version + 1, epoch = epoch + 1, finished_at = @now
            WHERE id = @id AND state IN ('draft', 'scheduled', 'sending', 'paused')
            RETURNING {CampaignResponse.Columns}
            """,
            new { id, now = time.GetUtcNow() },
            cancellationToken);
        if (changed is not null) return changed;
        return await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign
            ? CampaignErrors.WrongState(campaign.State, "a draft, scheduled, sending or paused")
            : CampaignErrors.CampaignNotFound;
    }
}

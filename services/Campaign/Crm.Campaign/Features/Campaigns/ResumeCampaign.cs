using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>The ledger knows who is still planned; the dispatcher sends their chunks anew, under the new epoch.</summary>
internal static class ResumeCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/resume", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("ResumeCampaign").WithSummary("Goes on where it was paused").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            UPDATE campaigns SET state = 'sending', version = version + 1, epoch = epoch + 1
            WHERE id = @id AND state = 'paused'
            RETURNING {CampaignResponse.Columns}
            """,
            new { id },
            cancellationToken);
        if (changed is not null) return changed;
        return await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign
            ? CampaignErrors.WrongState(campaign.State, "paused")
            : CampaignErrors.CampaignNotFound;
    }
}

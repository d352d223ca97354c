using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>Out of lists and calendar; ledger, receipts and figures stay.</summary>
internal static class ArchiveCampaign
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/campaigns/{id:guid}/archive", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, time.GetUtcNow(), unitOfWork, cancellationToken)).ToOk())
            .WithName("ArchiveCampaign").WithSummary("Takes a campaign that is over, or a draft, out of the lists").AllowRoles(Roles.Marketing);
        api.MapPost("/campaigns/{id:guid}/unarchive", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, null, unitOfWork, cancellationToken)).ToOk())
            .WithName("UnarchiveCampaign").WithSummary("Puts it back into the lists").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<CampaignResponse>> HandleAsync(Guid id, DateTimeOffset? at, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            UPDATE campaigns SET archived_at = @at, version = version + 1 WHERE id = @id AND (@at::timestamptz IS NULL OR state IN ('draft', 'cancelled', 'finished'))
            RETURNING {CampaignResponse.Columns}
            """,
            new { id, at },
            cancellationToken);
        if (changed is not null) return changed;
        return await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign
            ? CampaignErrors.WrongState(campaign.State, "a draft, cancelled or finished")
            : CampaignErrors.CampaignNotFound;
    }
}

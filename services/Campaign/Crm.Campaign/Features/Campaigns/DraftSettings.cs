using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>What settings in tables of their own have in common: they belong to the campaign's version and are fixed at the launch.</summary>
internal static class DraftSettings
{
    /// <summary>Counts the version up; the campaign as it is then.</summary>
    public static async Task<Result<CampaignResponse>> ChangeAsync(Guid id, long version, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"UPDATE campaigns SET version = version + 1 WHERE id = @id AND version = @version AND state = 'draft' RETURNING {CampaignResponse.Columns}",
            new { id, version },
            cancellationToken);
        if (changed is not null) return changed;
        return await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) switch
        {
            null => CampaignErrors.CampaignNotFound,
            { State: not "draft" } campaign => CampaignErrors.WrongState(campaign.State, "a draft"),
            _ => CampaignErrors.Stale,
        };
    }
}

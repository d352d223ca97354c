using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Delivery.Pacing;

public static class CampaignPacings
{
    /// <summary>The campaign's own, or <see cref="CampaignPacing.None"/>.</summary>
    public static async Task<CampaignPacing> FindAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<CampaignPacing>(
            $"SELECT {CampaignPacing.Columns} FROM campaign_pacing WHERE campaign_id = @campaignId", new { campaignId }, cancellationToken) ?? CampaignPacing.None;
}

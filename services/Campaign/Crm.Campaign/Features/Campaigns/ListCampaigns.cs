using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Campaigns;

internal static class ListCampaigns
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns", HandleAsync).WithName("ListCampaigns").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<CampaignResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<CampaignResponse>(
            $"SELECT {CampaignResponse.Columns} FROM campaigns WHERE (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<CampaignResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

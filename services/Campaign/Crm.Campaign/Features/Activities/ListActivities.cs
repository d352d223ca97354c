using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Activities;

internal static class ListActivities
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/activities", HandleAsync)
            .WithName("ListActivities").WithSummary("Newest first; of one campaign or one channel").AllowRoles(MarketingRights.Readers);
        api.MapGet("/activities/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await FindAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetActivity").WithSummary("With the sums of its results").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Result<ActivityResponse>> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken) is { } activity ? activity : ActivityErrors.NotFound;

    private static async Task<Ok<Page<ActivityResponse>>> HandleAsync(
        PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken, Guid? campaignId = null, string? channel = null)
    {
        var rows = await unitOfWork.QueryAsync<ActivityResponse>(
            $"""
            {ActivityResponse.Select}
            WHERE (@campaignId::uuid IS NULL OR a.campaign_id = @campaignId) AND (@channel::text IS NULL OR a.channel = @channel) AND (@before::uuid IS NULL OR a.id < @before)
            ORDER BY a.id DESC LIMIT @limit + 1
            """,
            new { campaignId, channel, before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ActivityResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

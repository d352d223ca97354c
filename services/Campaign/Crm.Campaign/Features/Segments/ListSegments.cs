using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Segments;

internal static class ListSegments
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments", HandleAsync).WithName("ListSegments").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<SegmentResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<SegmentRow>(
            $"SELECT {SegmentRow.Columns} FROM segments WHERE (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<SegmentResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

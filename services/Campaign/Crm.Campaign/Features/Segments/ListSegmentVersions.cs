using System.Text.Json;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Segments;

public sealed record SegmentVersionResponse(long Version, string Name, JsonElement Criteria, string ChangedBy, DateTimeOffset ChangedAt);

internal static class ListSegmentVersions
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments/{id:guid}/versions", HandleAsync).WithName("ListSegmentVersions").WithSummary("What it meant before, newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<SegmentVersionResponse>>> HandleAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT version, name, criteria::text AS criteria, changed_by, changed_at FROM segment_versions
            WHERE segment_id = @id AND (@before::bigint IS NULL OR version < @before) ORDER BY version DESC LIMIT @limit + 1
            """,
            new { id, before = page.After<CursorKey>()?.Version, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<SegmentVersionResponse>.From(
            [.. rows.Select(row => new SegmentVersionResponse(row.Version, row.Name, JsonSerializer.Deserialize<JsonElement>(row.Criteria), row.ChangedBy, row.ChangedAt))],
            page.Limit,
            row => new CursorKey(row.Version)));
    }

    private sealed record Row(long Version, string Name, string Criteria, string ChangedBy, DateTimeOffset ChangedAt);

    private sealed record CursorKey(long Version);
}

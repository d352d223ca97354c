using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Templates;

/// <param name="Languages">That it has a text in.</param>
public sealed record TemplateSummary(Guid Id, long Version, string Name, string Channel, string[] Languages, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt);

internal static class ListTemplates
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/templates", HandleAsync).WithName("ListTemplates").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Ok<Page<TemplateSummary>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<TemplateSummary>(
            """
            SELECT t.id, t.version, t.name, t.channel, ARRAY(SELECT jsonb_object_keys(v.contents) ORDER BY 1) AS languages, t.created_at, t.changed_at
            FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
            WHERE (@before::uuid IS NULL OR t.id < @before) ORDER BY t.id DESC LIMIT @limit + 1
            """,
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<TemplateSummary>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}

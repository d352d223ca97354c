using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

public sealed record TemplateVersionSummary(long Version, string[] Languages, string CreatedBy, DateTimeOffset CreatedAt, string? ApprovedBy, DateTimeOffset? ApprovedAt);

internal static class ListTemplateVersions
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/templates/{id:guid}/versions", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListTemplateVersions").WithSummary("Every text that was ever saved, newest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<Page<TemplateVersionSummary>>> HandleAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is null) return CampaignErrors.TemplateNotFound;
        var rows = await unitOfWork.QueryAsync<TemplateVersionSummary>(
            """
            SELECT version, ARRAY(SELECT jsonb_object_keys(contents) ORDER BY 1) AS languages, created_by, created_at, approved_by, approved_at
            FROM template_versions WHERE template_id = @id AND (@before::bigint IS NULL OR version < @before) ORDER BY version DESC LIMIT @limit + 1
            """,
            new { id, before = page.After<CursorKey>()?.Version, limit = page.Limit },
            cancellationToken);
        return Page<TemplateVersionSummary>.From(rows, page.Limit, row => new CursorKey(row.Version));
    }

    private sealed record CursorKey(long Version);
}

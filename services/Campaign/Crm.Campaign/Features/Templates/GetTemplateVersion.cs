using System.Text.Json;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

public sealed record TemplateVersionResponse(
    long Version, IReadOnlyDictionary<string, TemplateContent> Contents, IReadOnlyList<string> Links,
    string CreatedBy, DateTimeOffset CreatedAt, string? ApprovedBy, DateTimeOffset? ApprovedAt);

internal static class GetTemplateVersion
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/templates/{id:guid}/versions/{version:long}", async (Guid id, long version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await FindAsync(id, version, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetTemplateVersion").WithSummary("The text as it was").AllowRoles(MarketingRights.Readers);

    public static async Task<Result<TemplateVersionResponse>> FindAsync(Guid id, long version, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT version, contents::text AS contents, links, created_by, created_at, approved_by, approved_at
            FROM template_versions WHERE template_id = @id AND version = @version
            """,
            new { id, version },
            cancellationToken);
        return row is null
            ? CampaignErrors.VersionNotFound
            : new TemplateVersionResponse(
                row.Version, JsonSerializer.Deserialize<Dictionary<string, TemplateContent>>(row.Contents, JsonSerializerOptions.Web)!, row.Links,
                row.CreatedBy, row.CreatedAt, row.ApprovedBy, row.ApprovedAt);
    }

    private sealed record Row(
        long Version, string Contents, string[] Links, string CreatedBy, DateTimeOffset CreatedAt, string? ApprovedBy, DateTimeOffset? ApprovedAt);
}

using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <param name="Criteria">
/// See <c>GET /segment-fields</c>: <c>{all:[...]}</c>, <c>{any:[...]}</c>, <c>{not:{...}}</c>, <c>{segment:id}</c>, <c>{list:id}</c>,
/// <c>{field, op, value, of}</c>.
/// </param>
public sealed record SegmentRequest([property: Required, StringLength(200, MinimumLength = 1)] string Name, JsonElement Criteria);

public sealed record SegmentResponse(
    Guid Id, long Version, string Name, JsonElement Criteria, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt) : IVersioned;

/// <param name="Criteria">As asked: with the criteria of the segments that they name.</param>
/// <param name="Written">As saved by the marketer.</param>
internal sealed record SegmentRow(
    Guid Id, long Version, string Name, string Criteria, string Written, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt)
{
    public const string Columns = "id, version, name, coalesce(expanded, criteria)::text AS criteria, criteria::text AS written, created_by, created_at, changed_at";

    public SegmentResponse ToResponse() => new(Id, Version, Name, JsonSerializer.Deserialize<JsonElement>(Written), CreatedBy, CreatedAt, ChangedAt);

    public static Task<int> KeepVersionAsync(Guid id, string by, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO segment_versions (segment_id, version, name, criteria, changed_by, changed_at)
        SELECT id, version, name, criteria, @by, changed_at FROM segments WHERE id = @id
        """,
        new { id, by },
        cancellationToken);
}

internal static class MarketingRights
{
    /// <summary>Who may look at segments, templates, campaigns and their results.</summary>
    public static readonly string[] Readers = [.. Roles.Marketing, Roles.Analyst, Roles.Ops, Roles.SalesManager, Roles.Viewer];
}

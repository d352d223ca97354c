using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <param name="Criteria">See <c>GET /segment-fields</c>: <c>{all:[...]}</c>, <c>{any:[...]}</c>, <c>{not:{...}}</c>, <c>{field, op, value}</c>.</param>
public sealed record SegmentRequest([property: Required, StringLength(200, MinimumLength = 1)] string Name, JsonElement Criteria);

public sealed record SegmentResponse(
    Guid Id, long Version, string Name, JsonElement Criteria, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt) : IVersioned;

internal sealed record SegmentRow(
    Guid Id, long Version, string Name, string Criteria, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt)
{
    public const string Columns = "id, version, name, criteria::text AS criteria, created_by, created_at, changed_at";

    public SegmentResponse ToResponse() => new(Id, Version, Name, JsonSerializer.Deserialize<JsonElement>(Criteria), CreatedBy, CreatedAt, ChangedAt);
}

internal static class MarketingRights
{
    /// <summary>Who may look at segments, templates, campaigns and their results.</summary>
    public static readonly string[] Readers = [.. Roles.Marketing, Roles.Analyst, Roles.Ops, Roles.SalesManager, Roles.Viewer];
}

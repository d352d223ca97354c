using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Delivery.Templates;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Templates;

/// <summary>
/// One language. Merge fields: <c>{{displayName}}</c>, <c>{{firstName}}</c>, <c>{{city}}</c>, <c>{{points}}</c>, ...; blocks
/// <c>{{#if field}}</c>; links are tracked. Without <c>text</c> the plain text is made from the HTML.
/// </summary>
public sealed record TemplateText(
    [property: Required, StringLength(500, MinimumLength = 1)] string Subject,
    [property: Required, StringLength(200_000, MinimumLength = 1)] string Html,
    [property: StringLength(200_000)] string? Text = null);

/// <param name="Contents">By language, <c>id</c> and <c>en</c>; who has no text in their language gets Indonesian.</param>
public sealed record TemplateRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name, [property: Required] Dictionary<string, TemplateText> Contents)
{
    internal Dictionary<string, TemplateContent> ToContents() =>
        Contents.ToDictionary(pair => pair.Key, pair => new TemplateContent(pair.Value.Subject, pair.Value.Html, pair.Value.Text), StringComparer.Ordinal);
}

/// <param name="Links">Targets of the tracked links.</param>
public sealed record TemplateResponse(
    Guid Id, long Version, string Name, IReadOnlyDictionary<string, TemplateContent> Contents, IReadOnlyList<string> Links,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt) : IVersioned;

internal sealed record TemplateRow(
    Guid Id, long Version, string Name, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, string Contents, string Prepared, string[] Links)
{
    public static Task<TemplateRow?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<TemplateRow>(
            """
            SELECT t.id, t.version, t.name, t.created_by, t.created_at, t.changed_at, v.contents::text AS contents, v.prepared::text AS prepared, v.links
            FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version WHERE t.id = @id
            """,
            new { id },
            cancellationToken);

    /// <summary>Keeps the text as one more version of the template.</summary>
    public static Task AddVersionAsync(
        Guid id, long version, IReadOnlyDictionary<string, TemplateContent> contents, PreparedTemplate prepared, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            """
            INSERT INTO template_versions (template_id, version, contents, prepared, links)
            VALUES (@id, @version, @contents::jsonb, @prepared::jsonb, @links)
            """,
            new
            {
                id, version,
                contents = JsonSerializer.Serialize(contents, JsonSerializerOptions.Web),
                prepared = JsonSerializer.Serialize(prepared.Languages, JsonSerializerOptions.Web),
                links = prepared.Links.ToArray(),
            },
            cancellationToken);

    public PreparedTemplate ToPrepared() => new(JsonSerializer.Deserialize<Dictionary<string, PreparedContent>>(Prepared, JsonSerializerOptions.Web)!, Links);

    public TemplateResponse ToResponse() => new(
        Id, Version, Name, JsonSerializer.Deserialize<Dictionary<string, TemplateContent>>(Contents, JsonSerializerOptions.Web)!, Links, CreatedBy, CreatedAt, ChangedAt);
}

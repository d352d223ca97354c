using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Templates;

/// <summary>
/// One language. Merge fields: <c>{{displayName}}</c>, <c>{{firstName}}</c>, <c>{{city}}</c>, <c>{{points}}</c>, ...; blocks
/// <c>{{#if field}}</c>, <c>{{#segment "id"}}</c>, <c>{{#products 3}}</c>, <c>{{coupon "pool"}}</c>; links are tracked. E-mail has a subject and
/// either HTML or MJML, and without <c>text</c> the plain text is made from that; other channels have a text, and a subject where recipients see one.
/// </summary>
public sealed record TemplateText(
    [property: StringLength(500)] string? Subject = null,
    [property: StringLength(200_000)] string? Html = null,
    [property: StringLength(200_000)] string? Text = null,
    [property: StringLength(200_000)] string? Mjml = null);

/// <param name="Channel">email, sms, whatsapp, push, webhook, phone, post or pos; it stays what it is.</param>
/// <param name="Contents">By language, <c>id</c> and <c>en</c>; who has no text in their language gets Indonesian.</param>
public sealed record TemplateRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name, [property: Required] Dictionary<string, TemplateText> Contents,
    [property: Required] string Channel = TemplateChannel.Email)
{
    internal Dictionary<string, TemplateContent> ToContents() =>
        Contents.ToDictionary(pair => pair.Key, pair => new TemplateContent(pair.Value.Subject, pair.Value.Html, pair.Value.Text, pair.Value.Mjml), StringComparer.Ordinal);
}

/// <param name="Links">Targets of the tracked links.</param>
/// <param name="ApprovedBy">Who approved this version; null until somebody else than its author did.</param>
/// <param name="Sms">Of a short message, by language: what it costs with values of usual length; a long name may need a segment more.</param>
public sealed record TemplateResponse(
    Guid Id, long Version, string Name, string Channel, IReadOnlyDictionary<string, TemplateContent> Contents, IReadOnlyList<string> Links,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt,
    string? ApprovedBy = null, DateTimeOffset? ApprovedAt = null, IReadOnlyDictionary<string, SmsSize>? Sms = null) : IVersioned;

internal sealed record TemplateRow(
    Guid Id, long Version, string Name, string Channel, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, string Contents, string Prepared, string Needs, string[] Links,
    string WrittenBy, string? ApprovedBy, DateTimeOffset? ApprovedAt)
{
    public static Task<TemplateRow?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<TemplateRow>(
            """
            SELECT t.id, t.version, t.name, t.channel, t.created_by, t.created_at, t.changed_at, v.contents::text AS contents, v.prepared::text AS prepared, v.needs::text AS needs, v.links,
                v.created_by AS written_by, v.approved_by, v.approved_at
            FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version WHERE t.id = @id
            """,
            new { id },
            cancellationToken);

    /// <summary>Keeps the text as one more version of the template.</summary>
    public static Task AddVersionAsync(
        Guid id, long version, IReadOnlyDictionary<string, TemplateContent> contents, PreparedTemplate prepared, string writtenBy, DateTimeOffset now,
        UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            """
            INSERT INTO template_versions (template_id, version, contents, prepared, needs, links, created_by, created_at)
            VALUES (@id, @version, @contents::jsonb, @prepared::jsonb, @needs::jsonb, @links, @writtenBy, @now)
            """,
            new
            {
                id, version, writtenBy, now,
                contents = JsonSerializer.Serialize(contents, JsonSerializerOptions.Web),
                prepared = JsonSerializer.Serialize(prepared.Languages, JsonSerializerOptions.Web),
                needs = JsonSerializer.Serialize(prepared.Needs, JsonSerializerOptions.Web),
                links = prepared.Links.ToArray(),
            },
            cancellationToken);

    public PreparedTemplate ToPrepared() => new(JsonSerializer.Deserialize<Dictionary<string, PreparedContent>>(Prepared, JsonSerializerOptions.Web)!, Links)
    {
        Needs = JsonSerializer.Deserialize<TemplateNeeds>(Needs, JsonSerializerOptions.Web)!,
    };

    public TemplateResponse ToResponse(TrackingTokens tokens) => new(
        Id, Version, Name, Channel, JsonSerializer.Deserialize<Dictionary<string, TemplateContent>>(Contents, JsonSerializerOptions.Web)!, Links, CreatedBy, CreatedAt, ChangedAt,
        ApprovedBy, ApprovedAt, SmsSizes(Channel, ToPrepared(), tokens));

    /// <summary>What the text asks for has to be there: segments and pools of coupons. Null: all is.</summary>
    public static async Task<Error?> CheckNeedsAsync(TemplateNeeds needs, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (needs.Segments.Count > 0)
        {
            var found = await unitOfWork.QueryAsync<Guid>("SELECT id FROM segments WHERE id = ANY(@ids)", new { ids = needs.Segments.ToArray() }, cancellationToken);
            if (needs.Segments.Except(found).ToArray() is [var missing, ..]) return Error.Unprocessable("campaign.unknown_segment", $"There is no segment {missing}.", "contents");
        }

        var pools = await unitOfWork.QueryAsync<string>("SELECT name FROM coupon_pools WHERE name = ANY(@names)", new { names = needs.Coupons.ToArray() }, cancellationToken);
        return needs.Coupons.Except(pools).FirstOrDefault() is { } pool
            ? Error.Unprocessable("campaign.unknown_coupon_pool", $"There is no pool of coupons '{pool}'.", "contents")
            : null;
    }

    /// <summary>A short message that nobody would pay for is a mistake: what is too long in segments, or null.</summary>
    public static Error? CheckSegments(string channel, PreparedTemplate template, TrackingTokens tokens) =>
        SmsSizes(channel, template, tokens)?.FirstOrDefault(pair => pair.Value.Segments > TemplateChannel.MaxSegments) is { Key: { } language, Value: var size }
            ? Error.Unprocessable(
                "campaign.sms_too_long", $"The message takes {size.Segments} segments ({size.Encoding}); at most {TemplateChannel.MaxSegments} are sent.", $"contents.{language}.text")
            : null;

    public static IReadOnlyDictionary<string, SmsSize>? SmsSizes(string channel, PreparedTemplate template, TrackingTokens tokens) => channel != TemplateChannel.Sms
        ? null
        : template.Languages.ToDictionary(
            pair => pair.Key,
            pair => SmsSize.Of(new MessageTemplate(pair.Key, pair.Value, template.Needs).Render(Recipient.Example, tokens, Guid.Empty, template.Links.Count).Text));
}

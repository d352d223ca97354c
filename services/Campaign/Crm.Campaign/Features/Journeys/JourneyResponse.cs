using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <param name="Definition">Trigger, re-entry rule and nodes; see the README of the service.</param>
/// <param name="AudienceTag">A sales rep's journey is over the contacts with this tag; others have none.</param>
/// <param name="DailyLimit">A rep's messages per day, at most what was granted.</param>
public sealed record JourneyRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name, JsonElement Definition,
    [property: StringLength(100, MinimumLength = 1)] string? AudienceTag = null, [property: Range(1, 100_000)] int? DailyLimit = null);

/// <param name="State">draft, active, paused, ended.</param>
/// <param name="Definition">As last saved; activation publishes it.</param>
/// <param name="PublishedVersion">What new contacts follow.</param>
/// <param name="Owner">The sales rep whom it belongs to.</param>
public sealed record JourneyResponse(
    Guid Id, long Version, string Name, string State, JsonElement Definition, int? PublishedVersion, string? Owner, string? AudienceTag, int? DailyLimit,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, DateTimeOffset? ActivatedAt, DateTimeOffset? EndedAt) : IVersioned;

internal sealed record JourneyRow(
    Guid Id, long Version, string Name, string State, string Definition, int? Published, string? Owner, string? AudienceTag, int? DailyLimit,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, DateTimeOffset? ActivatedAt, DateTimeOffset? EndedAt)
{
    public const string Columns =
        "id, version, name, state, definition::text AS definition, published, owner, audience_tag, daily_limit, created_by, created_at, changed_at, activated_at, ended_at";

    public JourneyResponse ToResponse() => new(
        Id, Version, Name, State, JsonSerializer.Deserialize<JsonElement>(Definition), Published, Owner, AudienceTag, DailyLimit, CreatedBy, CreatedAt, ChangedAt,
        ActivatedAt, EndedAt);
}

/// <summary>Who may do what with journeys: marketing with all, a sales rep with his own, a sales manager sees and stops.</summary>
internal static class JourneyRights
{
    public static readonly string[] Writers = [.. Roles.Marketing, Roles.SalesRep];
    public static readonly string[] Stoppers = [.. Writers, Roles.SalesManager];
    public static readonly string[] Readers = [.. MarketingRights.Readers, Roles.SalesRep];
    public static readonly string[] Granters = [.. Roles.Marketing, Roles.SalesManager];

    /// <summary>Whose journeys the actor makes: null, marketing's.</summary>
    public static string? OwnerFor(Actor actor) => IsMarketing(actor) ? null : actor.Subject;

    /// <summary>The rep to whose journeys the actor's view is limited; null: to none.</summary>
    public static string? LimitedTo(Actor actor) => actor.Roles.Any(role => MarketingRights.Readers.Contains(role)) ? null : actor.Subject;

    /// <summary>A journey that the actor may see.</summary>
    public static async Task<JourneyRow?> FindAsync(Guid id, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ReadAsync(id, "", unitOfWork, cancellationToken) is { } row && (LimitedTo(actor) is not { } rep || row.Owner == rep) ? row : null;

    /// <summary>A journey that the actor may change, locked; another rep's is absent.</summary>
    public static async Task<JourneyRow?> FindOwnAsync(Guid id, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ReadAsync(id, " FOR NO KEY UPDATE", unitOfWork, cancellationToken) is { } row && (IsMarketing(actor) || row.Owner == actor.Subject) ? row : null;

    /// <summary>A journey that the actor may stop, not locked: the update waits for the batches that have begun.</summary>
    public static async Task<JourneyRow?> FindStoppableAsync(Guid id, Actor actor, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ReadAsync(id, "", unitOfWork, cancellationToken) is { } row && (IsMarketing(actor) || actor.Roles.Contains(Roles.SalesManager) || row.Owner == actor.Subject) ? row : null;

    private static bool IsMarketing(Actor actor) => actor.Roles.Any(role => Roles.Marketing.Contains(role));

    private static Task<JourneyRow?> ReadAsync(Guid id, string locking, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<JourneyRow>($"SELECT {JourneyRow.Columns} FROM journeys WHERE id = @id{locking}", new { id }, cancellationToken);
}

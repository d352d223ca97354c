using System.Text.Json;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>
/// The event log, newest first: by type (short or full name), by who caused it, by time, and by what it is about. Nothing indexes what events are
/// about: so many are read for a page, and where that was not enough the page is short and its cursor goes on from there.
/// </summary>
internal static class ListEvents
{
    private const int MostRead = 5_000;

    /// <param name="Actor">Subject of who caused it; null: not known.</param>
    public sealed record Item(Guid EventId, string Type, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string? Actor, JsonElement Payload);

    /// <param name="Type">Short or full name.</param>
    /// <param name="Actor">Subject.</param>
    /// <param name="About">Part of the payload as JSON: an id, a name, a number; 3 to 100 characters.</param>
    /// <param name="From">Recorded at or after it.</param>
    /// <param name="To">Recorded before it.</param>
    internal readonly record struct Filter(string? Type, string? Actor, string? About, DateTimeOffset? From, DateTimeOffset? To);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/events", async (PageRequest page, [AsParameters] Filter filter, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(page, filter, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListEvents")
        .AllowRoles(Roles.Analytics);

    private static async Task<Result<Page<Item>>> Handle(PageRequest page, Filter filter, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        string? fullName = null;
        if (filter.Type is not null && !EventLog.Types.TryGetValue(filter.Type, out fullName)) return AnalyticsErrors.UnknownEventType;
        if (filter.About is { Length: < 3 or > 100 }) return Error.Invalid("analytics.about_invalid", "about has 3 to 100 characters.", "about");

        var after = page.After<Position>();
        var read = $"""
            SELECT * FROM event_log
            WHERE (@fullName::text IS NULL OR type = @fullName)
            {(filter.Actor is null ? "" : "AND actor = @Actor")}
            {(filter.From is null ? "" : "AND recorded_at >= @From")}
            {(filter.To is null ? "" : "AND recorded_at < @To")}
            {(after is null ? "" : "AND (recorded_at, event_id) < (@recordedAt, @id)")}
            ORDER BY recorded_at DESC, event_id DESC
            """;
        var parameters = new
        {
            fullName, filter.Actor, filter.About, filter.From, filter.To, recordedAt = after?.RecordedAt, id = after?.Id, limit = page.Limit + 1, MostRead,
        };
        var rows = await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT event_id, type, occurred_at, recorded_at, actor, payload::text AS payload FROM ({read} LIMIT {(filter.About is null ? "@limit" : "@MostRead")}) walked
            {(filter.About is null ? "" : "WHERE position(lower(@About) IN lower(payload::text)) > 0")}
            ORDER BY recorded_at DESC, event_id DESC LIMIT @limit
            """,
            parameters,
            cancellationToken);
        var shown = Page<Row>.From(rows, page.Limit, row => new Position(row.RecordedAt, row.EventId));
        var next = shown.NextCursor;
        if (next is null && filter.About is not null)
        {
            // The last event that was read, if there may be more behind it.
            var last = await unitOfWork.QuerySingleOrDefaultAsync<Position>(
                $"SELECT recorded_at, event_id AS id FROM (SELECT recorded_at, event_id, row_number() OVER (ORDER BY recorded_at DESC, event_id DESC) AS n FROM ({read} LIMIT @MostRead) walked) r WHERE n = @MostRead",
                parameters,
                cancellationToken);
            if (last is not null) next = Cursor.Write(last);
        }

        return new Page<Item>(
            [.. shown.Items.Select(row => new Item(row.EventId, row.Type, row.OccurredAt, row.RecordedAt, row.Actor, JsonElement.Parse(row.Payload)))], next);
    }

    private sealed record Position(DateTimeOffset RecordedAt, Guid Id);

    private sealed record Row(Guid EventId, string Type, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string? Actor, string Payload);
}

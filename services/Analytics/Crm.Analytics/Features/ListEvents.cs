using System.Text.Json;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>The event log, newest first; by type (short or full name).</summary>
internal static class ListEvents
{
    public sealed record Item(Guid EventId, string Type, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, JsonElement Payload);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/events", async (PageRequest page, string? type, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(page, type, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListEvents")
        .AllowRoles(Roles.Analytics);

    private static async Task<Result<Page<Item>>> Handle(PageRequest page, string? type, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        string? fullName = null;
        if (type is not null && !EventLog.Types.TryGetValue(type, out fullName)) return AnalyticsErrors.UnknownEventType;

        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT event_id, type, occurred_at, recorded_at, payload::text AS payload FROM event_log
            WHERE (@fullName::text IS NULL OR type = @fullName)
            {(after is null ? "" : "AND (recorded_at, event_id) < (@recordedAt, @id)")}
            ORDER BY recorded_at DESC, event_id DESC LIMIT @limit
            """,
            new { fullName, recordedAt = after?.RecordedAt, id = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        var shown = Page<Row>.From(rows, page.Limit, row => new Position(row.RecordedAt, row.EventId));
        return new Page<Item>(
            [.. shown.Items.Select(row => new Item(row.EventId, row.Type, row.OccurredAt, row.RecordedAt, JsonElement.Parse(row.Payload)))], shown.NextCursor);
    }

    private sealed record Position(DateTimeOffset RecordedAt, Guid Id);

    private sealed record Row(Guid EventId, string Type, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string Payload);
}

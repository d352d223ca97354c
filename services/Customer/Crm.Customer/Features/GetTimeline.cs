using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>Everything that happened with a customer in any department, newest first.</summary>
internal static class GetTimeline
{
    internal sealed record Item(
        Guid EntryId, DateTimeOffset OccurredAt, string Kind, string SourceService, string SubjectRef, string SummaryKey,
        IReadOnlyDictionary<string, string> Args);

    internal sealed record Position(DateTimeOffset OccurredAt, Guid EntryId);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/timeline", async (Guid id, PageRequest page, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, page, store, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetTimeline")
        .AllowRoles(Roles.Staff);

    public static async Task<Result<Page<Item>>> HandleAsync(
        Guid customerId, PageRequest page, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!await store.ExistsAsync(customerId, cancellationToken)) return CustomerErrors.NotFound;

        customerId = await store.CurrentIdAsync(customerId, cancellationToken);
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT entry_id, occurred_at, kind, source_service, subject_ref, args::text AS args FROM timeline_entries
            WHERE customer_id = @customerId AND (@afterId::uuid IS NULL OR (occurred_at, entry_id) < (@afterAt::timestamptz, @afterId))
            ORDER BY occurred_at DESC, entry_id DESC LIMIT @limit
            """,
            new { customerId, afterAt = after?.OccurredAt, afterId = after?.EntryId, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Item>.From([.. rows.Select(row => row.ToItem())], page.Limit, item => new Position(item.OccurredAt, item.EntryId));
    }

    private sealed class Row
    {
        public Guid EntryId { get; init; }
        public DateTimeOffset OccurredAt { get; init; }
        public string Kind { get; init; } = "";
        public string SourceService { get; init; } = "";
        public string SubjectRef { get; init; } = "";
        public string Args { get; init; } = "{}";

        public Item ToItem() => new(
            EntryId, OccurredAt, Kind, SourceService, SubjectRef, "timeline." + Kind, JsonSerializer.Deserialize<Dictionary<string, string>>(Args)!);
    }
}

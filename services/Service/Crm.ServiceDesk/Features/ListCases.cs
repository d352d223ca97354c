using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Features.Sla;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>Cases by status, customer and breach, with their clocks: newest first, or those of which a clock runs, by when it is due.</summary>
internal static class ListCases
{
    /// <param name="NextDueAt">When the first of its running clocks is due.</param>
    /// <param name="IsBreached">A clock was not met; known within a sweep of when it was due.</param>
    public sealed record Item(
        Guid Id, string Number, Guid CustomerId, string Type, string Priority, string Status, string Subject, string? Assignee,
        DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, long Version, DateTimeOffset? NextDueAt, bool IsBreached)
    {
        public IReadOnlyList<ClockResponse> Clocks { get; init; } = [];
    }

    /// <summary>Names of enumerations begin with a small letter, as everywhere in the API; the table has those of the code.</summary>
    private const string Columns =
        """
        id, number, customer_id, lower(left(type, 1)) || substr(type, 2) AS type, lower(priority) AS priority, lower(status) AS status, subject, assignee, opened_at,
        resolved_at, version, next_due_at, is_breached
        """;

    private const string Filters =
        """
        (@Status::text IS NULL OR lower(status) = lower(@Status)) AND (@CustomerId::uuid IS NULL OR customer_id = @CustomerId)
        AND (@Breached::boolean IS NULL OR is_breached = @Breached)
        """;

    /// <param name="Sort"><c>newest</c> (unless given), or <c>due</c>: only cases of which a clock runs, the most overdue first.</param>
    internal sealed record Query(string? Status, Guid? CustomerId, bool? Breached, string? Sort);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/cases", async (PageRequest page, [AsParameters] Query query, UnitOfWork unitOfWork, CaseClockStore clocks, CancellationToken cancellationToken) =>
            (await Handle(page, query, unitOfWork, clocks, cancellationToken)).ToOk())
        .WithName("ListCases")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<Item>>> Handle(
        PageRequest page, Query query, UnitOfWork unitOfWork, CaseClockStore clocks, CancellationToken cancellationToken)
    {
        if (query.Status is not null && !Enum.TryParse<CaseStatus>(query.Status, ignoreCase: true, out _))
        {
            return Error.Invalid("service.unknown_status", $"'{query.Status}' is not a status of a case.", "status");
        }

        if (query.Sort is not (null or "newest" or "due")) return Error.Invalid("service.unknown_sort", "Cases are sorted by newest or due.", "sort");

        var found = query.Sort == "due"
            ? await ByDueAsync(page, query, unitOfWork, cancellationToken)
            : await NewestAsync(page, query, unitOfWork, cancellationToken);
        var read = await clocks.ReadAsync([.. found.Items.Select(item => item.Id)], cancellationToken);
        return found with { Items = [.. found.Items.Select(item => item with { Clocks = ClockResponse.Of(read.GetValueOrDefault(item.Id)) })] };
    }

    private static async Task<Page<Item>> NewestAsync(PageRequest page, Query query, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Item>(
            $"SELECT {Columns} FROM cases WHERE {Filters} AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit",
            new { query.Status, query.CustomerId, query.Breached, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Item>.From(rows, page.Limit, item => new Position(item.Id));
    }

    private static async Task<Page<Item>> ByDueAsync(PageRequest page, Query query, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<DuePosition>();
        var rows = await unitOfWork.QueryAsync<Item>(
            $"""
            SELECT {Columns} FROM cases
            WHERE {Filters} AND next_due_at IS NOT NULL AND (@afterId::uuid IS NULL OR (next_due_at, id) > (@afterDue, @afterId))
            ORDER BY next_due_at, id LIMIT @limit
            """,
            new { query.Status, query.CustomerId, query.Breached, afterId = after?.Id, afterDue = after?.DueAt ?? default, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Item>.From(rows, page.Limit, item => new DuePosition(item.NextDueAt!.Value, item.Id));
    }

    private sealed record Position(Guid Id);

    private sealed record DuePosition(DateTimeOffset DueAt, Guid Id);
}

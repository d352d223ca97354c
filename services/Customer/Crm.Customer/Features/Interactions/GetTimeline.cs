using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Interactions;

/// <summary>
/// Everything that happened with a customer in any department, newest first, as far as the reader may see it; narrowed by kinds (or their
/// beginnings: <c>case,message.opened</c>), services, time and words.
/// </summary>
internal static class GetTimeline
{
    private const int MaxWords = 20;
    private const int SearchedAtOnce = 500;

    internal sealed record Item(
        Guid EntryId, DateTimeOffset OccurredAt, string Kind, string SourceService, string SubjectRef, string SummaryKey,
        IReadOnlyDictionary<string, string> Args);

    internal sealed record Filter(string? Kinds = null, string? Services = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Q = null);

    internal sealed record Position(DateTimeOffset OccurredAt, Guid EntryId);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/timeline", async (
            Guid id, [AsParameters] Filter filter, PageRequest page, CustomerStore store, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await HandleAsync(id, filter, page, actor.Required, store, keys, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetTimeline")
        .AllowRoles(Roles.Staff);

    public static async Task<Result<Page<Item>>> HandleAsync(
        Guid customerId, Filter filter, PageRequest page, Actor reader, CustomerStore store, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var text = check.Text(filter.Q, "q", 200)?.ToLowerInvariant();
        var (kinds, services) = (Words(filter.Kinds, "kinds"), Words(filter.Services, "services"));
        if (check.Error is { } error) return error;
        if (!await store.ExistsAsync(customerId, cancellationToken)) return CustomerErrors.NotFound;

        // What is sealed the database cannot search: it is opened here, some hundred at a time, until there are enough that have the words.
        var (after, open, found) = (page.After<Position>(), keys.Open(), new List<Item>());
        var most = text is null ? page.Limit + 1 : Math.Max(page.Limit + 1, SearchedAtOnce);
        while (true)
        {
            var rows = await ReadAsync(after);
            var items = new List<Item>(rows.Count);
            foreach (var row in rows) items.Add(await row.OpenAsync(open, cancellationToken));
            found.AddRange(text is null ? items : items.Where(item => item.Args.Values.Any(value => value.Contains(text, StringComparison.OrdinalIgnoreCase))));
            if (found.Count > page.Limit || rows.Count < most) break;
            after = new Position(items[^1].OccurredAt, items[^1].EntryId);
        }

        return Page<Item>.From([.. found.Take(page.Limit + 1)], page.Limit, item => new Position(item.OccurredAt, item.EntryId));

        Task<IReadOnlyList<Row>> ReadAsync(Position? after) => unitOfWork.QueryAsync<Row>(
            $"""
            SELECT entry_id, occurred_at, kind, source_service, subject_ref, args::text AS args FROM timeline_entries
            WHERE customer_id = @customerId AND (@afterId::uuid IS NULL OR (occurred_at, entry_id) < (@afterAt::timestamptz, @afterId))
                AND {VisibleTo}
                AND (@kinds::text[] IS NULL OR kind = ANY(@kinds) OR split_part(kind, '.', 1) = ANY(@kinds))
                AND (@services::text[] IS NULL OR source_service = ANY(@services))
                AND (@From::timestamptz IS NULL OR occurred_at >= @From) AND (@To::timestamptz IS NULL OR occurred_at < @To)
                AND (@text::text IS NULL OR EXISTS (SELECT FROM jsonb_each_text(args) a WHERE position(@text IN lower(a.value)) > 0 OR a.value LIKE @Mark || '%'))
            ORDER BY occurred_at DESC, entry_id DESC LIMIT @most
            """,
            new
            {
                customerId, afterAt = after?.OccurredAt, afterId = after?.EntryId, most, kinds, services, text, Mark = SealedValue.Mark.ToString(),
                From = filter.From?.ToUniversalTime(), To = filter.To?.ToUniversalTime(), unit = "unit:" + reader.Unit, user = "user:" + reader.Subject,
            },
            cancellationToken);

        string[]? Words(string? list, string field) => list is null
            ? null
            : check.List(list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), field, MaxWords, 60);
    }

    /// <summary>The one condition of who sees what; <c>@unit</c> and <c>@user</c> are the reader's.</summary>
    internal const string VisibleTo = "(visibility IS NULL OR visibility = @unit OR visibility = @user)";

    private sealed class Row
    {
        public Guid EntryId { get; init; }
        public DateTimeOffset OccurredAt { get; init; }
        public string Kind { get; init; } = "";
        public string SourceService { get; init; } = "";
        public string SubjectRef { get; init; } = "";
        public string Args { get; init; } = "{}";

        public async Task<Item> OpenAsync(SubjectKeys.Reader open, CancellationToken cancellationToken)
        {
            var args = JsonSerializer.Deserialize<Dictionary<string, string>>(Args)!;
            foreach (var (name, value) in args.ToArray()) args[name] = (await open.TextAsync(value, EntryId, name, cancellationToken))!;
            return new Item(EntryId, OccurredAt, Kind, SourceService, SubjectRef, "timeline." + Kind, args);
        }
    }
}

using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;

namespace Crm.Customer.Features.Search;

/// <summary>
/// One box: <c>q</c> is a customer number, an e-mail address or its start, a phone number or its start in any notation, or (part of) a
/// name, also misspelt. Best first; without <c>q</c>, the newest first. <c>filter</c> (see <see cref="CustomerFilter"/>) and <c>view</c>, a saved
/// one, narrow the list.
/// </summary>
internal static class SearchCustomers
{
    private const int MaxQuery = 200;
    private const int MaxCount = 10_000;

    /// <summary>Customers of each kind of match that are ranked: what is behind them nobody pages to.</summary>
    private const int MaxCandidates = 500;

    /// <summary>The same where a filter then leaves some of them out.</summary>
    private const int MaxFilteredCandidates = 5_000;

    internal sealed class Item
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public string Number { get; init; } = "";
        public string DisplayName { get; init; } = "";
        public string? Email { get; init; }
        public string? Phone { get; init; }
        public string? City { get; init; }
        public string LifecycleStage { get; init; } = "";
        public IReadOnlyList<string> Tags { get; init; } = [];
        public DateTimeOffset RegisteredAt { get; init; }

        /// <summary>How well the customer matches, 0 to 10000; 0 without a query.</summary>
        public int Score { get; init; }
    }

    private sealed record Position(int Score, Guid Id);

    internal sealed record CountResponse(int Count, bool IsExact);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers", async (string? q, string? filter, Guid? view, PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await HandleAsync(q, filter, view, page, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("SearchCustomers")
            .AllowRoles(Roles.Staff);
        api.MapGet("/customers/count", async (string? q, string? filter, Guid? view, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await CountAsync(q, filter, view, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("CountCustomers")
            .AllowRoles(Roles.Staff);
    }

    private static async Task<Result<Page<Item>>> HandleAsync(
        string? q, string? filter, Guid? view, PageRequest page, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        var after = page.After<Position>();
        if (!(await SourceAsync(q, filter, view, unitOfWork, actor, cancellationToken)).TryGet(out var source, out var error)) return error;
        source.Parameters.AddDynamicParams(new { afterScore = after?.Score, afterId = after?.Id, limit = page.Limit + 1 });
        var rows = await unitOfWork.QueryAsync<Item>(
            source.IsRanked
                ? $"""
                   SELECT id, version, number, display_name, email, phone, city, lifecycle_stage, tags, registered_at, score FROM ({source.Sql}) m
                   WHERE @afterId::uuid IS NULL OR (score, id) < (@afterScore, @afterId) ORDER BY score DESC, id DESC LIMIT @limit
                   """
                : $"""
                   SELECT id, version, number, display_name, email, phone, city, lifecycle_stage, tags, registered_at, score FROM ({source.Sql}) m
                   WHERE id < coalesce(@afterId::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') ORDER BY id DESC LIMIT @limit
                   """,
            source.Parameters,
            cancellationToken);
        return Page<Item>.From(rows, page.Limit, row => new Position(row.Score, row.Id));
    }

    /// <summary>How many there are; from ten thousand on, only that there are at least as many.</summary>
    private static async Task<Result<CountResponse>> CountAsync(string? q, string? filter, Guid? view, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        if (!(await SourceAsync(q, filter, view, unitOfWork, actor, cancellationToken)).TryGet(out var source, out var error)) return error;
        source.Parameters.AddDynamicParams(new { most = MaxCount + 1 });
        var count = await unitOfWork.QuerySingleOrDefaultAsync<int>($"SELECT count(*)::int FROM (SELECT FROM ({source.Sql}) m LIMIT @most) n", source.Parameters, cancellationToken);
        return new CountResponse(Math.Min(count, MaxCount), count <= MaxCount);
    }

    private static async Task<Result<Source>> SourceAsync(string? q, string? filter, Guid? view, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        var parameters = new DynamicParameters();
        if (!CustomerFilter.Compile(filter, parameters).TryGet(out var condition, out var error)) return error;
        if (view is { } viewId)
        {
            if (await SavedViews.FindAsync(viewId, actor, unitOfWork, cancellationToken) is not { } saved) return CustomerErrors.ViewNotFound;
            if (!CustomerFilter.Compile(saved.FilterJson, parameters).TryGet(out var savedCondition, out error)) return error;
            condition = $"({condition}) AND ({savedCondition})";
            q ??= saved.Query;
        }

        if (!PlainText.TryClean(q, out var text)) return CustomerErrors.InvalidCharacters("q");
        if (text?.Length > MaxQuery) return CustomerErrors.TooLong("q", MaxQuery);
        if (text is null) return new Source($"SELECT c.*, 0 AS score FROM customers c WHERE c.trashed_at IS NULL AND c.merged_into IS NULL AND c.erased_at IS NULL AND ({condition})", false, parameters);

        var (candidates, argument) = CriterionOf(text);
        parameters.AddDynamicParams(new
        {
            text = text.ToLowerInvariant(), argument, behind = argument + Behind, number = "CUST-" + text.PadLeft(6, '0'),
            most = condition == "true" ? MaxCandidates : MaxFilteredCandidates,
        });
        // The best first, and each read by its key (LIMIT keeps the planner from another way): reading ends with the page, not with the candidates.
        return new Source(
            $"""
            SELECT c.*, k.score FROM (SELECT id, max(score) AS score FROM ({candidates}) AS f (id, score) GROUP BY id ORDER BY 2 DESC, 1 DESC) k, LATERAL (
                SELECT * FROM customers c WHERE c.id = k.id AND c.trashed_at IS NULL AND c.merged_into IS NULL AND c.erased_at IS NULL AND ({condition}) LIMIT 1) c
            """,
            true,
            parameters);
    }

    private sealed record Source(string Sql, bool IsRanked, DynamicParameters Parameters);

    /// <summary>The last character there is: what begins with a text lies between it and it with this behind.</summary>
    private const string Behind = "\U0010FFFF";

    /// <summary>
    /// SQL for what the query looks like: ids of candidates and how well each matches, a bounded number of them by indexes only (in the order of the
    /// index, because without one the planner may look for them in the table). The texts are constants of this file; what the user typed is only ever
    /// a parameter.
    /// </summary>
    private static (string Candidates, string Argument) CriterionOf(string text)
    {
        const string named = "SELECT id, score FROM customers_named(@text, @most)";
        if (text.StartsWith("CUST-", StringComparison.OrdinalIgnoreCase)) return ("SELECT id, 10000 FROM customers WHERE number = @argument", text.ToUpperInvariant());
        if (text.Contains('@', StringComparison.Ordinal))
        {
            return (
                """
                (SELECT id, CASE WHEN lower(email) = @argument THEN 10000 ELSE 5000 END FROM customers
                    WHERE lower(email) ~>=~ @argument AND lower(email) ~<~ @behind ORDER BY lower(email) USING ~<~ LIMIT @most)
                UNION ALL (SELECT customer_id, CASE WHEN normalised = @argument THEN 9000 ELSE 5000 END FROM contact_points
                    WHERE kind = 'email' AND normalised ~>=~ @argument AND normalised ~<~ @behind ORDER BY normalised USING ~<~ LIMIT @most)
                """,
                text.ToLowerInvariant());
        }

        if (PhoneNumber.PrefixOf(text) is { } prefix)
        {
            // Shops are called 212 Mart: digits may be part of a name too, but a number is meant more often.
            return (
                $"""
                (SELECT id, CASE WHEN phone = @argument THEN 10000 ELSE 5000 END FROM customers
                    WHERE phone ~>=~ @argument AND phone ~<~ @behind ORDER BY phone USING ~<~ LIMIT @most)
                UNION ALL (SELECT customer_id, CASE WHEN normalised = @argument THEN 9000 ELSE 3000 END FROM contact_points
                    WHERE kind = 'phone' AND normalised ~>=~ @argument AND normalised ~<~ @behind ORDER BY normalised USING ~<~ LIMIT @most)
                UNION ALL SELECT id, 10000 FROM customers WHERE number = @number
                UNION ALL SELECT id, least(score, 3000) FROM customers_named(@text, @most)
                """,
                prefix);
        }

        return (named, "");
    }

    internal static string Escape(string text) => text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_");
}

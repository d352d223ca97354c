using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>
/// One box: <c>q</c> is a customer number, an e-mail address or its start, a phone number or its start in any notation, or (part of) a
/// name, also misspelt. Best first; without <c>q</c>, the newest first.
/// </summary>
internal static class SearchCustomers
{
    private const int MaxQuery = 200;

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

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers", async (string? q, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(q, page, unitOfWork, cancellationToken)).ToOk())
        .WithName("SearchCustomers")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<Item>>> HandleAsync(string? q, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!PlainText.TryClean(q, out var text)) return CustomerErrors.InvalidCharacters("q");
        if (text?.Length > MaxQuery) return CustomerErrors.TooLong("q", MaxQuery);

        var criterion = CriterionOf(text);
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Item>(
            $"""
            SELECT id, version, number, display_name, email, phone, city, lifecycle_stage, tags, registered_at, score
            FROM (SELECT c.*, {criterion.Score} AS score FROM customers c WHERE c.merged_into IS NULL AND c.erased_at IS NULL AND ({criterion.Condition})) m
            WHERE @afterId::uuid IS NULL OR (score, id) < (@afterScore, @afterId)
            ORDER BY score DESC, id DESC LIMIT @limit
            """,
            new { text = text?.ToLowerInvariant(), part = $"%{Escape(text?.ToLowerInvariant() ?? "")}%", criterion.Argument, number = "CUST-" + text?.PadLeft(6, '0'), afterScore = after?.Score, afterId = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Item>.From(rows, page.Limit, row => new Position(row.Score, row.Id));
    }

    /// <summary>SQL for what the query looks like. The texts are constants of this file; what the user typed is only ever a parameter.</summary>
    private static (string Condition, string Score, string Argument) CriterionOf(string? text)
    {
        if (text is null) return ("true", "0", "");
        if (text.StartsWith("CUST-", StringComparison.OrdinalIgnoreCase)) return ("c.number = @Argument", "10000", text.ToUpperInvariant());
        if (text.Contains('@', StringComparison.Ordinal))
        {
            return ("lower(c.email) LIKE @Argument", "CASE WHEN lower(c.email) = @text THEN 10000 ELSE 5000 END", Escape(text.ToLowerInvariant()) + "%");
        }

        if (PhoneNumber.PrefixOf(text) is { } prefix)
        {
            // Shops are called 212 Mart: digits may be part of a name too.
            return (
                "c.phone LIKE @Argument OR c.number = @number OR lower(c.display_name) LIKE @part",
                "CASE WHEN c.phone || '%' = @Argument OR c.number = @number THEN 10000 WHEN c.phone LIKE @Argument THEN 5000 ELSE 3000 END",
                prefix + "%");
        }

        return (
            "lower(c.display_name) LIKE @part OR @text <% lower(c.display_name)",
            "(10000 * word_similarity(@text, lower(c.display_name)))::int",
            "");
    }

    private static string Escape(string text) => text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_");
}

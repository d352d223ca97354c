using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Accounts;

/// <summary>One account, the list of them, and the tree that one stands in.</summary>
internal static class ReadAccounts
{
    private const int MaxTree = 500;

    private sealed record Position(Guid Id);

    internal sealed class TreeItem
    {
        public Guid Id { get; init; }
        public Guid? ParentId { get; init; }
        public string DisplayName { get; init; } = "";
        public string Kind { get; init; } = "";

        /// <summary>Levels below the account asked for; negative above it.</summary>
        public int Level { get; init; }
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/accounts/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) => (await GetAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetAccount").AllowRoles(Roles.Staff);
        api.MapGet("/accounts", async (string? q, string? kind, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await ListAsync(q, kind, page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListAccounts").AllowRoles(Roles.Staff);
        api.MapGet("/accounts/{id:guid}/hierarchy", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) => (await TreeAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetAccountHierarchy").AllowRoles(Roles.Staff);
    }

    private static async Task<Result<AccountResponse>> GetAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await AccountRecord.FindAsync(id, unitOfWork, cancellationToken) is { } account ? account.ToResponse() : CustomerErrors.AccountNotFound;

    /// <summary>Newest first; <c>q</c> is part of a name, also misspelt.</summary>
    private static async Task<Result<Page<AccountResponse>>> ListAsync(string? q, string? kind, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var text = check.Text(q, "q", 200)?.ToLowerInvariant();
        if (kind is not null) kind = check.OneOf(kind, "kind", AccountRecord.Kinds);
        if (check.Error is { } error) return error;
        var part = text is null ? null : $"%{text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%";
        var rows = await AccountRecord.QueryAsync(
            $"""
            WHERE (@kind::text IS NULL OR kind = @kind) AND (@after::uuid IS NULL OR id < @after)
            {(text is null ? "" : "AND (lower(display_name) LIKE @part OR @text <% lower(display_name))")}
            ORDER BY id DESC LIMIT @limit
            """,
            new { kind, text, part, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
            unitOfWork,
            cancellationToken);
        return Page<AccountResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new Position(row.Id));
    }

    private static async Task<Result<TreeItem[]>> TreeAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<TreeItem>(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent_id, display_name, kind, 0 AS level FROM accounts WHERE id = @id
                UNION ALL
                SELECT a.id, a.parent_id, a.display_name, a.kind, above.level - 1 FROM accounts a JOIN above ON a.id = above.parent_id),
            below AS (
                SELECT id, parent_id, display_name, kind, 0 AS level FROM accounts WHERE id = @id
                UNION ALL
                SELECT a.id, a.parent_id, a.display_name, a.kind, below.level + 1 FROM accounts a JOIN below ON a.parent_id = below.id)
            SELECT * FROM above UNION SELECT * FROM below ORDER BY level, id LIMIT @MaxTree
            """,
            new { id, MaxTree },
            cancellationToken);
        return rows.Count == 0 ? CustomerErrors.AccountNotFound : rows.ToArray();
    }
}

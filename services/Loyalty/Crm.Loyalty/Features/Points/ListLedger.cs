using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Points;

/// <summary>Every movement of a member's points, newest first, each with its double entry.</summary>
internal static class ListLedger
{
    /// <param name="Points">Change of the available balance.</param>
    /// <param name="OccurredAt">When the purchase, return or redemption happened; <paramref name="PostedAt"/>, when it was written here.</param>
    /// <param name="RuleVersion">The earning rule that it was computed by.</param>
    public sealed record Item(
        Guid JournalId, string Kind, long Points, long AvailableAfter, long MemberVersion, string Reference, int? RuleVersion,
        DateTimeOffset OccurredAt, DateTimeOffset PostedAt, IReadOnlyList<Entry> Postings);

    public sealed record Entry(string Account, long Points);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/members/{id:guid}/ledger", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(id, page, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListLedger")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<Item>>> Handle(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT id, kind, points, available_after, member_version, source, source_id, rule_version, occurred_at, posted_at FROM journals
            WHERE member_id = @id AND (@after::bigint IS NULL OR member_version < @after) ORDER BY member_version DESC LIMIT @limit
            """,
            new { id, after = page.After<Position>()?.MemberVersion, limit = page.Limit + 1 },
            cancellationToken);
        if (rows.Count == 0 && !await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM members WHERE id = @id)", new { id }, cancellationToken))
        {
            return LoyaltyErrors.MemberNotFound;
        }

        var postings = (await unitOfWork.QueryAsync<PostingRow>(
            "SELECT journal_id, account, points FROM postings WHERE journal_id = ANY(@journals) ORDER BY points, account",
            new { journals = rows.Select(row => row.Id).ToArray() },
            cancellationToken)).ToLookup(posting => posting.JournalId, posting => new Entry(posting.Account, posting.Points));
        return Page<Item>.From([.. rows.Select(row => row.ToItem([.. postings[row.Id]]))], page.Limit, item => new Position(item.MemberVersion));
    }

    private sealed record Position(long MemberVersion);

    private sealed record PostingRow(Guid JournalId, string Account, long Points);

    private sealed record Row(
        Guid Id, string Kind, long Points, long AvailableAfter, long MemberVersion, string Source, string SourceId, int? RuleVersion,
        DateTimeOffset OccurredAt, DateTimeOffset PostedAt)
    {
        public Item ToItem(IReadOnlyList<Entry> postings) => new(
            Id, Kind, Points, AvailableAfter, MemberVersion, LedgerEntry.ReferenceOf(Kind, Source, SourceId), RuleVersion, OccurredAt, PostedAt, postings);
    }
}

using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Points;

/// <summary>
/// Recomputes every account from the postings and compares: cached balances, lots, and whether each journal sums to zero. All from one
/// snapshot, so it may run while points move.
/// </summary>
internal static class VerifyLedger
{
    // Properties, not parameters: Dapper finds no constructor for an array column.
    public sealed record Response
    {
        public long Members { get; init; }
        public long Journals { get; init; }

        /// <summary>Members whose cached state differs from the ledger or from their lots.</summary>
        public long Mismatches { get; init; }

        /// <summary>Journals without postings, or whose postings do not sum to zero or not to the change that the journal tells.</summary>
        public long UnbalancedJournals { get; init; }

        /// <summary>Lots that are not what was earned less what was taken from them.</summary>
        public long LotMismatches { get; init; }

        /// <summary>The first hundred.</summary>
        public Guid[] MismatchedMembers { get; init; } = [];
    }

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/ledger-verification", async (UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(unitOfWork, cancellationToken)).ToOk())
        .WithName("VerifyLedger")
        .AllowRoles(Roles.LoyaltyManager, Roles.Ops);

    private static async Task<Result<Response>> Handle(UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        (await unitOfWork.QuerySingleOrDefaultAsync<Response>(
            """
            WITH ledger AS (
                SELECT member_id,
                       coalesce(sum(points) FILTER (WHERE account = 'available'), 0) AS available,
                       coalesce(-sum(points) FILTER (WHERE account = 'debt'), 0) AS debt,
                       coalesce(-sum(points) FILTER (WHERE account IN ('issuance', 'reversed')), 0) AS lifetime_points
                FROM postings GROUP BY member_id
            ), left_in_lots AS (
                SELECT member_id, sum(remaining) AS remaining FROM lots GROUP BY member_id
            ), latest AS (
                SELECT member_id, max(member_version) AS version, count(*) AS journals FROM journals GROUP BY member_id
            ), mismatched AS (
                SELECT m.id FROM members m
                LEFT JOIN ledger l ON l.member_id = m.id LEFT JOIN left_in_lots r ON r.member_id = m.id LEFT JOIN latest v ON v.member_id = m.id
                WHERE (m.available, m.debt, m.lifetime_points) IS DISTINCT FROM (coalesce(l.available, 0), coalesce(l.debt, 0), coalesce(l.lifetime_points, 0))
                   OR m.available <> coalesce(r.remaining, 0)
                   OR m.version <> coalesce(v.version, 1) OR m.version <> 1 + coalesce(v.journals, 0)
            ), unbalanced AS (
                SELECT j.id FROM journals j LEFT JOIN postings p ON p.journal_id = j.id
                GROUP BY j.id HAVING coalesce(sum(p.points), 1) <> 0 OR coalesce(sum(p.points) FILTER (WHERE p.account = 'available'), 0) <> j.points
            ), wrong_lots AS (
                SELECT l.id FROM lots l LEFT JOIN lot_spendings s ON s.lot_id = l.id
                GROUP BY l.id HAVING l.points - l.settled - coalesce(sum(s.points), 0) <> l.remaining
            )
            SELECT (SELECT count(*) FROM members) AS members, (SELECT count(*) FROM journals) AS journals,
                   (SELECT count(*) FROM mismatched) AS mismatches, (SELECT count(*) FROM unbalanced) AS unbalanced_journals,
                   (SELECT count(*) FROM wrong_lots) AS lot_mismatches,
                   ARRAY(SELECT id FROM mismatched ORDER BY id LIMIT 100) AS mismatched_members
            """,
            null,
            cancellationToken))!;
}

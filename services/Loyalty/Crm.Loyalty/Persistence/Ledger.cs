using Crm.Loyalty.Contracts.Events.V1;
using Crm.Loyalty.Domain;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Persistence;

/// <summary>A journal with the business fact that it is written for.</summary>
/// <param name="Source">With <paramref name="SourceId"/> and the kind: its key for ever.</param>
/// <param name="OccurredAt">Of the fact.</param>
internal sealed record LedgerEntry(Guid Id, Journal Journal, string Source, string SourceId, DateTimeOffset OccurredAt, int? RuleVersion = null)
{
    public string Kind => KindName(Journal.Kind);

    public string Reference => ReferenceOf(Kind, Source, SourceId);

    public static string KindName(JournalKind kind) => kind switch
    {
        JournalKind.Earn => "earn",
        JournalKind.Reverse => "reverse",
        JournalKind.Adjust => "adjust",
        _ => "redeem",
    };

    public static string ReferenceOf(string kind, string source, string sourceId) => kind switch
    {
        "earn" => $"purchase:{source}:{sourceId}",
        "reverse" => $"return:{sourceId}",
        "adjust" => $"award:{source}:{sourceId}",
        _ => $"redemption:{source}:{sourceId}",
    };
}

/// <summary>
/// The members' accounts and the double entry behind them. A decision about points is made only under the lock of the member's row, so
/// that there is one at a time for each member.
/// </summary>
public sealed class Ledger(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    public const int MaxJournalsPerEvent = 500;
    private const string AccountColumns = "id AS member_id, customer_id, enrolled_at, available, debt, lifetime_points, version";

    internal Task<PointsAccount?> LockAsync(Guid memberId, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<PointsAccount>($"SELECT {AccountColumns} FROM members WHERE id = @memberId FOR UPDATE", new { memberId }, cancellationToken);

    /// <summary>The accounts of those customers who are members, locked in one order for everybody.</summary>
    internal async Task<Dictionary<Guid, PointsAccount>> LockByCustomerAsync(IEnumerable<Guid> customerIds, CancellationToken cancellationToken) =>
        (await unitOfWork.QueryAsync<PointsAccount>(
            $"SELECT {AccountColumns} FROM members WHERE customer_id = ANY(@customerIds) ORDER BY id FOR UPDATE",
            new { customerIds = customerIds.Distinct().ToArray() },
            cancellationToken)).ToDictionary(account => account.CustomerId);

    /// <summary>
    /// Writes the journals, in the order in which they were made, with their postings and the accounts after them, and tells the others.
    /// False, with nothing written, when the key of one of them is taken.
    /// </summary>
    internal async Task<bool> PostAsync(IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0) return true;
        var now = time.GetUtcNow();
        if (await InsertJournalsAsync(entries, now, cancellationToken) < entries.Count) return false;

        var postings = entries.SelectMany(entry => entry.Journal.Postings.Select(posting => (entry, posting))).ToList();
        await unitOfWork.ExecuteAsync(
            "INSERT INTO postings (journal_id, account, member_id, points) SELECT * FROM unnest(@journals, @accounts, @members, @points)",
            new
            {
                journals = postings.Select(row => row.entry.Id).ToArray(),
                accounts = postings.Select(row => row.posting.Account.ToString().ToLowerInvariant()).ToArray(),
                members = postings.Select(row => row.entry.Journal.After.MemberId).ToArray(),
                points = postings.Select(row => row.posting.Points).ToArray(),
            },
            cancellationToken);

        var accounts = entries.Select(entry => entry.Journal.After).GroupBy(account => account.MemberId).Select(same => same.MaxBy(account => account.Version)!).ToList();
        await unitOfWork.ExecuteAsync(
            """
            UPDATE members m SET available = a.available, debt = a.debt, lifetime_points = a.lifetime_points, version = a.version
            FROM unnest(@members, @available, @debts, @lifetime, @versions) AS a (id, available, debt, lifetime_points, version) WHERE m.id = a.id
            """,
            new
            {
                members = accounts.Select(account => account.MemberId).ToArray(),
                available = accounts.Select(account => account.Available).ToArray(),
                debts = accounts.Select(account => account.Debt).ToArray(),
                lifetime = accounts.Select(account => account.LifetimePoints).ToArray(),
                versions = accounts.Select(account => account.Version).ToArray(),
            },
            cancellationToken);

        foreach (var chunk in entries.Chunk(MaxJournalsPerEvent)) unitOfWork.Enqueue(new PointsPosted(ids.Next(), now, [.. chunk.Select(Posted)]));
        return true;
    }

    /// <summary>
    /// Takes the points that a journal took from the available balance out of lots: those that were earned on the given lines first, then the same
    /// purchase's others, then by what expires first, then the oldest.
    /// </summary>
    internal async Task TakeFromLotsAsync(LedgerEntry entry, string? firstSource, string? firstSourceId, int[] firstLines, CancellationToken cancellationToken)
    {
        var points = -entry.Journal.ChangeOf(LedgerAccount.Available);
        if (points == 0) return;
        var taken = await unitOfWork.QueryAsync<long>(
            """
            WITH queue AS (
                SELECT id, remaining, (sum(remaining) OVER (
                    ORDER BY CASE WHEN source = @firstSource::text AND source_id = @firstSourceId::text THEN CASE WHEN line = ANY(@firstLines) THEN 0 ELSE 1 END ELSE 2 END,
                             expires_at NULLS LAST, earned_at, id) - remaining)::bigint AS ahead
                FROM lots WHERE member_id = @memberId AND remaining > 0
            ), taken AS (
                UPDATE lots SET remaining = lots.remaining - LEAST(queue.remaining, @points - queue.ahead) FROM queue
                WHERE lots.id = queue.id AND queue.ahead < @points
                RETURNING lots.id, LEAST(queue.remaining, @points - queue.ahead) AS points
            )
            INSERT INTO lot_spendings (journal_id, lot_id, points) SELECT @journalId, id, points FROM taken RETURNING points
            """,
            new { memberId = entry.Journal.After.MemberId, journalId = entry.Id, points, firstSource, firstSourceId, firstLines },
            cancellationToken);
        if (taken.Sum() != points) throw new InvalidOperationException($"The lots of member {entry.Journal.After.MemberId} do not add up to the balance.");
    }

    private Task<int> InsertJournalsAsync(IReadOnlyList<LedgerEntry> entries, DateTimeOffset now, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO journals (id, member_id, kind, source, source_id, points, available_after, member_version, rule_version, occurred_at, posted_at)
        SELECT j.*, @now FROM unnest(@journals, @members, @kinds, @sources, @sourceIds, @points, @after, @versions, @rules, @occurred) AS j
        ON CONFLICT (source, source_id, line, kind) DO NOTHING
        """,
        new
        {
            now,
            journals = entries.Select(entry => entry.Id).ToArray(),
            members = entries.Select(entry => entry.Journal.After.MemberId).ToArray(),
            kinds = entries.Select(entry => entry.Kind).ToArray(),
            sources = entries.Select(entry => entry.Source).ToArray(),
            sourceIds = entries.Select(entry => entry.SourceId).ToArray(),
            points = entries.Select(entry => entry.Journal.ChangeOf(LedgerAccount.Available)).ToArray(),
            after = entries.Select(entry => entry.Journal.After.Available).ToArray(),
            versions = entries.Select(entry => entry.Journal.After.Version).ToArray(),
            rules = entries.Select(entry => entry.RuleVersion).ToArray(),
            occurred = entries.Select(entry => entry.OccurredAt.UtcDateTime).ToArray(),
        },
        cancellationToken);

    private static PostedJournal Posted(LedgerEntry entry) => new(
        entry.Id, entry.Journal.After.MemberId, entry.Journal.After.CustomerId, entry.Kind, entry.Journal.ChangeOf(LedgerAccount.Available),
        entry.Journal.After.Available, entry.Journal.After.Version, entry.Reference, entry.OccurredAt);
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Features.Points;

/// <summary>
/// Posts points that a campaign gives to members, a lot each. The award's id is the journal's key: whatever arrives again changes nothing. Who is no
/// member gets none, now or later.
/// </summary>
internal static class AwardPoints
{
    /// <summary>Source of the journals.</summary>
    public const string Source = "campaign";

    /// <summary>Points that no earning rule gave.</summary>
    private const int NoRule = 0;

    public static async Task Handle(PointsRequested message, UnitOfWork unitOfWork, Ledger ledger, Ids ids, CancellationToken cancellationToken)
    {
        var accounts = await ledger.LockByCustomerAsync(message.Awards.Select(award => award.CustomerId), cancellationToken);
        // Under the lock of the accounts: nobody posts them meanwhile.
        var posted = (await unitOfWork.QueryAsync<string>(
            "SELECT source_id FROM journals WHERE source = @Source AND kind = 'adjust' AND line = 0 AND source_id = ANY(@keys)",
            new { Source, keys = message.Awards.Select(award => award.AwardId.ToString()).ToArray() },
            cancellationToken)).ToHashSet(StringComparer.Ordinal);

        var entries = new List<LedgerEntry>(message.Awards.Count);
        foreach (var award in message.Awards.OrderBy(award => award.AwardId))
        {
            if (award.Points <= 0 || !accounts.TryGetValue(award.CustomerId, out var account) || !posted.Add(award.AwardId.ToString())) continue;
            var journal = account.Award(award.Points);
            accounts[award.CustomerId] = journal.After;
            entries.Add(new LedgerEntry(ids.Next(), journal, Source, award.AwardId.ToString(), message.OccurredAt));
        }

        if (!await ledger.PostAsync(entries, cancellationToken)) throw new InvalidOperationException("An award was posted without the lock of its account.");
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO lots (id, member_id, journal_id, source, source_id, line, points, settled, remaining, earned_at, rule_version)
            SELECT l.id, j.member_id, j.id, j.source, j.source_id, 0, l.points, l.settled, l.points - l.settled, j.occurred_at, @NoRule
            FROM unnest(@ids, @journals, @points, @settled) AS l (id, journal_id, points, settled) JOIN journals j ON j.id = l.journal_id
            """,
            new
            {
                NoRule,
                ids = entries.Select(_ => ids.Next()).ToArray(),
                journals = entries.Select(entry => entry.Id).ToArray(),
                points = entries.Select(entry => -entry.Journal.ChangeOf(Domain.LedgerAccount.Issuance)).ToArray(),
                settled = entries.Select(entry => entry.Journal.ChangeOf(Domain.LedgerAccount.Debt)).ToArray(),
            },
            cancellationToken);
    }
}

using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Features.Points;

/// <summary>
/// Posts the points of purchases (up to 500 at once) of those customers who were members when they bought. The basket earns as a whole;
/// its points are divided over the lines, a lot each. A return that came before its purchase is applied right after it.
/// </summary>
internal static class EarnPoints
{
    public static async Task Handle(
        IReadOnlyList<RecordedPurchase> purchases, UnitOfWork unitOfWork, Ledger ledger, Ids ids, CancellationToken cancellationToken)
    {
        var accounts = await ledger.LockByCustomerAsync(purchases.Select(purchase => purchase.CustomerId), cancellationToken);
        var members = purchases.Where(purchase => accounts.TryGetValue(purchase.CustomerId, out var account) && purchase.PurchasedAt >= account.EnrolledAt)
            .OrderBy(purchase => purchase.PurchasedAt).ThenBy(purchase => purchase.PurchaseId).ToList();
        if (members.Count == 0) return;

        var rules = await unitOfWork.QueryAsync<EarningRule>("SELECT currency, version, amount_per_point, effective_from FROM earning_rules", null, cancellationToken);
        var baskets = members.Select(purchase => Basket.Bought(EarningRule.InForce(rules, purchase.Currency, purchase.PurchasedAt), purchase.Total)).ToList();
        var opened = await OpenBasketsAsync(members, baskets, accounts, unitOfWork, cancellationToken);

        var entries = new List<LedgerEntry>(members.Count);
        var lots = new List<Lot>(members.Count * 2);
        foreach (var (purchase, basket) in members.Zip(baskets))
        {
            if (basket.Points == 0 || !opened.Remove(purchase.PurchaseId)) continue;
            var journal = accounts[purchase.CustomerId].Earn(basket.Points);
            var entry = new LedgerEntry(ids.Next(), journal, purchase.Source, purchase.SourceId, purchase.PurchasedAt, basket.Rule!.Version);
            accounts[purchase.CustomerId] = journal.After;
            entries.Add(entry);
            lots.AddRange(LotsOf(purchase, basket, entry, ids));
        }

        if (!await ledger.PostAsync(entries, cancellationToken))
        {
            throw new InvalidOperationException("A purchase has a journal, but no basket: its key was posted by something else.");
        }

        await InsertLotsAsync(lots, unitOfWork, cancellationToken);
        await ReversePoints.ApplyParkedAsync(members, unitOfWork, ledger, ids, cancellationToken);
    }

    /// <summary>What paid a debt is not there to be spent: it comes off the first lots.</summary>
    private static IEnumerable<Lot> LotsOf(RecordedPurchase purchase, Basket basket, LedgerEntry entry, Ids ids)
    {
        var settled = entry.Journal.ChangeOf(LedgerAccount.Debt);
        var parts = LargestRemainder.Allocate(basket.Points, [.. purchase.Lines.Select(line => line.Net)]);
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] == 0) continue;
            var paid = Math.Min(settled, parts[i]);
            settled -= paid;
            yield return new Lot(ids.Next(), entry, purchase.Lines[i].Line, parts[i], paid);
        }
    }

    /// <summary>The ids of the purchases that were not known before.</summary>
    private static async Task<HashSet<Guid>> OpenBasketsAsync(
        List<RecordedPurchase> purchases, List<Basket> baskets, Dictionary<Guid, PointsAccount> accounts, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var opened = await unitOfWork.QueryAsync<Guid>(
            """
            INSERT INTO baskets (purchase_id, member_id, source, source_id, purchased_at, currency, rule_version, net, points)
            SELECT * FROM unnest(@purchases, @members, @sources, @sourceIds, @purchasedAt, @currencies, @rules, @nets, @points)
            ON CONFLICT DO NOTHING RETURNING purchase_id
            """,
            new
            {
                purchases = purchases.Select(purchase => purchase.PurchaseId).ToArray(),
                members = purchases.Select(purchase => accounts[purchase.CustomerId].MemberId).ToArray(),
                sources = purchases.Select(purchase => purchase.Source).ToArray(),
                sourceIds = purchases.Select(purchase => purchase.SourceId).ToArray(),
                purchasedAt = purchases.Select(purchase => purchase.PurchasedAt.UtcDateTime).ToArray(),
                currencies = purchases.Select(purchase => purchase.Currency).ToArray(),
                rules = baskets.Select(basket => basket.Rule?.Version).ToArray(),
                nets = baskets.Select(basket => basket.Net).ToArray(),
                points = baskets.Select(basket => basket.Points).ToArray(),
            },
            cancellationToken);
        return [.. opened];
    }

    private static Task<int> InsertLotsAsync(List<Lot> lots, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO lots (id, member_id, journal_id, source, source_id, line, points, settled, remaining, earned_at, rule_version)
        SELECT l.id, j.member_id, j.id, j.source, j.source_id, l.line, l.points, l.settled, l.points - l.settled, j.occurred_at, j.rule_version
        FROM unnest(@ids, @journals, @lines, @points, @settled) AS l (id, journal_id, line, points, settled) JOIN journals j ON j.id = l.journal_id
        """,
        new
        {
            ids = lots.Select(lot => lot.Id).ToArray(),
            journals = lots.Select(lot => lot.Entry.Id).ToArray(),
            lines = lots.Select(lot => lot.Line).ToArray(),
            points = lots.Select(lot => lot.Points).ToArray(),
            settled = lots.Select(lot => lot.Settled).ToArray(),
        },
        cancellationToken);

    private sealed record Lot(Guid Id, LedgerEntry Entry, int Line, long Points, long Settled);
}

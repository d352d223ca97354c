using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Features.Points;

/// <summary>
/// Takes back what returned goods had earned: the points of the basket before, less what the rule of the day of the purchase gives for
/// what is left of it. A return whose purchase is not known is parked until the purchase comes (for a customer who was no member: for ever).
/// </summary>
internal static class ReversePoints
{
    public static async Task Handle(PurchaseReturned returned, UnitOfWork unitOfWork, Ledger ledger, Ids ids, CancellationToken cancellationToken)
    {
        // The member's lock comes first: purchase and return of one member never pass each other unseen.
        var accounts = await ledger.LockByCustomerAsync([returned.CustomerId], cancellationToken);
        var back = new Return
        {
            ReturnId = returned.ReturnId,
            PurchaseId = returned.PurchaseId,
            ReturnedAt = returned.ReturnedAt,
            TotalAfter = returned.PurchaseTotalAfter,
            Lines = [.. returned.Lines.Select(line => line.Line)],
        };
        if (accounts.TryGetValue(returned.CustomerId, out var account) && await ApplyAsync(account, back, unitOfWork, ledger, ids, cancellationToken)) return;

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO parked_returns (return_id, purchase_id, returned_at, total_after, lines)
            VALUES (@ReturnId, @PurchaseId, @ReturnedAt, @TotalAfter, @Lines) ON CONFLICT DO NOTHING
            """,
            back,
            cancellationToken);
    }

    /// <summary>Applies the returns that came before these purchases.</summary>
    public static async Task ApplyParkedAsync(
        IReadOnlyList<RecordedPurchase> purchases, UnitOfWork unitOfWork, Ledger ledger, Ids ids, CancellationToken cancellationToken)
    {
        var parked = await unitOfWork.QueryAsync<Return>(
            "DELETE FROM parked_returns WHERE purchase_id = ANY(@purchases) RETURNING return_id, purchase_id, returned_at, total_after, lines",
            new { purchases = purchases.Select(purchase => purchase.PurchaseId).ToArray() },
            cancellationToken);
        if (parked.Count == 0) return;

        var customers = purchases.DistinctBy(purchase => purchase.PurchaseId).ToDictionary(purchase => purchase.PurchaseId, purchase => purchase.CustomerId);
        foreach (var back in parked.OrderBy(back => back.ReturnedAt).ThenBy(back => back.ReturnId))
        {
            var accounts = await ledger.LockByCustomerAsync([customers[back.PurchaseId]], cancellationToken);
            await ApplyAsync(accounts[customers[back.PurchaseId]], back, unitOfWork, ledger, ids, cancellationToken);
        }
    }

    /// <summary>False when there is no such basket.</summary>
    private static async Task<bool> ApplyAsync(
        PointsAccount account, Return back, UnitOfWork unitOfWork, Ledger ledger, Ids ids, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<BasketRow>(
            """
            SELECT b.source, b.source_id, b.net, b.points, r.currency, r.version, r.amount_per_point, r.effective_from
            FROM baskets b LEFT JOIN earning_rules r ON r.currency = b.currency AND r.version = b.rule_version
            WHERE b.purchase_id = @PurchaseId AND b.member_id = @MemberId
            """,
            new { back.PurchaseId, account.MemberId },
            cancellationToken);
        if (row is null) return false;

        var basket = row.ToBasket().Return(back.TotalAfter, out var points);
        await unitOfWork.ExecuteAsync(
            "UPDATE baskets SET net = @Net, points = @Points WHERE purchase_id = @PurchaseId", new { basket.Net, basket.Points, back.PurchaseId }, cancellationToken);
        if (points == 0) return true;

        var entry = new LedgerEntry(ids.Next(), account.Reverse(points), "sales", back.ReturnId.ToString(), back.ReturnedAt, basket.Rule!.Version);
        if (!await ledger.PostAsync([entry], cancellationToken)) throw new InvalidOperationException($"Return {back.ReturnId} was posted before, but its basket does not know.");
        await ledger.TakeFromLotsAsync(entry, row.Source, row.SourceId, back.Lines, cancellationToken);
        return true;
    }

    // Properties, not parameters: Dapper finds no constructor for an array column.
    private sealed record Return
    {
        public Guid ReturnId { get; init; }
        public Guid PurchaseId { get; init; }
        public DateTimeOffset ReturnedAt { get; init; }
        public decimal TotalAfter { get; init; }
        public int[] Lines { get; init; } = [];
    }

    private sealed record BasketRow(
        string Source, string SourceId, decimal Net, long Points, string? Currency, int? Version, decimal? AmountPerPoint, DateTimeOffset? EffectiveFrom)
    {
        public Basket ToBasket() => new(
            Currency is null ? null : new EarningRule(Currency, Version!.Value, AmountPerPoint!.Value, EffectiveFrom!.Value), Net, Points);
    }
}

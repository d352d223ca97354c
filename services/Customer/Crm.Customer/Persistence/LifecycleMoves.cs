using System.Globalization;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Persistence;

/// <summary>Moves customers along their lifecycle, each move with its reason on the timeline.</summary>
public sealed class LifecycleMoves(UnitOfWork unitOfWork, CustomerStore store, Timeline timeline, TimeProvider time)
{
    internal Task<LifecycleRules> RulesAsync(CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<LifecycleRules>("SELECT loyal_purchases, loyal_days, at_risk_days, lapsed_days FROM lifecycle_rules", null, cancellationToken)!;

    /// <summary>Customers who have just bought.</summary>
    internal async Task AfterPurchasesAsync(Guid[] customerIds, DateTimeOffset occurredAt, CancellationToken cancellationToken)
    {
        var rules = await RulesAsync(cancellationToken);
        var now = time.GetUtcNow();
        var rows = await LockAsync("c.id = ANY(@customerIds)", "", new { customerIds }, cancellationToken);
        await MoveAsync(rows, row => Lifecycle.AfterPurchase(row.Stage, row.History, rules, now), occurredAt, cancellationToken);
    }

    /// <summary>
    /// One batch of those who have been silent for long, in the order of their ids; returns the last id, or null where nobody is left.
    /// </summary>
    internal async Task<(Guid? Last, int Moved)> AfterSilenceAsync(Guid after, int batch, CancellationToken cancellationToken)
    {
        var rules = await RulesAsync(cancellationToken);
        var now = time.GetUtcNow();
        var rows = await LockAsync(
            "c.id > @after AND c.lifecycle_stage = ANY(@stages) AND a.last_purchased_at <= @bound AND c.trashed_at IS NULL AND c.merged_into IS NULL AND c.erased_at IS NULL",
            "LIMIT @batch",
            new { after, stages = Lifecycle.Buying.ToArray(), bound = now.AddDays(-rules.AtRiskDays), batch },
            cancellationToken);
        var moved = await MoveAsync(rows, row => Lifecycle.AfterSilence(row.Stage, row.History, rules, now), now, cancellationToken);
        return (rows.Count == 0 ? null : rows[^1].Id, moved);
    }

    private Task<IReadOnlyList<Row>> LockAsync(string condition, string limit, object arguments, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Row>(
        $"""
        SELECT c.id, c.version, c.lifecycle_stage AS stage, a.purchase_count, a.first_purchased_at, a.last_purchased_at
        FROM customers c JOIN customer_activity a ON a.customer_id = c.id WHERE {condition} ORDER BY c.id {limit} FOR UPDATE OF c
        """,
        arguments,
        cancellationToken);

    private async Task<int> MoveAsync(IReadOnlyList<Row> rows, Func<Row, (string Stage, string Reason)> rule, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var moves = rows.Select(row => (Row: row, To: rule(row))).Where(move => move.To.Stage != move.Row.Stage).ToList();
        if (moves.Count == 0) return 0;
        await unitOfWork.ExecuteAsync(
            """
            UPDATE customers c SET lifecycle_stage = m.stage, version = c.version + 1, changed_at = @now
            FROM unnest(@ids, @stages) AS m (id, stage) WHERE c.id = m.id
            """,
            new { ids = moves.Select(move => move.Row.Id).ToArray(), stages = moves.Select(move => move.To.Stage).ToArray(), now = time.GetUtcNow() },
            cancellationToken);
        await timeline.AppendAsync(
            [
                .. moves.Select(move => TimelineEntry.Of(
                    move.Row.Id, at, "customer.lifecycle_changed", $"{move.Row.Id}:{move.To.Stage}:{move.Row.Version + 1}", "customer", $"customer:{move.Row.Id}",
                    ("from", move.Row.Stage), ("to", move.To.Stage), ("reason", move.To.Reason), ("purchases", move.Row.PurchaseCount.ToString(CultureInfo.InvariantCulture)),
                    ("lastPurchasedAt", move.Row.LastPurchasedAt.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)))),
            ],
            cancellationToken);
        await store.PublishChangedAsync([.. moves.Select(move => move.Row.Id)], cancellationToken);
        return moves.Count;
    }

    private sealed class Row
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public string Stage { get; init; } = "";
        public int PurchaseCount { get; init; }
        public DateTimeOffset FirstPurchasedAt { get; init; }
        public DateTimeOffset LastPurchasedAt { get; init; }

        public BuyingHistory History => new(PurchaseCount, FirstPurchasedAt, LastPurchasedAt);
    }
}

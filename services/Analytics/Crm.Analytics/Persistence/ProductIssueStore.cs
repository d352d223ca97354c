using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Models.Signals;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>Weekly events and exposure of a product, oldest first, the last week ending with the day of the scan.</summary>
internal sealed record ProductStream(string Sku, string Name, RatePeriod[] Weeks);

/// <summary>A row of <c>product_issues</c>.</summary>
internal sealed record ProductIssueRow(
    Guid Id, string Sku, string Signal, string State, DateOnly BeganOn, long Events, double Expected, double RateRatio, double RatioLow, double RatioHigh,
    double Score, double ScoreLimit, double P, string? Lot, double? LotP, string[] Reasons, string FormulaVersion, DateTimeOffset RaisedAt,
    DateTimeOffset? ClosedAt, string? ClosedBy, string? ClosedReason)
{
    public const string Columns =
        """
        id, sku, signal, state, began_on, events, expected, rate_ratio, ratio_low, ratio_high, score, score_limit, p, lot, lot_p, reasons, formula_version,
        raised_at, closed_at, closed_by, closed_reason
        """;
}

internal sealed class ProductIssueStore(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    public const string FormulaVersion = "product-issues/1";
    public const string Returns = "returns";
    public const string Complaints = "complaints";
    public const int Weeks = 2 * RateStream.BaselinePeriods;

    /// <summary>Units of the last four weeks can come back in a week.</summary>
    public const int AgeWindowWeeks = 4;

    private const double LotLevel = 0.05;

    /// <summary>Products that sold in the last year, with their weeks; exposure is the mean of the units sold over the age window.</summary>
    public async Task<IReadOnlyList<ProductStream>> StreamsAsync(string signal, DateOnly asOf, string? sku, CancellationToken cancellationToken)
    {
        var from = asOf.AddDays(-7 * (Weeks + AgeWindowWeeks));
        var sold = await unitOfWork.QueryAsync<SoldRow>(
            """
            SELECT sku, max(product_name) AS name, ((@asOf::date - day) / 7)::int AS ago, sum(quantity)::float8 AS units
            FROM basket_lines WHERE day > @from AND day <= @asOf AND (@sku::text IS NULL OR sku = @sku) GROUP BY sku, ago
            """,
            new { asOf, from, sku }, cancellationToken);
        var events = await unitOfWork.QueryAsync<EventRow>(
            signal == Returns
                ? "SELECT sku, ((@asOf::date - day) / 7)::int AS ago, count(*) AS events FROM returned_lines WHERE day > @from AND day <= @asOf AND (@sku::text IS NULL OR sku = @sku) GROUP BY sku, ago"
                : """
                  SELECT sku, ((@asOf::date - day) / 7)::int AS ago, count(*) AS events FROM feedback
                  WHERE sku IS NOT NULL AND label = 'negative' AND day > @from AND day <= @asOf AND (@sku::text IS NULL OR sku = @sku) GROUP BY sku, ago
                  """,
            new { asOf, from, sku }, cancellationToken);
        var counted = events.ToDictionary(row => (row.Sku, row.Ago), row => row.Events);
        return
        [
            .. sold.GroupBy(row => row.Sku).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
            {
                var units = new double[Weeks + AgeWindowWeeks];
                foreach (var row in group) units[units.Length - 1 - row.Ago] = row.Units;
                return new ProductStream(group.Key, group.First().Name,
                [
                    .. Enumerable.Range(0, Weeks).Select(week => new RatePeriod(
                        counted.GetValueOrDefault((group.Key, Weeks - 1 - week)), units.AsSpan(week + 1, AgeWindowWeeks).ToArray().Average())),
                ]);
            }),
        ];
    }

    /// <summary>The lot whose returns stand out, and why customers gave the product back since a day.</summary>
    public async Task<(ScanCluster? Lot, string[] Reasons)> ExplainAsync(string sku, DateOnly since, DateOnly asOf, CancellationToken cancellationToken)
    {
        var lots = await unitOfWork.QueryAsync<LotRow>(
            """
            SELECT b.lot, sum(b.quantity)::float8 AS units,
                (SELECT count(*) FROM returned_lines r JOIN basket_lines o ON o.purchase_id = r.purchase_id AND o.line = r.line
                 WHERE o.sku = @sku AND o.lot = b.lot AND r.day >= @since AND r.day <= @asOf) AS events
            FROM basket_lines b WHERE b.sku = @sku AND b.lot IS NOT NULL AND b.day > @from AND b.day <= @asOf GROUP BY b.lot ORDER BY b.lot LIMIT 2000
            """,
            new { sku, since, asOf, from = since.AddDays(-7 * AgeWindowWeeks) }, cancellationToken);
        var reasons = await unitOfWork.QueryAsync<string>(
            "SELECT reason FROM returned_lines WHERE sku = @sku AND day >= @since AND day <= @asOf AND reason <> '' GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 5",
            new { sku, since, asOf }, cancellationToken);
        var cluster = ClusterScan.Strongest([.. lots.Select(lot => new ScanCell(lot.Lot, lot.Events, lot.Units))], seed: 1);
        return (cluster is { P: <= LotLevel } ? cluster : null, [.. reasons]);
    }

    /// <summary>Stores the issue and announces it, unless one is open for the product and signal.</summary>
    public async Task<bool> RaiseAsync(
        Guid scan, ProductStream stream, string signal, DateOnly beganOn, RateAlarm alarm, ScanCluster? lot, string[] reasons, CancellationToken cancellationToken)
    {
        var (id, now) = (ids.Next(), time.GetUtcNow());
        var stored = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO product_issues (id, sku, signal, state, began_on, events, expected, rate_ratio, ratio_low, ratio_high, score, score_limit, p, lot, lot_p,
                reasons, formula_version, scan_id, raised_at)
            VALUES (@id, @Sku, @signal, 'open', @beganOn, @Events, @Expected, @RateRatio, @RatioLow, @RatioHigh, @Score, @Limit, @P, @lotKey, @lotP,
                @reasons, @FormulaVersion, @scan, @now)
            ON CONFLICT (sku, signal) WHERE state = 'open' DO NOTHING
            """,
            new
            {
                id, stream.Sku, signal, beganOn, alarm.Events, alarm.Expected, alarm.RateRatio, alarm.RatioLow, alarm.RatioHigh, alarm.Score, alarm.Limit, alarm.P,
                lotKey = lot?.Key, lotP = lot?.P, reasons, FormulaVersion, scan, now,
            },
            cancellationToken);
        if (stored == 0) return false;
        unitOfWork.Enqueue(new ProductIssueSuspected(
            ids.Next(), now, id, stream.Sku, stream.Name, signal, beganOn, alarm.Events, alarm.Expected, alarm.RateRatio, alarm.RatioLow, alarm.RatioHigh, lot?.Key, reasons));
        return true;
    }

    private sealed record SoldRow(string Sku, string Name, int Ago, double Units);

    private sealed record EventRow(string Sku, int Ago, long Events);

    private sealed record LotRow(string Lot, double Units, long Events);
}

using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>How many customers are in each cell of RFM: 125 cells, or 25 of recency by value (the mean of F and M, rounded half up).</summary>
internal static class GetRfmGrid
{
    public sealed record Response(string Currency, int Cells, long Customers, IReadOnlyList<Cell> Occupied);

    /// <param name="Frequency">Null in the grid of 25.</param>
    /// <param name="Monetary">Null in the grid of 25.</param>
    /// <param name="Value">(F + M) / 2; null in the grid of 125.</param>
    public sealed record Cell(int Recency, int? Frequency, int? Monetary, int? Value, RfmSegment Segment, long Customers, decimal NetSpend, decimal Clv);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/rfm-grid", async (int? cells, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(cells ?? 25, currency, features, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetRfmGrid")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(int cells, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (cells is not (25 or 125)) return AnalyticsErrors.UnknownGrid;
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        currency ??= await features.MainCurrencyAsync(cancellationToken);
        if (currency is null) return AnalyticsErrors.NoPurchases;

        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT recency_score, frequency_score, monetary_score, count(*) AS customers, sum(net_spend) AS net_spend, sum(clv) AS clv
            FROM customer_scores WHERE currency = @currency
            GROUP BY recency_score, frequency_score, monetary_score ORDER BY recency_score DESC, frequency_score DESC, monetary_score DESC
            """,
            new { currency },
            cancellationToken);
        return new Response(currency, cells, rows.Sum(row => row.Customers), cells == 125 ? [.. rows.Select(ByThree)] : ByTwo(rows));
    }

    private static Cell ByThree(Row row) => new(
        row.RecencyScore, row.FrequencyScore, row.MonetaryScore, null, Rfm.SegmentOf(row.Score), row.Customers, row.NetSpend, row.Clv);

    private static IReadOnlyList<Cell> ByTwo(IReadOnlyList<Row> rows) =>
    [
        .. rows.GroupBy(row => (row.RecencyScore, Value: (row.FrequencyScore + row.MonetaryScore + 1) / 2))
            .OrderByDescending(cell => cell.Key)
            .Select(cell => new Cell(
                cell.Key.RecencyScore, null, null, cell.Key.Value, Rfm.SegmentOf(cell.First().Score), cell.Sum(row => row.Customers),
                cell.Sum(row => row.NetSpend), cell.Sum(row => row.Clv))),
    ];

    private sealed record Row(int RecencyScore, int FrequencyScore, int MonetaryScore, long Customers, decimal NetSpend, decimal Clv)
    {
        public RfmScore Score => new(RecencyScore, FrequencyScore, MonetaryScore);
    }
}

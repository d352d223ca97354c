using System.Runtime.CompilerServices;
using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.ServiceDefaults.Postgres;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Analytics.Persistence;

/// <summary>Reads what the purchase days add up to as of a date.</summary>
internal sealed class FeatureQueries(UnitOfWork unitOfWork, BusinessCalendar calendar, IOptions<AnalyticsOptions> options)
{
    private const int LongQuerySeconds = 600;

    private const string Columns =
        """
        c.customer_id, count(d.day)::int AS purchase_days, min(d.day) AS first_day, max(d.day) AS last_day,
        coalesce(sum(d.net_revenue), 0) AS net_total, (array_agg(d.net_revenue ORDER BY d.day))[1] AS first_day_net,
        (count(d.day) FILTER (WHERE d.day >= @windowFrom))::int AS window_purchase_days,
        coalesce(sum(d.net_revenue) FILTER (WHERE d.day >= @windowFrom), 0) AS window_net
        """;

    private const string PurchaseDaysOf =
        "LEFT JOIN purchase_days d ON d.customer_id = c.customer_id AND d.currency = @currency AND d.day <= @asOf AND d.orders > 0";

    /// <summary>The currency of most customers; null while nobody has bought.</summary>
    public Task<string?> MainCurrencyAsync(CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<string>(
        "SELECT currency FROM customers GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1", null, cancellationToken);

    /// <summary>Last day of the current observation, by configuration; null without purchases.</summary>
    public async Task<DateOnly?> CurrentAsOfAsync(string currency, CancellationToken cancellationToken)
    {
        var last = await unitOfWork.QuerySingleOrDefaultAsync<DateOnly?>(
            "SELECT day FROM purchase_days WHERE currency = @currency AND orders > 0 ORDER BY day DESC LIMIT 1", new { currency }, cancellationToken);
        if (last is null) return null;
        return options.Value.AsOf == AsOfDate.Now ? calendar.Today : last.Value.AddDays(1);
    }

    public Task<long> CountAsync(string currency, DateOnly asOf, CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<long>(
        "SELECT count(*) FROM customers WHERE currency = @currency AND first_purchase_day <= @asOf", new { currency, asOf }, cancellationToken);

    public Task<DateOnly?> FirstDayAsync(string currency, CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<DateOnly?>(
        "SELECT min(first_day) FROM purchase_histogram WHERE currency = @currency AND customers > 0", new { currency }, cancellationToken);

    /// <summary>
    /// The sufficient statistics as of a date, from the histogram that every event keeps up: no purchase is read. Null where anybody has
    /// bought after the date, since then the histogram knows too much.
    /// </summary>
    public async Task<PurchaseHistogram?> HistogramAsync(string currency, DateOnly asOf, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Cell>(
            """
            SELECT frequency, first_day, last_day, sum(customers)::bigint AS customers FROM purchase_histogram WHERE currency = @currency
            GROUP BY frequency, first_day, last_day HAVING sum(customers) > 0
            """,
            new { currency }, cancellationToken);
        return rows.Any(row => row.LastDay > asOf) ? null : PurchaseHistogram.OfCounts(rows.Select(row => (
            new PurchaseHistory(row.Frequency, (row.LastDay.DayNumber - row.FirstDay.DayNumber) / 7.0, (asOf.DayNumber - row.FirstDay.DayNumber) / 7.0), row.Customers)));
    }

    /// <summary>(x, z) of repeat buyers who spent something, as they stand.</summary>
    public async Task<IReadOnlyList<RepeatSpend>> RepeatSpendsAsync(string currency, CancellationToken cancellationToken) => [.. (await unitOfWork.QueryAsync<SpendRow>(
        """
        SELECT purchase_days - 1 AS frequency, ((net_total - first_net) / (purchase_days - 1))::float8 AS mean_value
        FROM customer_features WHERE currency = @currency AND purchase_days > 1 AND net_total > first_net
        """,
        new { currency }, cancellationToken)).Select(row => new RepeatSpend(row.Frequency, row.MeanValue))];

    /// <summary>All customers who had bought by the date.</summary>
    public async IAsyncEnumerable<CustomerFeatures> AllAsync(string currency, DateOnly asOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"SELECT {Columns.Replace("@windowFrom", "'-infinity'", StringComparison.Ordinal)} FROM customers c {PurchaseDaysOf} WHERE c.currency = @currency GROUP BY c.customer_id HAVING count(d.day) > 0",
            connection)
        { CommandTimeout = LongQuerySeconds, Parameters = { new("currency", currency), new("asOf", asOf) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new CustomerFeatures(
                reader.GetGuid(0), reader.GetInt32(1), reader.GetFieldValue<DateOnly>(2), reader.GetFieldValue<DateOnly>(3), reader.GetDecimal(4),
                reader.GetDecimal(5), reader.GetInt32(6), reader.GetDecimal(7));
        }
    }

    /// <summary>The next customers by id. <c>LastId</c> is null when there are no more; those who returned everything are passed over.</summary>
    public async Task<(IReadOnlyList<CustomerFeatures> Features, Guid? LastId)> BatchAsync(
        string currency, DateOnly asOf, DateOnly windowFrom, Guid after, int limit, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM (
                SELECT customer_id FROM customers WHERE currency = @currency AND first_purchase_day <= @asOf AND customer_id > @after
                ORDER BY customer_id LIMIT @limit) c {PurchaseDaysOf}
            GROUP BY c.customer_id ORDER BY c.customer_id
            """,
            new { currency, asOf, windowFrom, after, limit },
            cancellationToken);
        return (ToFeatures(rows), rows.Count == 0 ? null : rows[^1].CustomerId);
    }

    public async Task<IReadOnlyList<CustomerFeatures>> OfAsync(
        IReadOnlyList<Guid> customers, string currency, DateOnly asOf, DateOnly windowFrom, CancellationToken cancellationToken) =>
        ToFeatures(await unitOfWork.QueryAsync<Row>(
            $"SELECT {Columns} FROM unnest(@customers) AS c (customer_id) {PurchaseDaysOf} GROUP BY c.customer_id",
            new { customers = customers.ToArray(), currency, asOf, windowFrom },
            cancellationToken));

    private static CustomerFeatures[] ToFeatures(IEnumerable<Row> rows) =>
    [
        .. rows.Where(row => row.PurchaseDays > 0).Select(row => new CustomerFeatures(
            row.CustomerId, row.PurchaseDays, row.FirstDay!.Value, row.LastDay!.Value, row.NetTotal, row.FirstDayNet!.Value, row.WindowPurchaseDays, row.WindowNet)),
    ];

    private sealed record SpendRow(int Frequency, double MeanValue);

    private sealed record Cell(int Frequency, DateOnly FirstDay, DateOnly LastDay, long Customers);

    private sealed record Row(
        Guid CustomerId, int PurchaseDays, DateOnly? FirstDay, DateOnly? LastDay, decimal NetTotal, decimal? FirstDayNet, int WindowPurchaseDays, decimal WindowNet);
}

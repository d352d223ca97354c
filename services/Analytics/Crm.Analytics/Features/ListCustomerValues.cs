using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>Customers ranked by a score; best first unless asked otherwise.</summary>
internal static class ListCustomerValues
{
    /// <summary>What can be sorted by; each has an index with the customer's id.</summary>
    private static readonly Dictionary<string, (string Sql, Func<CustomerValueRow, double> Of)> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["clv"] = ("(clv::float8)", row => (double)row.Clv),
        ["pAlive"] = ("p_alive", row => row.PAlive),
        ["expectedPurchases"] = ("expected_purchases", row => row.ExpectedPurchases),
        ["rfm"] = ("(rfm::float8)", row => (100 * row.RecencyScore) + (10 * row.FrequencyScore) + row.MonetaryScore),
    };

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customer-values", async (
            PageRequest page, string? sort, string? order, double? minClvPercentile, string? currency, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(page, sort ?? "clv", order ?? "desc", minClvPercentile, currency, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListCustomerValues")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<CustomerValueResponse>>> Handle(
        PageRequest page, string sort, string order, double? minClvPercentile, string? currency, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!Keys.TryGetValue(sort, out var key)) return AnalyticsErrors.UnknownSort;
        if (order is not ("asc" or "desc")) return AnalyticsErrors.UnknownOrder;
        if (minClvPercentile is not (null or (>= 0 and <= 1))) return AnalyticsErrors.PercentileOutOfRange;
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;

        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<CustomerValueRow>(
            $"""
            SELECT {CustomerValueRow.Columns} FROM customer_scores
            WHERE (@percentile::float8 IS NULL OR clv_percentile >= @percentile) AND (@currency::text IS NULL OR currency = @currency)
            {(after is null ? "" : $"AND ({key.Sql}, customer_id) {(order == "asc" ? ">" : "<")} (@value, @id)")}
            ORDER BY {key.Sql} {order}, customer_id {order} LIMIT @limit
            """,
            new { percentile = minClvPercentile, currency, value = after?.Value, id = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        var shown = Page<CustomerValueRow>.From(rows, page.Limit, row => new Position(key.Of(row), row.CustomerId));
        return new Page<CustomerValueResponse>([.. shown.Items.Select(CustomerValueResponse.Of)], shown.NextCursor);
    }

    private sealed record Position(double Value, Guid Id);
}

using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Purchases;

/// <summary>What a customer has bought. One without purchases has none, not an error: Customer knows who exists.</summary>
public sealed record PurchaseSummary(
    Guid CustomerId, long PurchaseCount, IReadOnlyList<CurrencyTotal> Totals, DateTimeOffset? FirstPurchasedAt, DateTimeOffset? LastPurchasedAt,
    IReadOnlyList<PurchaseListItem> Latest);

/// <param name="Bought">Net amounts as bought.</param>
/// <param name="Net">Less what was given back.</param>
public sealed record CurrencyTotal(string Currency, decimal Bought, decimal Returned, decimal Net);

internal static class GetPurchaseSummary
{
    public const int DefaultLatest = 5;
    public const int MaxLatest = 50;

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{customerId:guid}/purchase-summary", async (Guid customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await HandleAsync(customerId, DefaultLatest, unitOfWork, cancellationToken)))
        .WithName("GetPurchaseSummary")
        .AllowRoles(Roles.Staff);

    internal static async Task<PurchaseSummary> HandleAsync(Guid customerId, int latest, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var totals = await unitOfWork.QueryAsync<TotalRow>(
            """
            SELECT currency, count(*) AS purchases, trim_scale(sum(total)) AS bought, trim_scale(sum(returned_total)) AS returned,
                min(purchased_at) AS first, max(purchased_at) AS last
            FROM purchases WHERE customer_id = @customerId GROUP BY currency ORDER BY currency
            """,
            new { customerId },
            cancellationToken);
        if (totals.Count == 0) return new PurchaseSummary(customerId, 0, [], null, null, []);

        var purchases = await unitOfWork.QueryAsync<PurchaseListItem>(
            $"SELECT {PurchaseListItem.Columns} FROM purchases WHERE customer_id = @customerId ORDER BY purchased_at DESC, id DESC LIMIT @latest",
            new { customerId, latest },
            cancellationToken);
        return new PurchaseSummary(
            customerId,
            totals.Sum(row => row.Purchases),
            [.. totals.Select(row => new CurrencyTotal(row.Currency, row.Bought, row.Returned, row.Bought - row.Returned))],
            totals.Min(row => row.First),
            totals.Max(row => row.Last),
            purchases);
    }

    private sealed record TotalRow(string Currency, long Purchases, decimal Bought, decimal Returned, DateTimeOffset First, DateTimeOffset Last);
}

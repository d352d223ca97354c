using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Purchases;

/// <param name="Total">Sum of the lines' net amounts as bought.</param>
/// <param name="ReturnedTotal">How much of it was given back.</param>
public sealed record PurchaseDetails(
    Guid Id, string Source, string SourceId, Guid CustomerId, DateTimeOffset PurchasedAt, string Currency, decimal Total, decimal ReturnedTotal,
    DateTimeOffset RecordedAt, IReadOnlyList<PurchaseLineDetails> Lines, IReadOnlyList<ReturnDetails> Returns);

/// <param name="Line">Position, from 1.</param>
public sealed record PurchaseLineDetails(
    int Line, string Sku, string ProductName, string Category, decimal Quantity, decimal UnitPrice, decimal Discount, decimal Tax, decimal Net,
    decimal? Cost, string? Lot, decimal ReturnedQuantity, decimal ReturnedAmount);

public sealed record ReturnDetails(Guid Id, DateTimeOffset ReturnedAt, decimal Total, IReadOnlyList<ReturnLineDetails> Lines);

/// <param name="Amount">Net amount given back for it.</param>
public sealed record ReturnLineDetails(int Line, decimal Quantity, decimal Amount, string Reason);

internal static class GetPurchase
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/purchases/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetPurchase")
        .AllowRoles(Roles.Staff);

    internal static async Task<PurchaseDetails?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var purchase = await unitOfWork.QuerySingleOrDefaultAsync<PurchaseRow>(
            """
            SELECT id, source, source_id, customer_id, purchased_at, currency, trim_scale(total) AS total,
                trim_scale(returned_total) AS returned_total, recorded_at
            FROM purchases WHERE id = @id
            """,
            new { id },
            cancellationToken);
        if (purchase is null) return null;

        var lines = await unitOfWork.QueryAsync<PurchaseLineDetails>(
            """
            SELECT line, sku, product_name, category, trim_scale(quantity) AS quantity, trim_scale(unit_price) AS unit_price,
                trim_scale(discount) AS discount, trim_scale(tax) AS tax, trim_scale(net) AS net, trim_scale(cost) AS cost, lot,
                trim_scale(returned_quantity) AS returned_quantity, trim_scale(returned_amount) AS returned_amount
            FROM purchase_lines WHERE purchase_id = @id ORDER BY line
            """,
            new { id },
            cancellationToken);
        return new PurchaseDetails(
            purchase.Id, purchase.Source, purchase.SourceId, purchase.CustomerId, purchase.PurchasedAt, purchase.Currency, purchase.Total,
            purchase.ReturnedTotal, purchase.RecordedAt, lines, purchase.ReturnedTotal > 0 || lines.Any(line => line.ReturnedQuantity > 0)
                ? await ReturnsAsync(id, unitOfWork, cancellationToken)
                : []);
    }

    private static async Task<Result<PurchaseDetails>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await FindAsync(id, unitOfWork, cancellationToken) is { } purchase ? purchase : SalesErrors.PurchaseNotFound;

    private static async Task<IReadOnlyList<ReturnDetails>> ReturnsAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ReturnRow>(
            """
            SELECT r.id, r.returned_at, trim_scale(r.total) AS total, l.line, trim_scale(l.quantity) AS quantity, trim_scale(l.amount) AS amount, l.reason
            FROM returns r JOIN return_lines l ON l.return_id = r.id WHERE r.purchase_id = @id ORDER BY r.id, l.line
            """,
            new { id },
            cancellationToken);
        return [.. rows.GroupBy(row => row.Id).Select(lines => new ReturnDetails(
            lines.Key, lines.First().ReturnedAt, lines.First().Total,
            [.. lines.Select(line => new ReturnLineDetails(line.Line, line.Quantity, line.Amount, line.Reason))]))];
    }

    private sealed record PurchaseRow(
        Guid Id, string Source, string SourceId, Guid CustomerId, DateTimeOffset PurchasedAt, string Currency, decimal Total, decimal ReturnedTotal,
        DateTimeOffset RecordedAt);

    private sealed record ReturnRow(Guid Id, DateTimeOffset ReturnedAt, decimal Total, int Line, decimal Quantity, decimal Amount, string Reason);
}

using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Purchases;

public sealed record PurchaseListItem(
    Guid Id, string Source, string SourceId, Guid CustomerId, DateTimeOffset PurchasedAt, string Currency, decimal Total, decimal ReturnedTotal,
    int LineCount)
{
    internal const string Columns =
        "id, source, source_id, customer_id, purchased_at, currency, trim_scale(total) AS total, trim_scale(returned_total) AS returned_total, line_count";
}

/// <summary>Purchases of a customer, newest first; or the one of a source and its key.</summary>
internal static class ListPurchases
{
    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/purchases", async (
                PageRequest page, Guid? customerId, string? source, string? sourceId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(page, customerId, source, sourceId, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListPurchases")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<PurchaseListItem>>> HandleAsync(
        PageRequest page, Guid? customerId, string? source, string? sourceId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (customerId is null && (source is null || sourceId is null)) return SalesErrors.FilterRequired;
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<PurchaseListItem>(
            $"""
            SELECT {PurchaseListItem.Columns} FROM purchases
            WHERE {(customerId is null ? "" : "customer_id = @customerId AND ")} {(sourceId is null ? "" : "source = @source AND source_id = @sourceId AND ")}
                {(after is null ? "true" : "(purchased_at, id) < (@At, @Id)")}
            ORDER BY purchased_at DESC, id DESC LIMIT @limit
            """,
            new { customerId, source, sourceId, after?.At, after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<PurchaseListItem>.From(rows, page.Limit, row => new Position(row.PurchasedAt, row.Id));
    }

    private sealed record Position(DateTimeOffset At, Guid Id);
}

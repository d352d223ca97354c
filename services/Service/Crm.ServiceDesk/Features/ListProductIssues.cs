using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.ServiceDesk.Features;

/// <summary>Products under suspicion, the newest first: what an agent should know when a customer calls about one.</summary>
internal static class ListProductIssues
{
    /// <param name="RateRatio">How many times more often than usual.</param>
    public sealed record Response(
        Guid Id, string Sku, string ProductName, string Signal, DateOnly? BeganOn, long Events, double Expected, double RateRatio, string? Lot, string[] Reasons,
        DateTimeOffset? RaisedAt, DateTimeOffset? ClosedAt, string? CloseReason);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/product-issues", async (PageRequest page, bool? open, string? sku, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        {
            var rows = await unitOfWork.QueryAsync<Response>(
                """
                SELECT id, sku, product_name, signal, began_on, events, expected, rate_ratio, lot, reasons, raised_at, closed_at, close_reason FROM product_issues
                WHERE (@open::boolean IS NULL OR (closed_at IS NULL) = @open) AND (@sku::text IS NULL OR sku = @sku) AND (@after::uuid IS NULL OR id < @after)
                ORDER BY id DESC LIMIT @limit
                """,
                new { open, sku, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
                cancellationToken);
            return TypedResults.Ok(Page<Response>.From(rows, page.Limit, row => new Position(row.Id)));
        })
        .WithName("ListProductIssues")
        .AllowRoles(Roles.Staff);

    private sealed record Position(Guid Id);
}

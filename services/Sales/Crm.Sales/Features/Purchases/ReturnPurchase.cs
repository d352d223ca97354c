using Crm.Sales.Contracts.Events.V1;
using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Purchases;

/// <param name="ReturnedAt">Now where left out.</param>
public sealed record ReturnPurchaseRequest(IReadOnlyList<ReturnLineInput> Lines, DateTimeOffset? ReturnedAt = null);

/// <param name="Line">Position in the purchase, from 1.</param>
public sealed record ReturnLineInput(int Line, decimal Quantity, string Reason);

/// <param name="PurchaseTotalAfter">What is left of the purchase after this and all earlier returns.</param>
public sealed record ReturnPurchaseResponse(Guid PurchaseId, string Currency, decimal PurchaseTotalAfter, ReturnDetails Return);

/// <summary>Gives lines of a purchase, or parts of them, back. Never more than was bought less what was returned before.</summary>
internal static class ReturnPurchase
{
    private const int MaxReason = 200;

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/purchases/{id:guid}/returns", async (
                Guid id, ReturnPurchaseRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await HandleAsync(id, request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(response => $"/api/sales/v1/purchases/{response.PurchaseId}"))
        .WithName("ReturnPurchase")
        .AllowRoles(Roles.Sales);

    private static async Task<Result<ReturnPurchaseResponse>> HandleAsync(
        Guid id, ReturnPurchaseRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (Refusal(request) is { } refusal) return refusal;
        var purchase = await unitOfWork.QuerySingleOrDefaultAsync<PurchaseRow>(
            """
            SELECT id, customer_id, source, source_id, purchased_at, currency, trim_scale(total) AS total, trim_scale(returned_total) AS returned_total
            FROM purchases WHERE id = @id FOR UPDATE
            """,
            new { id },
            cancellationToken);
        if (purchase is null) return SalesErrors.PurchaseNotFound;

        var now = time.GetUtcNow();
        var returnedAt = Purchase.Microseconds(request.ReturnedAt ?? now);
        if (request.ReturnedAt is { } at && !Purchase.IsPlausible(at, purchase.PurchasedAt, now)) return SalesErrors.ReturnedAtInvalid;
        var balances = (await unitOfWork.QueryAsync<LineBalance>(
            """
            SELECT line, sku, quantity, trim_scale(net) AS net, returned_quantity, trim_scale(returned_amount) AS returned_amount
            FROM purchase_lines WHERE purchase_id = @id AND line = ANY(@lines)
            """,
            new { id, lines = request.Lines.Select(line => line.Line).ToArray() },
            cancellationToken)).ToDictionary(balance => balance.Line);

        var decimals = Currencies.DecimalsOf(purchase.Currency);
        var lines = new List<ReturnedLine>(request.Lines.Count);
        for (var i = 0; i < request.Lines.Count; i++)
        {
            var line = request.Lines[i];
            if (!balances.TryGetValue(line.Line, out var balance)) return SalesErrors.UnknownLine(i);
            if (line.Quantity > balance.Left) return SalesErrors.ReturnExceedsPurchase(i, balance.Left);
            lines.Add(new ReturnedLine(line.Line, balance.Sku, line.Quantity, balance.AmountFor(line.Quantity, decimals), line.Reason));
        }

        var total = lines.Sum(line => line.Amount);
        var returned = new PurchaseReturned(
            ids.Next(), now, ids.Next(), id, purchase.CustomerId, purchase.Source, purchase.SourceId, returnedAt, purchase.Currency, total,
            purchase.Total - purchase.ReturnedTotal - total, lines);
        await StoreAsync(returned, actor.Required.Subject, unitOfWork, cancellationToken);
        unitOfWork.Enqueue(returned);
        return new ReturnPurchaseResponse(id, purchase.Currency, returned.PurchaseTotalAfter, new ReturnDetails(
            returned.ReturnId, returnedAt, total, [.. lines.Select(line => new ReturnLineDetails(line.Line, line.Quantity, line.Amount, line.Reason))]));
    }

    private static Error? Refusal(ReturnPurchaseRequest request)
    {
        if (request.Lines.Count is 0 or > Purchase.MaxLines) return SalesErrors.LineCount;
        var seen = new HashSet<int>();
        for (var i = 0; i < request.Lines.Count; i++)
        {
            if (request.Lines[i] is not { } line) return SalesErrors.ItemMissing($"lines[{i}]");
            if (!seen.Add(line.Line)) return SalesErrors.LineRepeated(i);
            if (!Amounts.IsQuantity(line.Quantity)) return SalesErrors.QuantityInvalid(i);
            if (!PlainText.IsClean(line.Reason, MaxReason)) return SalesErrors.TextInvalid($"lines[{i}].reason", MaxReason);
        }

        return null;
    }

    private static async Task StoreAsync(PurchaseReturned returned, string actor, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var args = new
        {
            returned.ReturnId,
            returned.PurchaseId,
            returned.ReturnedAt,
            returned.Total,
            now = returned.OccurredAt,
            actor,
            lines = returned.Lines.Select(line => line.Line).ToArray(),
            quantities = returned.Lines.Select(line => line.Quantity).ToArray(),
            amounts = returned.Lines.Select(line => line.Amount).ToArray(),
            reasons = returned.Lines.Select(line => line.Reason).ToArray(),
        };
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO returns (id, purchase_id, returned_at, total, recorded_at, recorded_by)
            VALUES (@ReturnId, @PurchaseId, @ReturnedAt, @Total, @now, @actor);
            INSERT INTO return_lines (return_id, line, quantity, amount, reason)
            SELECT @ReturnId, * FROM unnest(@lines, @quantities, @amounts, @reasons);
            UPDATE purchase_lines l SET returned_quantity = returned_quantity + back.quantity, returned_amount = returned_amount + back.amount
            FROM unnest(@lines, @quantities, @amounts) AS back (line, quantity, amount)
            WHERE l.purchase_id = @PurchaseId AND l.line = back.line;
            UPDATE purchases SET returned_total = returned_total + @Total WHERE id = @PurchaseId;
            """,
            args,
            cancellationToken);
    }

    private sealed record PurchaseRow(
        Guid Id, Guid CustomerId, string Source, string SourceId, DateTimeOffset PurchasedAt, string Currency, decimal Total, decimal ReturnedTotal);
}

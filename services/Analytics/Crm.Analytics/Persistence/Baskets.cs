using Crm.Analytics.Domain;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>Lines of purchases and returns, each once, in whatever order and however often their events come.</summary>
public sealed class Baskets(UnitOfWork unitOfWork, BusinessCalendar calendar)
{
    public Task RecordAsync(IReadOnlyList<RecordedPurchase> purchases, CancellationToken cancellationToken)
    {
        var lines = purchases.SelectMany(purchase => purchase.Lines.Select(line => (purchase, line)))
            .DistinctBy(item => (item.purchase.PurchaseId, item.line.Line)).ToArray();
        if (lines.Length == 0) return Task.CompletedTask;
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO basket_lines (purchase_id, line, customer_id, currency, day, source, sku, product_name, category, lot, quantity, net, cost)
            SELECT * FROM unnest(
                @ids, @numbers, @customers, @currencies, @days, @sources, @skus, @names, @categories, @lots, @quantities, @nets, @costs) AS a (id, number)
            ORDER BY a.id, a.number
            ON CONFLICT DO NOTHING
            """,
            new
            {
                ids = lines.Select(item => item.purchase.PurchaseId).ToArray(),
                numbers = lines.Select(item => item.line.Line).ToArray(),
                customers = lines.Select(item => item.purchase.CustomerId).ToArray(),
                currencies = lines.Select(item => item.purchase.Currency).ToArray(),
                days = lines.Select(item => calendar.DayOf(item.purchase.PurchasedAt)).ToArray(),
                sources = lines.Select(item => item.purchase.Source).ToArray(),
                skus = lines.Select(item => item.line.Sku).ToArray(),
                names = lines.Select(item => item.line.ProductName).ToArray(),
                categories = lines.Select(item => item.line.Category).ToArray(),
                lots = lines.Select(item => item.line.Lot).ToArray(),
                quantities = lines.Select(item => item.line.Quantity).ToArray(),
                nets = lines.Select(item => item.line.Net).ToArray(),
                costs = lines.Select(item => item.line.Cost).ToArray(),
            },
            cancellationToken);
    }

    public Task ReturnAsync(PurchaseReturned returned, CancellationToken cancellationToken)
    {
        var lines = returned.Lines.GroupBy(line => line.Line).ToArray();
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO returned_lines (return_id, line, purchase_id, customer_id, day, sku, quantity, amount, reason)
            SELECT @ReturnId, number, @PurchaseId, @CustomerId, @day, sku, quantity, amount, reason
            FROM unnest(@numbers, @skus, @quantities, @amounts, @reasons) AS a (number, sku, quantity, amount, reason)
            ON CONFLICT DO NOTHING
            """,
            new
            {
                returned.ReturnId, returned.PurchaseId, returned.CustomerId,
                day = calendar.DayOf(returned.ReturnedAt),
                numbers = lines.Select(line => line.Key).ToArray(),
                skus = lines.Select(line => line.First().Sku).ToArray(),
                quantities = lines.Select(line => line.Sum(part => part.Quantity)).ToArray(),
                amounts = lines.Select(line => line.Sum(part => part.Amount)).ToArray(),
                reasons = lines.Select(line => line.First().Reason).ToArray(),
            },
            cancellationToken);
    }
}

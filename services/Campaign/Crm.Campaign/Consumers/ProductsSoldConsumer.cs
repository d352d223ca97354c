using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>Learns what products are called, for the product blocks of templates. The latest sale wins, in whatever order sales arrive.</summary>
public sealed class ProductsSoldConsumer(UnitOfWork unitOfWork) : IConsumer<PurchasesRecorded>
{
    public Task Consume(ConsumeContext<PurchasesRecorded> context)
    {
        var products = context.Message.Purchases.SelectMany(purchase => purchase.Lines.Select(line => (line.Sku, line.ProductName, line.Category, purchase.PurchasedAt)))
            .GroupBy(product => product.Sku, StringComparer.Ordinal).Select(group => group.MaxBy(product => product.PurchasedAt))
            .OrderBy(product => product.Sku, StringComparer.Ordinal).ToArray();
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO products (sku, name, category, sold_at) SELECT * FROM unnest(@skus, @names, @categories, @instants)
            ON CONFLICT (sku) DO UPDATE SET name = excluded.name, category = excluded.category, sold_at = excluded.sold_at
            WHERE products.sold_at < excluded.sold_at AND (products.name, products.category) <> (excluded.name, excluded.category)
            """,
            new
            {
                skus = products.Select(product => product.Sku).ToArray(),
                names = products.Select(product => product.ProductName).ToArray(),
                categories = products.Select(product => product.Category).ToArray(),
                instants = products.Select(product => product.PurchasedAt.UtcDateTime).ToArray(),
            },
            context.CancellationToken);
    }
}

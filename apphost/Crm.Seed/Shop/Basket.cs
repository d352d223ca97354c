using Crm.Sales.Contracts.V1;

namespace Crm.Seed.Shop;

/// <summary>Fills baskets whose lines, at catalogue prices less a discount on the last, cost exactly what was drawn.</summary>
internal static class Basket
{
    private const int MaxLines = 5;
    private const int MaxPieces = 4;
    private static readonly decimal Cheapest = ShopCatalogue.Products.Min(product => product.Price);

    public static IEnumerable<PurchaseLine> Fill(RandomStream random, decimal amount, string currency)
    {
        var left = amount;
        for (var lines = random.Between(1, MaxLines); lines > 1; lines--)
        {
            var share = left / lines;
            var affordable = ShopCatalogue.Products.Where(product => product.Price <= share).ToList();
            if (affordable.Count == 0 || left - share < Cheapest) break;

            var product = random.Pick(affordable);
            var pieces = Math.Min(random.Between(1, MaxPieces), (int)(share / product.Price));
            left -= pieces * product.Price;
            yield return Line(product, pieces, 0, currency);
        }

        var (last, quantity, discount) = Closest(random, left);
        yield return Line(last, quantity, discount, currency);
    }

    /// <summary>One of the products that come closest from above in a few pieces; a big rest takes more of the dearest.</summary>
    private static (Product Product, int Quantity, decimal Discount) Closest(RandomStream random, decimal amount)
    {
        var candidates = ShopCatalogue.Products
            .Select(product => (Product: product, Quantity: (int)Math.Ceiling(amount / product.Price)))
            .Select(candidate => (candidate.Product, candidate.Quantity, Discount: (candidate.Quantity * candidate.Product.Price) - amount))
            .OrderBy(candidate => candidate.Quantity > MaxPieces ? candidate.Quantity : 0)
            .ThenBy(candidate => candidate.Discount)
            .ThenBy(candidate => candidate.Product.Sku, StringComparer.Ordinal)
            .Take(5)
            .ToList();
        return random.Pick(candidates);
    }

    private static PurchaseLine Line(Product product, int quantity, decimal discount, string currency) => new()
    {
        Sku = product.Sku,
        QuantityMilli = quantity * 1000L,
        UnitPrice = product.Price.ToMoney(currency),
        Discount = discount.ToMoney(currency),
    };
}

using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Crm.Seed.People;
using Google.Protobuf.WellKnownTypes;

namespace Crm.Seed.Cdnow;

/// <summary>The purchases as they are in the file; who made them is generated from the customer number.</summary>
internal static class CdnowPopulation
{
    public const string Source = "cdnow";
    public const string Currency = "USD";
    private const string Sku = "CD";
    private const int CardHolders = 300;
    private static readonly PersonGenerator People = new(Source, bornFrom: 1930, bornUntil: 1979);

    public static Population From(IReadOnlyList<CdnowRow> rows)
    {
        var histories = rows.GroupBy(row => row.CustomerId, StringComparer.Ordinal).ToList();
        var customers = histories.Select(history => CustomerOf(history.Key, history.Min(row => row.Date))).ToList();
        var purchases = histories.SelectMany(history => history.Select((row, index) => PurchaseOf(row, index + 1))).ToList();
        var members = customers.Select(customer => customer.SourceId).ToList();
        return new Population(
            Source, Currency, [new Product(Sku, "Compact disc", "Music", 14.99m, 9.50m)], customers, purchases, members,
            [.. members.Take(CardHolders)], [], [], [], [], WithMarketing: false);
    }

    /// <summary>
    /// The net amount is the file's to the cent. It rarely divides by the number of CDs: the unit price is rounded up to four decimals
    /// and the difference is the discount. A row without CDs would be one of quantity 1 (the published files have none); rows over 0.00
    /// are kept, they are purchases to the models.
    /// </summary>
    internal static PurchaseRecord PurchaseOf(CdnowRow row, int ordinal)
    {
        var quantity = Math.Max(1, row.Cds);
        var unitPrice = Math.Ceiling(row.Total / quantity * 10_000m) / 10_000m;
        return new PurchaseRecord
        {
            Source = Source,
            SourceId = $"{row.CustomerId}-{ordinal}",
            CustomerSource = Source,
            CustomerSourceId = row.CustomerId,
            PurchasedAt = Noon(row.Date),
            Currency = Currency,
            Lines =
            {
                new PurchaseLine
                {
                    Sku = Sku,
                    QuantityMilli = quantity * 1000L,
                    UnitPrice = unitPrice.ToMoney(Currency),
                    Discount = ((quantity * unitPrice) - row.Total).ToMoney(Currency),
                },
            },
        };
    }

    private static ImportedCustomer CustomerOf(string id, DateOnly firstPurchase)
    {
        var customer = People.Generate(id);
        customer.RegisteredAt = Noon(firstPurchase);
        customer.Tags.Add(Source);
        return customer;
    }

    /// <summary>The file has dates only: noon in Jakarta is on that date wherever the business day is reckoned in Indonesia.</summary>
    private static Timestamp Noon(DateOnly date) => Timestamp.FromDateTimeOffset(new DateTimeOffset(date, new TimeOnly(12, 0), JakartaTime.Offset));
}

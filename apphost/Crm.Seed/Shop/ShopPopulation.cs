using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Crm.Seed.People;
using Google.Protobuf.WellKnownTypes;

namespace Crm.Seed.Shop;

/// <summary>
/// Customers of a shop who never were: 78 weeks of purchases until a fixed date, drawn from a known world, with what else happens to
/// customers. A customer is the same in a population of any size.
/// </summary>
internal static class ShopPopulation
{
    public const string Source = "shop";
    public const string Currency = "IDR";
    public static readonly DateOnly LastDay = new(2026, 6, 28);
    public const int Weeks = 78;

    /// <summary>Nobody comes in the last weeks: everyone has some history.</summary>
    private const int WeeksOfArrivals = 60;

    private const decimal SmallestAmount = 5_000;
    private const double ReturnShare = 0.04;

    /// <summary>Who would name somebody; where that one came later than they did, nobody is named.</summary>
    private const double ReferralShare = 0.2;

    private const double MemberShare = 0.75;
    private const double CardShare = 0.4;
    private static readonly PersonGenerator People = new(Source, bornFrom: 1950, bornUntil: 2006);
    private static readonly DateOnly FirstDay = LastDay.AddDays(-(Weeks * 7) + 1);

    private static readonly string[] Reasons = ["Ukuran tidak sesuai", "Barang rusak", "Warna berbeda", "Berubah pikiran", "Salah kirim"];

    /// <param name="now">By the clock of this machine; what lies after it is left out and comes with a later run.</param>
    public static Population Generate(int count, DateTimeOffset now)
    {
        var customers = new List<ImportedCustomer>(count);
        var purchases = new List<PurchaseRecord>(count * 3);
        var returns = new List<PlannedReturn>();
        var (members, cardHolders, cases, answers) = (new List<string>(), new List<string>(), new List<PlannedCase>(), new List<PlannedAnswer>());
        for (var number = 1; number <= count; number++)
        {
            var id = $"C{number:D6}";
            var random = new RandomStream($"{Source} {id}");
            var arrival = Arrival(random);
            var registeredAt = At(arrival, 8, random);
            var referrer = random.Chance(ReferralShare) && number > 1 ? $"C{random.Between(1, number - 1):D6}" : "";
            if (referrer.Length > 0 && Arrival(new RandomStream($"{Source} {referrer}")) >= arrival) referrer = "";
            var (isMember, hasCard) = (random.Chance(MemberShare), random.Chance(CardShare));
            if (registeredAt > now) continue;

            var customer = People.Generate(id);
            customer.RegisteredAt = Timestamp.FromDateTimeOffset(registeredAt);
            customer.ReferredBySourceId = referrer;
            customers.Add(customer);
            if (isMember) members.Add(id);
            if (isMember && hasCard) cardHolders.Add(id);
            cases.AddRange(ShopCases.Of(id));
            answers.AddRange(ShopSurveys.Of(id, registeredAt, now));
            AddPurchases(id, arrival, random, now, purchases, returns);
        }

        return new Population(Source, Currency, ShopCatalogue.Products, customers, purchases, members, cardHolders, returns, cases, answers, ShopAccounts.All, WithMarketing: true);
    }

    private static void AddPurchases(
        string customerId, DateOnly arrival, RandomStream random, DateTimeOffset now, List<PurchaseRecord> purchases, List<PlannedReturn> returns)
    {
        var ordinal = 0;
        foreach (var drawn in PurchasingWorld.Shop.Draw(random, (LastDay.DayNumber - arrival.DayNumber) / 7.0))
        {
            ordinal++;
            // The goods of each purchase come from a stream of their own: the history does not depend on the catalogue.
            var goods = new RandomStream($"{Source} {customerId} purchase {ordinal}");
            var purchasedAt = At(arrival.AddDays((int)(drawn.Week * 7)), 9, goods);
            if (purchasedAt > now) break;

            var amount = Math.Max(SmallestAmount, Math.Round((decimal)drawn.Amount / 100) * 100);
            var purchase = new PurchaseRecord
            {
                Source = Source,
                SourceId = $"{customerId}-{ordinal}",
                CustomerSource = Source,
                CustomerSourceId = customerId,
                PurchasedAt = Timestamp.FromDateTimeOffset(purchasedAt),
                Currency = Currency,
                Lines = { Basket.Fill(goods, amount, Currency) },
            };
            purchases.Add(purchase);
            if (!goods.Chance(ReturnShare)) continue;

            var line = goods.Below(purchase.Lines.Count);
            var returnedAt = purchasedAt.AddDays(goods.Between(1, 10));
            if (returnedAt > now) continue;
            returns.Add(new PlannedReturn(
                purchase.SourceId, line + 1, goods.Between(1, (int)(purchase.Lines[line].QuantityMilli / 1000)), goods.Pick(Reasons), returnedAt));
        }
    }

    /// <summary>The first draw of a customer's stream.</summary>
    private static DateOnly Arrival(RandomStream random) => FirstDay.AddDays(random.Below(WeeksOfArrivals * 7));

    private static DateTimeOffset At(DateOnly day, int opening, RandomStream random) =>
        new DateTimeOffset(day, new TimeOnly(opening, 0), JakartaTime.Offset).AddSeconds(random.Below(11 * 3600));
}

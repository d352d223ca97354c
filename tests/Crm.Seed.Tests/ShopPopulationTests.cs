using Crm.Seed.Shop;

namespace Crm.Seed.Tests;

public sealed class ShopPopulationTests
{
    private static readonly DateTimeOffset Later = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Population Shop = ShopPopulation.Generate(1_000, Later);

    [Fact]
    public void The_same_population_comes_out_every_time()
    {
        var again = ShopPopulation.Generate(1_000, Later.AddYears(1));

        Assert.Equal(Shop.Customers, again.Customers);
        Assert.Equal(Shop.Purchases, again.Purchases);
        Assert.Equal(Shop.Returns, again.Returns);
        Assert.Equal(Shop.Cases, again.Cases);
        Assert.Equal(Shop.CardHolders, again.CardHolders);
        Assert.Equal(Shop.Answers, again.Answers);
    }

    [Fact]
    public void A_bigger_population_has_the_smaller_one_in_it()
    {
        var smaller = ShopPopulation.Generate(300, Later);

        Assert.Equal(smaller.Customers, Shop.Customers.Take(300));
        Assert.Equal(smaller.Purchases, Shop.Purchases.Take(smaller.Purchases.Count));
    }

    [Fact]
    public void What_lies_ahead_of_the_clock_is_left_out_and_nothing_else()
    {
        var now = new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
        var early = ShopPopulation.Generate(1_000, now);

        Assert.Equal(Shop.Purchases.Where(purchase => purchase.PurchasedAt.ToDateTimeOffset() <= now), early.Purchases);
        Assert.Equal(Shop.Customers.Where(customer => customer.RegisteredAt.ToDateTimeOffset() <= now), early.Customers);
        Assert.Equal(Shop.Returns.Where(returned => returned.ReturnedAt <= now), early.Returns);
        Assert.Equal(Shop.Answers.Where(answer => answer.AnsweredAt <= now), early.Answers);
    }

    [Fact]
    public void Baskets_have_one_to_five_lines_of_the_catalogue_at_its_prices_in_whole_rupiah()
    {
        var prices = ShopCatalogue.Products.ToDictionary(product => product.Sku, product => product.Price);

        Assert.All(Shop.Purchases, purchase =>
        {
            Assert.InRange(purchase.Lines.Count, 1, 5);
            Assert.True(purchase.Lines.Sum(line => line.Net()) % 100 == 0);
            Assert.All(purchase.Lines, line =>
            {
                Assert.Equal(prices[line.Sku], line.UnitPrice.ToDecimal());
                Assert.InRange(line.Discount.ToDecimal(), 0, line.UnitPrice.ToDecimal());
                Assert.True(line.QuantityMilli > 0 && line.Discount.ToDecimal() % 1 == 0);
            });
        });
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(31_700)]
    [InlineData(299_900)]
    [InlineData(4_000_000)]
    [InlineData(60_000_000)]
    public void A_basket_costs_what_was_drawn(int amount) =>
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal(amount, Basket.Fill(new RandomStream($"basket {i}"), amount, "IDR").Sum(line => line.Net())));

    [Fact]
    public void There_are_some_of_everything()
    {
        Assert.Equal((60, 8), (ShopCatalogue.Products.Count, ShopCatalogue.Products.Select(product => product.Category).Distinct().Count()));
        Assert.Equal(60, ShopCatalogue.Products.Select(product => product.Sku).Distinct().Count());
        Assert.InRange(Shop.Returns.Count / (double)Shop.Purchases.Count, 0.025, 0.055);
        Assert.InRange(Shop.Members.Count, 700, 800);
        Assert.InRange(Shop.Cases.Count, 15, 45);
        Assert.True(Shop.Cases.Select(planned => (planned.Assignee is null, planned.Comment is null, planned.Resolution is null)).Distinct().Count() >= 3);
        Assert.InRange(Shop.Answers.Count(answer => answer.Kind == "nps"), 300, 700);
        Assert.All(Shop.Answers, answer => Assert.InRange(answer.Score, answer.Kind == "nps" ? 0 : 1, answer.Kind == "nps" ? 10 : 5));
        Assert.All(Shop.Answers, answer => Assert.True(Shop.Customers.Single(customer => customer.SourceId == answer.CustomerId).RegisteredAt.ToDateTimeOffset() <= answer.AnsweredAt));
        Assert.All(Shop.Accounts, account => Assert.True(account.Parent is null || Shop.Accounts.TakeWhile(other => other != account).Any(head => head.Name == account.Parent)));
        Assert.InRange(Shop.Customers.Count(customer => customer.ReferredBySourceId.Length > 0), 60, 140);
        Assert.Equal(Shop.Purchases.Count, Shop.Purchases.Select(purchase => purchase.SourceId).Distinct().Count());
    }

    [Fact]
    public void Who_is_referred_comes_after_who_refers_and_nobody_buys_before_they_are_known()
    {
        var registered = Shop.Customers.ToDictionary(customer => customer.SourceId, customer => customer.RegisteredAt.ToDateTimeOffset());

        Assert.All(Shop.Customers.Where(customer => customer.ReferredBySourceId.Length > 0), customer => Assert.True(registered[customer.ReferredBySourceId] < registered[customer.SourceId]));
        Assert.All(Shop.Purchases, purchase => Assert.True(
            DateOnly.FromDateTime(purchase.PurchasedAt.ToDateTime().AddHours(7)) >= DateOnly.FromDateTime(registered[purchase.CustomerSourceId].UtcDateTime.AddHours(7))));
    }
}

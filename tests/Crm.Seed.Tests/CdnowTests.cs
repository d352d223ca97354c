using Crm.Seed.Cdnow;
using Crm.Testing;

namespace Crm.Seed.Tests;

public sealed class CdnowTests
{
    private const string Master = " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n 00002 19970112  5   77.00\r\n";
    private const string Sample = " 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n";

    [Fact]
    public void The_master_file_and_the_sample_are_told_apart_by_their_columns()
    {
        Assert.Equal(
            [new CdnowRow("00001", new DateOnly(1997, 1, 1), 1, 11.77m), new CdnowRow("00002", new DateOnly(1997, 1, 12), 1, 12m), new CdnowRow("00002", new DateOnly(1997, 1, 12), 5, 77m)],
            Parse(Master));
        Assert.Equal([new CdnowRow("00004", new DateOnly(1997, 1, 1), 2, 29.33m), new CdnowRow("00004", new DateOnly(1997, 1, 18), 2, 29.73m)], Parse(Sample));
    }

    [Theory]
    [InlineData(" 00001 19970101  1   11.77\n 00002 0002 19970112  1   12.00\n", "line 2")]
    [InlineData(" 00001 19970230  1   11.77\n", "'19970230' is not a date")]
    [InlineData(" 00001 19970101  x   11.77\n", "'x' is not a number of CDs")]
    [InlineData(" 00001 19970101  1   -1.00\n", "'-1.00' is not an amount")]
    [InlineData(" abc 19970101  1   1.00\n", "'abc' is not a customer number")]
    [InlineData(" customer_id date\n", "has no purchases")]
    public void A_broken_file_is_refused_with_the_place(string text, string message) =>
        Assert.Contains(message, Assert.Throws<SeedException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_rows_of_a_customer_on_one_day_are_two_purchases()
    {
        var population = CdnowPopulation.From(Parse(Master));

        Assert.Equal(["00001-1", "00002-1", "00002-2"], population.Purchases.Select(purchase => purchase.SourceId));
        Assert.Equal(["00001", "00002"], population.Customers.Select(customer => customer.SourceId));
        Assert.All(population.Purchases, purchase => Assert.Equal(5, purchase.PurchasedAt.ToDateTimeOffset().Hour)); // noon in Jakarta
    }

    [CdnowDataFact]
    public void Every_purchase_of_the_master_file_costs_what_the_file_says()
    {
        var rows = CdnowFile.Read(Repository.SharedData("cdnow", "CDNOW_master.txt")!);
        var population = CdnowPopulation.From(rows);

        Assert.Equal((23_570, 69_659), (population.Customers.Count, population.Purchases.Count));
        Assert.Equal(rows.Sum(row => row.Total), population.Purchases.Sum(purchase => purchase.Lines.Single().Net()));
        var purchases = population.Purchases.ToDictionary(purchase => purchase.SourceId);
        foreach (var history in rows.GroupBy(row => row.CustomerId))
        {
            foreach (var (row, index) in history.Select((row, index) => (row, index)))
            {
                var line = purchases[$"{row.CustomerId}-{index + 1}"].Lines.Single();
                Assert.Equal(row.Total, line.Net());
                Assert.Equal(row.Cds * 1000L, line.QuantityMilli);
                Assert.True(line.Discount.ToDecimal() is >= 0 and < 0.01m);
            }
        }
    }

    [CdnowDataFact]
    public void The_sample_is_a_part_of_the_master_file_key_by_key()
    {
        var master = CdnowPopulation.From(CdnowFile.Read(Repository.SharedData("cdnow", "CDNOW_master.txt")!));
        var sample = CdnowPopulation.From(CdnowFile.Read(Repository.SharedData("cdnow", "CDNOW_sample.txt")!));

        Assert.Equal((2_357, 6_919), (sample.Customers.Count, sample.Purchases.Count));
        Assert.Subset(master.Purchases.ToHashSet(), sample.Purchases.ToHashSet());
        Assert.Subset(master.Customers.ToHashSet(), sample.Customers.ToHashSet());
    }

    [CdnowDataFact]
    public void Nobody_shares_an_address_with_another()
    {
        var customers = CdnowPopulation.From(CdnowFile.Read(Repository.SharedData("cdnow", "CDNOW_master.txt")!)).Customers;

        Assert.Equal(customers.Count, customers.Select(customer => customer.Email).Distinct().Count());
        Assert.All(customers, customer => Assert.Matches(@"^[a-z.]+\.\d{5}@example\.com$", customer.Email));
        Assert.InRange(customers.Count(customer => customer.MarketingConsents.Contains("email")) / (double)customers.Count, 0.79, 0.81);
    }

    private static List<CdnowRow> Parse(string text)
    {
        using var reader = new StringReader(text);
        return CdnowFile.Parse(reader, "file");
    }
}

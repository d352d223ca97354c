using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class PurchaseSummaryTests
{
    [Fact]
    public void The_small_case_of_lifetimes()
    {
        (int Customer, int Month, int Day, decimal Value)[] rows =
        [
            (1, 1, 1, 1), (1, 2, 6, 2), (2, 1, 1, 2), (3, 1, 1, 3), (3, 1, 2, 1), (3, 1, 5, 5), (4, 1, 16, 6), (4, 2, 2, 3), (4, 2, 5, 3),
            (5, 1, 16, 3), (5, 1, 17, 1), (5, 1, 18, 8), (6, 2, 2, 5),
        ];
        var log = rows.Select(row => new Purchase<int>(row.Customer, new DateOnly(2015, row.Month, row.Day), row.Value));
        CustomerSummary<int>[] expected =
        [
            new(1, new(1, 36, 37), 2), new(2, new(0, 0, 37), 0), new(3, new(2, 4, 37), 3), new(4, new(2, 20, 22), 3),
            new(5, new(2, 2, 22), 4.5), new(6, new(0, 0, 5), 0),
        ];
        Assert.Equal(expected, PurchaseSummary.Of(log, new DateOnly(2015, 2, 7), daysPerUnit: 1));
    }

    [Fact]
    public void Purchases_of_one_day_count_once_and_later_ones_not_at_all()
    {
        var day = new DateOnly(2025, 3, 1);
        Purchase<string>[] log =
        [
            new("a", day.AddDays(7), 10), new("a", day, 99), new("a", day.AddDays(7), 5), new("a", day.AddDays(30), 1), new("b", day.AddDays(20), 1),
        ];
        var summary = Assert.Single(PurchaseSummary.Of(log, day.AddDays(14)));
        Assert.Equal(new CustomerSummary<string>("a", new PurchaseHistory(1, 1, 2), 15), summary);
    }

    [CdnowFact]
    public void The_CDNOW_sample_gives_the_published_summary()
    {
        var summary = PurchaseSummary.Of(Cdnow.SampleLog, Cdnow.CalibrationEnd);
        Assert.Equal(2357, summary.Count);
        Assert.Equal(2457, summary.Sum(customer => customer.History.Frequency));
        Assert.Equal(946, summary.Count(customer => customer.History.Frequency > 0));
        Assert.Equal(244_091.94m, Cdnow.SampleLog.Sum(purchase => purchase.Value));
        foreach (var (ours, published) in summary.OrderBy(customer => customer.Customer).Zip(Cdnow.Summary))
        {
            Assert.Equal(published.Customer, ours.Customer);
            Assert.Equal(published.History.Frequency, ours.History.Frequency);
            Near.Absolute(published.History.Recency, ours.History.Recency, 0.0044);
            Near.Absolute(published.History.Age, ours.History.Age, 0.0044);
            Near.Absolute(published.MeanRepeatValue, ours.MeanRepeatValue, 0.0051);
        }
    }

    [CdnowFact]
    public void The_CDNOW_master_has_the_published_totals()
    {
        var log = Cdnow.MasterLog().ToArray();
        Assert.Equal(69_659, log.Length);
        Assert.Equal(23_570, log.Select(purchase => purchase.Customer).Distinct().Count());
        Assert.Equal(2_500_315.63m, log.Sum(purchase => purchase.Value));
        Assert.Equal(167_881, Cdnow.MasterCds().Sum());
    }
}

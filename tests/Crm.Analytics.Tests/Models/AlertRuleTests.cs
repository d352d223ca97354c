using Crm.Analytics.Domain.Alerts;
using Crm.Analytics.Jobs;
using Crm.Analytics.Models.Inference;
using Crm.Analytics.Models.Signals;
using Crm.Analytics.Persistence;

namespace Crm.Analytics.Tests.Models;

/// <summary>Each rule finds what is planted; over quiet populations, simulated with fixed seeds, the share of alerts is as stated.</summary>
public sealed class AlertRuleTests
{
    private static readonly double[] Even = [10, 10, 10];

    private static DriftFacts Quiet(Guid id = default) => new(id, 500_000, 0.7, 0.6, 12, 5, 52, 0.1, new int[26], [5, 4, 4], [20, 18, 16], 13, 54);

    [Fact]
    public void Drift_is_being_overdue_buying_less_or_buying_other_things()
    {
        Assert.Null(AlertRules.Drift(Quiet()));
        var overdue = AlertRules.Drift(Quiet() with { Overdue = 0.049, DaysSinceLast = 90 })!;
        Assert.Equal(("overdue", 500_000m, AlertKind.CustomerDrift), (overdue.ReasonCode, overdue.MoneyAtStake, overdue.Kind));
        Assert.Equal("No purchase for 90 days; a gap this long is only 5 % likely for this customer.", overdue.Reason.En);
        Assert.Equal("Sudah 90 hari tidak membeli; jeda sepanjang ini hanya 5 % kemungkinannya bagi pelanggan ini.", overdue.Reason.Id);
        Assert.Null(AlertRules.Drift(Quiet() with { Overdue = 0.01, ClvPercentile = 0.49 })); // the lower half is not worth it
        Assert.Null(AlertRules.Drift(Quiet() with { Overdue = 0.01, Frequency = 0 })); // no rhythm yet

        int[] halted = [.. Enumerable.Repeat(2, 20), 0, 0, 0, 0, 0, 0];
        Assert.Equal("buying_less", AlertRules.Drift(Quiet() with { WeeklyRate = 2, WeeklyPurchases = halted })!.ReasonCode); // 6 weeks x 2/2 = 6 >= 4
        Assert.Null(AlertRules.Drift(Quiet() with { WeeklyRate = 0.49, WeeklyPurchases = new int[26] })); // slow buyers: the overdue score covers them

        Assert.Equal("mix_changed", AlertRules.Drift(Quiet() with { RecentMix = [1, 1, 11], EarlierMix = [30, 20, 4] })!.ReasonCode);
        Assert.Null(AlertRules.Drift(Quiet() with { RecentMix = [1, 1, 7], RecentLines = 9, EarlierMix = [30, 20, 4] })); // too few lines
    }

    [Fact]
    public void Weekly_buyers_who_go_on_as_before_seldom_ring()
    {
        var random = new Random(17);
        var alarms = Enumerable.Range(0, 4000).Count(_ => AlertRules.Drift(
            Quiet() with { WeeklyRate = 1, WeeklyPurchases = [.. Enumerable.Range(0, 26).Select(_ => SignalTests.Poisson(random, 1))] }) is not null);
        Assert.InRange(alarms / 4000.0, 0, 0.06);
    }

    [Fact]
    public void Among_a_thousand_customers_without_a_trend_at_most_a_few_ring_and_the_planted_ones_do()
    {
        var random = new Random(23);
        TrendFacts Customer(double slope) => new(default, [.. Enumerable.Range(0, 12).Select(month => 1_000_000 * (1 + (slope * month)) * (0.8 + (0.4 * random.NextDouble())))]);
        var quiet = Enumerable.Range(0, 1000).Select(_ => Customer(0)).ToArray();
        int Ringing(TrendFacts[] population)
        {
            var cut = FalseDiscovery.Threshold(population.Select(customer => Trend.Of(customer.Revenue)!.P), 0.05);
            return population.Count(customer => AlertRules.Trend(customer, cut) is not null);
        }

        Assert.InRange(Ringing(quiet), 0, 3);
        var planted = Enumerable.Range(0, 100).Select(_ => Customer(-0.06)).ToArray();
        Assert.InRange(Ringing([.. quiet, .. planted]), 60, 110);
        Assert.Equal(("revenue_falling", AlertKind.CustomerTrend), (AlertRules.Trend(planted[0], 0.05)!.ReasonCode, AlertRules.Trend(planted[0], 0.05)!.Kind));
        Assert.Null(AlertRules.Trend(new TrendFacts(default, [1, 2, 3]), 1));
        Assert.Null(AlertRules.Trend(new TrendFacts(default, [.. Enumerable.Repeat(0.0, 12)]), 1));
    }

    [Fact]
    public void A_margin_alert_is_a_loss_at_high_revenue_or_a_rate_that_fell()
    {
        (decimal, decimal)[] Quarters(params double[] rates) => [.. rates.Select(rate => (1_000_000m, (decimal)(1_000_000 * rate)))];
        var steady = Quarters(.30, .31, .29, .30, .32, .28, .30, .31, .30);
        Assert.Null(AlertRules.Margin(new MarginFacts(default, steady, 0.9)));
        var loss = AlertRules.Margin(new MarginFacts(default, Quarters(.1, .1, .1, .1, .1, -.1, -.1, -.1, -.1), 0.8))!;
        Assert.Equal(("loss", 400_000m), (loss.ReasonCode, loss.MoneyAtStake));
        var down = AlertRules.Margin(new MarginFacts(default, Quarters(.30, .31, .29, .30, .32, .28, .30, .31, .20), 0.1))!;
        Assert.Equal(("margin_rate_down", 400_000m), (down.ReasonCode, decimal.Round(down.MoneyAtStake, 0)));
        Assert.Null(AlertRules.Margin(new MarginFacts(default, new (decimal, decimal)[9], 0.9))); // no revenue at all
        Assert.Null(AlertRules.Margin(new MarginFacts(default, [.. new (decimal, decimal)[5], .. Quarters(.3, .3, .3, .1)], 0.1))); // too few quarters

        var random = new Random(31);
        var alarms = Enumerable.Range(0, 2000).Count(_ => AlertRules.Margin(
            new MarginFacts(default, Quarters([.. Enumerable.Range(0, 9).Select(_ => 0.3 + (0.02 * (random.NextDouble() + random.NextDouble() - 1)))]), 0.5)) is not null);
        Assert.Equal(0, alarms);
    }

    [Fact]
    public void Alignment_compares_value_with_service_and_purchases_with_the_intended_mix()
    {
        Assert.Equal(0.904184, 1 - Divergence.JensenShannon([.5, .3, .2], [.2, .3, .5])!.Value, 6);
        Assert.Equal(1, AlertRules.Coverage(1, 5));
        Assert.Equal(0, AlertRules.Coverage(1, 1));
        Assert.Equal(0, AlertRules.Coverage(0, 5));
        Assert.Null(AlertRules.Coverage(1, null));
        var facts = new AlignmentFacts(default, 2_000_000, 0.95, 1, [30, 30, 30], [30, 30, 30]);
        Assert.Equal("under_served", AlertRules.Alignment(facts, Even)!.ReasonCode);
        Assert.Null(AlertRules.Alignment(facts with { ServiceTier = 5 }, Even));
        Assert.Null(AlertRules.Alignment(facts with { ServiceTier = null }, Even)); // unknown is not low
        Assert.Equal("drifting_from_mix", AlertRules.Alignment(facts with { ServiceTier = 5, Mix = [60, 0, 0], EarlierMix = [30, 20, 20] }, Even)!.ReasonCode);
        Assert.Null(AlertRules.Alignment(facts with { ServiceTier = 5, Mix = [], EarlierMix = [] }, []));
    }

    [Fact]
    public void A_unit_rings_when_it_is_behind_by_more_than_its_days_vary()
    {
        decimal[] Days(int count, decimal each) => [.. Enumerable.Range(0, count).Select(day => each + (day % 2 == 0 ? 100_000 : -100_000))];
        var behind = AlertRules.Pace(new PaceFacts("Jakarta", 90_000_000, 90, Days(40, 600_000)))!;
        Assert.Equal(("unit", "Jakarta", 16_000_000m), (behind.SubjectType, behind.SubjectId, behind.MoneyAtStake));
        Assert.Null(AlertRules.Pace(new PaceFacts("Jakarta", 90_000_000, 90, Days(40, 1_000_000)))); // on pace
        Assert.Null(AlertRules.Pace(new PaceFacts("Jakarta", 90_000_000, 90, Days(14, 300_000)))); // too early to tell
        Assert.Null(AlertRules.Pace(new PaceFacts("Jakarta", 0, 90, Days(40, 1))));
        Assert.Equal("no spread", AlertRules.Pace(new PaceFacts("Bali", 90_000_000, 90, new decimal[40]))!.Evidence.Single(row => row.Name == "z").Value);

        var random = new Random(41);
        var alarms = Enumerable.Range(0, 2000).Count(_ => AlertRules.Pace(
            new PaceFacts("Quiet", 90_000_000, 90, [.. Enumerable.Range(0, 45).Select(_ => (decimal)(2_000_000 * random.NextDouble()))])) is not null);
        Assert.InRange(alarms / 2000.0, 0, 0.02);
    }

    [Fact]
    public void One_subject_in_ten_is_held_out_always_the_same_and_apart_for_each_kind()
    {
        var random = new Random(1);
        var bytes = new byte[16];
        var ids = Enumerable.Range(0, 20_000).Select(_ =>
        {
            random.NextBytes(bytes);
            return new Guid(bytes).ToString();
        }).ToArray();
        var (one, other) = (ids.Select(id => AlertHoldout.IsHeldOut(AlertKind.CustomerDrift, id)).ToArray(), ids.Select(id => AlertHoldout.IsHeldOut(AlertKind.CustomerTrend, id)).ToArray());
        Assert.Equal(one, ids.Select(id => AlertHoldout.IsHeldOut(AlertKind.CustomerDrift, id)));
        Assert.InRange(one.Count(held => held) / 20_000.0, 0.09, 0.11);
        Assert.InRange(one.Zip(other).Count(pair => pair.First && pair.Second) / 20_000.0, 0.005, 0.015);
    }

    [Fact]
    public void A_thousand_quiet_products_raise_next_to_nothing_and_the_bad_one_is_found()
    {
        var random = new Random(2026);
        ProductStream Product(string sku, double raised) => new(sku, sku,
        [
            .. Enumerable.Range(0, ProductIssueStore.Weeks).Select(week => new RatePeriod(SignalTests.Poisson(random, 120 * 0.02 * (week >= 44 ? raised : 1)), 120)),
        ]);
        var quiet = Enumerable.Range(0, 1000).Select(i => Product($"P{i}", 1)).ToArray();
        Assert.InRange(IssueScanJob.Alarms(quiet).Count, 0, 1);
        var found = IssueScanJob.Alarms([.. quiet, Product("BAD", 3)]);
        Assert.Contains(found, item => item.Stream.Sku == "BAD" && item.Alarm.RateRatio > 2);
        Assert.InRange(found.Count, 1, 3);
        Assert.Empty(IssueScanJob.Alarms([]));
        Assert.Empty(IssueScanJob.Alarms([new ProductStream("NEW", "NEW", new RatePeriod[ProductIssueStore.Weeks])]));
    }
}

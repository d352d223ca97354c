using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class ValuePartsTests
{
    [Fact]
    public void Margins_are_of_the_revenue_whose_cost_is_known_and_say_so()
    {
        var known = new CustomerMargin(300, 300, 180, 20, 5);
        Assert.Equal((120m, 100m, 95m), (known.Cm1, known.Cm2, known.Cm3));
        Assert.Equal(100.0 / 300, known.Rate!.Value, 12);
        Assert.Null(known.Reason);
        var partly = new CustomerMargin(300, 200, 120, 0, 0);
        Assert.Equal((80m, "cost_of_goods_partly_missing"), (partly.Cm1, partly.Reason));
        var unknown = new CustomerMargin(300, 0, 0, 20, 5);
        Assert.Equal((null, null, "cost_of_goods_missing"), (unknown.Cm3, unknown.Rate, unknown.Reason));
        // Nothing sold: costs alone are a loss, and there is no rate.
        var idle = new CustomerMargin(0, 0, 0, 0, 5);
        Assert.Equal((-5m, null), (idle.Cm3, idle.Rate));
    }

    [Fact]
    public void A_referral_is_worth_the_referee_only_where_he_would_not_have_come()
    {
        var referral = new ReferralFact(1, null, 200, 80, 10, 30);
        Assert.Equal(240 / 1.1, ReferralValue.Of(referral with { WouldHaveBought = false }, 0.5, 0.1), 12);
        Assert.Equal(50 / 1.1, ReferralValue.Of(referral with { WouldHaveBought = true }, 0.5, 0.1), 12);
        Assert.Equal(((0.25 * 270) + (0.75 * 80) - 30) / 1.1, ReferralValue.Of(referral, 0.25, 0.1), 12);
        Assert.Equal((0.5, 0.75), (ReferralValue.ShareOfTypeOne(0, 0), ReferralValue.ShareOfTypeOne(2, 2)));
    }

    [Fact]
    public void A_benefit_is_shared_out_completely_and_the_first_and_best_reports_get_most()
    {
        double[] weights = [FeedbackValue.Weight(1, 1), FeedbackValue.Weight(2, 6), FeedbackValue.Weight(0.5, 1)];
        Assert.Equal([1, 1, 0.5], weights);
        Assert.Equal(1000, weights.Sum(weight => FeedbackValue.Share(1000, weight, weights.Sum())), 9);
        Assert.Equal(0, FeedbackValue.Share(1000, 0, 0));
    }

    [Fact]
    public void Stability_needs_a_positive_mean()
    {
        Assert.Equal(1, LoyaltyValue.Stability([10, 10, 10, 10]));
        Assert.Equal(0, LoyaltyValue.Stability([40, 0, 0, 0]));
        Assert.Null(LoyaltyValue.Stability([-5, 5]));
        Assert.Null(LoyaltyValue.Stability([7]));
    }

    [Fact]
    public void A_repeat_customer_who_spent_nothing_has_a_value_and_no_NaN()
    {
        var spend = FittedModels.GammaGamma;
        foreach (var z in new[] { 0, 1e-12, 1e12 })
        {
            var (low, high) = new CustomerValueInterval(p => new BgNbd(p[0], p[1], p[2], p[3]), [0.24, 4.4, 0.8, 2.4], null, spend, null).Of(new PurchaseHistory(5000, 38, 38), z);
            Assert.True(double.IsFinite(low) && double.IsFinite(high) && low >= 0 && low <= high);
        }
    }
}

using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>Values for single customers, from parameters alone. Printed digits decide the tolerances.</summary>
public class PointValueTests
{
    private static readonly BgNbd Bg = FittedModels.BgNbd;
    private static readonly MbgNbd Mbg = FittedModels.MbgNbd;
    private static readonly ParetoNbd Pareto = FittedModels.ParetoNbd;

    [Theory]
    [InlineData(2, 30.43, 38.86, -9.459701)]
    [InlineData(1, 1.71, 38.86, -4.470438)]
    [InlineData(0, 0, 38.86, -0.553807)]
    [InlineData(7, 29.43, 38.86, -21.864831)]
    public void BG_NBD_log_likelihood(int x, double tx, double age, double expected)
    {
        var history = new PurchaseHistory(x, tx, age);
        Near.Absolute(expected, Bg.LogLikelihood(history), 1e-6);
        Near.Absolute(expected, Bg.LogLikelihood(PurchaseHistogram.Of([history]), new double[4]), 1e-6);
    }

    [Theory]
    [InlineData(2, 30.43, 38.86, 0.726609, 0.706126, 0.869119)]
    [InlineData(1, 1.71, 38.86, 0.212227, 0.170820, 0.167872)]
    [InlineData(0, 0, 38.86, 1, 0.389716, 0.295097)]
    [InlineData(26, 30.86, 31, 0.968920, 0.965553, 0.997918)]
    public void Probability_alive(int x, double tx, double age, double bg, double mbg, double pareto)
    {
        var history = new PurchaseHistory(x, tx, age);
        Near.Absolute(bg, Bg.ProbabilityAlive(history), 1e-6);
        Near.Absolute(mbg, Mbg.ProbabilityAlive(history), 1e-6);
        Near.Absolute(pareto, Pareto.ProbabilityAlive(history), 1e-6);
    }

    [Theory]
    [InlineData(2, 30.43, 38.86, 1.225910, 1.558584, 1.262671, 1.455113, 1.850784)]
    [InlineData(1, 1.71, 38.86, 0.203251, 0.259907, 0.188789, 0.170981, 0.217473)]
    [InlineData(0, 0, 38.86, 0.194781, 0.251666, 0.153954, 0.107060, 0.136171)]
    [InlineData(26, 30.86, 31, 20.750568, 25.759470, 19.448037, 20.115867, 25.456547)]
    public void Expected_purchases(int x, double tx, double age, double bg39, double bg52, double mbg39, double pareto39, double pareto52)
    {
        var history = new PurchaseHistory(x, tx, age);
        Near.Absolute(bg39, Bg.ExpectedPurchases(history, 39), 1e-6 * Math.Max(1, bg39));
        Near.Absolute(bg52, Bg.ExpectedPurchases(history, 52), 1e-6 * Math.Max(1, bg52));
        Near.Absolute(mbg39, Mbg.ExpectedPurchases(history, 39), 1e-6 * Math.Max(1, mbg39));
        Near.Absolute(pareto39, Pareto.ExpectedPurchases(history, 39), 1e-6 * Math.Max(1, pareto39));
        Near.Absolute(pareto52, Pareto.ExpectedPurchases(history, 52), 1e-6 * Math.Max(1, pareto52));
    }

    [Fact]
    public void A_customer_with_seven_repeat_purchases()
    {
        var history = new PurchaseHistory(7, 29.43, 38.86);
        Near.Absolute(0.641801, Bg.ProbabilityAlive(history), 1e-6);
        Near.Absolute(3.3371, Bg.ExpectedPurchases(history, 39), 0.005);
        Near.Absolute(3.3371, new BgNbd(0.243, 4.414, 0.793, 2.426).ExpectedPurchases(history, 39), 1e-4);
    }

    [Theory]
    [InlineData(2, 30.43, 0.445392)]
    [InlineData(1, 1.71, 0.883287)]
    [InlineData(0, 0, 0.855672)]
    [InlineData(7, 29.43, 0.364315)]
    public void BG_NBD_probability_of_no_purchase_in_39_weeks(int x, double tx, double expected) =>
        Near.Absolute(expected, Bg.ProbabilityOfNoPurchase(new PurchaseHistory(x, tx, 38.86), 39), 1e-6);

    [Theory]
    [InlineData(2, 30.43, 38.86, 6.4822)]
    [InlineData(1, 1.71, 38.86, 0.7617)]
    [InlineData(0, 0, 38.86, 0.4769)]
    [InlineData(26, 30.86, 31, 86.0309)]
    public void Pareto_NBD_discounted_expected_residual_transactions(int x, double tx, double age, double expected) =>
        Near.Absolute(expected, Pareto.DiscountedExpectedResidualTransactions(new PurchaseHistory(x, tx, age), 0.0027), 6e-5);

    [Theory]
    [InlineData(2, 30.43, 0.615137)]
    [InlineData(1, 1.71, 0.088057)]
    [InlineData(7, 29.43, 0.168608)]
    public void Overdue_score(int x, double tx, double expected) =>
        Near.Absolute(expected, Bg.OverdueScore(new PurchaseHistory(x, tx, 38.86)), 1e-6);

    [Fact]
    public void BG_NBD_expected_purchases_of_a_new_customer() => Near.AllRelative(
        [0.007816, 0.053185, 0.150632, 1.040494, 1.043737, 1.857972],
        new[] { 0.1429, 1, 3, 31.8571, 32, 78 }.Select(Bg.ExpectedPurchasesOfNewCustomer), 7e-5);

    [Fact]
    public void BG_NBD_distribution_of_purchases_is_BTYDs()
    {
        var model = new BgNbd(0.243, 4.414, 0.793, 2.426);
        Near.Relative(1.07869e-07, model.ProbabilitiesOfPurchases(10, 2)[10], 5e-6);
        Near.Absolute(0.5737864, model.ProbabilitiesOfPurchases(0, 39)[0], 5e-8);
        double[] expected =
        [
            0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638,
            0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260,
        ];
        foreach (var (want, got) in expected.Zip(model.ProbabilitiesOfPurchases(20, 30)[11..])) Near.Absolute(want, got, 6e-11);
    }

    [Fact]
    public void Pareto_NBD_expected_purchases_of_a_new_customer_are_BTYDs()
    {
        var model = new ParetoNbd(0.55, 10.56, 0.61, 11.64);
        double[] expected =
            [0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466, 0.27361274, 0.31335159, 0.35181024, 0.38909211];
        for (var t = 1; t <= 9; t++) Near.Absolute(expected[t - 1], model.ExpectedPurchasesOfNewCustomer(t), 6e-9);
    }

    [Fact]
    public void Pareto_NBD_stays_finite_for_heavy_buyers()
    {
        var model = new ParetoNbd(0.5143, 2.8845, 0.2856, 14.1087);
        PurchaseHistory[] heavy =
        [
            new(221, 103.42857, 103.57143), new(254, 97.14286, 97.28571), new(161, 94.71429, 98), new(204, 98.57143, 99.42857),
        ];
        Assert.All(heavy, history => Assert.InRange(model.ProbabilityAlive(history), 1e-12, 1));
        var other = new ParetoNbd(0.55, 10.58, 0.61, 11.67);
        Near.Relative(6.2060517889632418, other.ExpectedPurchases(new PurchaseHistory(132, 200, 200), 10), 1e-12);
        Near.Relative(6.2528722475748113, other.ExpectedPurchases(new PurchaseHistory(133, 200, 200), 10), 1e-12);
    }

    [Fact]
    public void BG_NBD_does_not_overflow_for_a_heavy_buyer_long_gone()
    {
        Assert.Equal(0, Bg.ProbabilityAlive(new PurchaseHistory(1000, 10, 100)), 1e-300);
        Assert.Equal(0, Bg.ExpectedPurchases(new PurchaseHistory(1000, 10, 100), 52), 1e-300);
    }

    [CdnowFact]
    public void Gamma_Gamma_expected_values_of_the_first_ten_customers()
    {
        var model = new GammaGamma(6.25, 3.74, 15.44);
        double[] expected = [24.66, 18.92, 35.22, 35.22, 35.22, 71.47, 18.92, 35.22, 27.29, 35.22];
        foreach (var (want, customer) in expected.Zip(Cdnow.Summary))
            Near.Absolute(want, model.ExpectedValue(customer.History.Frequency, customer.MeanRepeatValue), 0.0051);
    }

    [CdnowFact]
    public void Lifetime_value_by_the_lifetimes_convention()
    {
        var value = CustomerValue.LifetimesConvention(Bg);
        double[] expected = [36.2785, 4.6375, 8.3441];
        foreach (var (want, customer) in expected.Zip(Cdnow.Summary))
            Near.Absolute(want, value.Of(customer.History, Spend(customer)), 1e-4);
    }

    [CdnowFact]
    public void Residual_lifetime_value_of_the_sample()
    {
        double[] values = [.. Cdnow.Summary.Select(customer =>
            CustomerValue.Residual(Pareto, customer.History, Spend(customer), delta: 0.0027, marginRate: 0.3))];
        Near.AllRelative([47.9530, 4.3214, 5.0322], values[..3], 2e-5);
        Near.Absolute(33.1992, values.Average(), 5e-4);
        var oneTime = Cdnow.Summary.Zip(values).Where(pair => pair.First.History.Frequency == 0).Select(pair => pair.Second).ToArray();
        Near.Absolute(6.2870, oneTime.Average(), 1e-4);
        Near.Absolute(0.1134, oneTime.Sum() / values.Sum(), 5e-5);
    }

    [Fact]
    public void Monthly_lifetime_value_is_the_sum_of_its_definition()
    {
        var history = new PurchaseHistory(2, 30.43, 38.86);
        var expected = 0.0;
        for (var k = 1; k <= 12; k++)
        {
            double Purchases(int months) => months == 0 ? 0 : Mbg.ExpectedPurchases(history, months * 30.4375 / 7);
            expected += 0.4 * 24.66 * (Purchases(k) - Purchases(k - 1)) / Math.Pow(1.10, k * 30.4375 / 365.25);
        }
        Near.Relative(expected, CustomerValue.Monthly(Mbg).Of(history, 24.66, 0.4), 1e-12);
    }

    private static double Spend(CustomerSummary<int> customer) =>
        FittedModels.GammaGamma.ExpectedValue(customer.History.Frequency, customer.MeanRepeatValue);
}

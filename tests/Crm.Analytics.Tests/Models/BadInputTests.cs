using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>What breaks fits elsewhere: each ends with finite numbers that say what they are worth, or with a refusal.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string> Sets => [.. Bad.Keys];

    private static readonly Dictionary<string, PurchaseHistory[]> Bad = new()
    {
        ["one customer"] = [new(3, 20, 30)],
        ["one customer who bought once"] = [new(0, 0, 30)],
        ["one customer who came today"] = [new(0, 0, 0)],
        ["all x = 0"] = [.. Enumerable.Range(1, 60).Select(age => new PurchaseHistory(0, 0, age))],
        ["all t_x = T"] = [.. Enumerable.Range(1, 60).Select(age => new PurchaseHistory(1 + (age % 7), age, age))],
        ["x = 5,000"] = [.. Enumerable.Range(1, 40).Select(i => new PurchaseHistory(i % 4 == 0 ? 5000 : i % 3, i % 4 == 0 ? 99 : i % 3 == 0 ? 0 : 50, 100))],
        ["all the same"] = [.. Enumerable.Repeat(new PurchaseHistory(2, 10, 20), 100)],
    };

    [Theory]
    [MemberData(nameof(Sets))]
    public void A_fit_ends_with_finite_numbers_and_so_do_all_scores(string set)
    {
        var histories = Bad[set];
        var histogram = PurchaseHistogram.Of(histories);
        Check(BgNbd.Fit(histogram));
        Check(MbgNbd.Fit(histogram));
        Check(ParetoNbd.Fit(histogram));

        void Check<TModel>(ModelFit<TModel> fit)
            where TModel : IPurchaseModel
        {
            Assert.True(double.IsFinite(fit.LogLikelihood), $"{fit}");
            Assert.All(fit.StandardErrors, error => Assert.True(error is null || (double.IsFinite(error.Value) && error > 0)));
            var value = CustomerValue.Monthly(fit.Model);
            Assert.All(histories.Append(new PurchaseHistory(5000, 100, 100)).Append(new PurchaseHistory(0, 0, 0)), history =>
            {
                Assert.InRange(fit.Model.ProbabilityAlive(history), 0, 1);
                Assert.InRange(fit.Model.ExpectedPurchases(history, 52), 0, double.MaxValue);
                Assert.InRange(value.Of(history, 100), 0, double.MaxValue);
            });
        }
    }

    [Fact]
    public void Repeat_customers_of_no_value_are_left_out_of_the_fit_of_spend_and_still_get_a_value()
    {
        RepeatSpend[] buyers = [.. Enumerable.Range(1, 200).Select(i => new RepeatSpend(1 + (i % 5), 20 + (i * 37 % 50)))];
        var clean = GammaGamma.Fit(buyers);
        var dirty = GammaGamma.Fit([.. buyers, new RepeatSpend(4, 0), new RepeatSpend(2, -10), new RepeatSpend(0, 5), new RepeatSpend(3, double.NaN)]);
        Assert.Equal((clean.Model, clean.Customers), (dirty.Model, dirty.Customers));
        Assert.InRange(clean.Model.ExpectedValue(4, 0), 0.01, clean.Model.PopulationMean);
    }

    [Fact]
    public void One_buyer_is_enough_for_a_finite_fit_of_spend()
    {
        var fit = GammaGamma.Fit([new RepeatSpend(3, 25)]);
        Assert.True(double.IsFinite(fit.LogLikelihood) && double.IsFinite(fit.Model.PopulationMean), $"{fit}");
        Assert.All(fit.StandardErrors, error => Assert.True(error is null || double.IsFinite(error.Value)));
    }
}

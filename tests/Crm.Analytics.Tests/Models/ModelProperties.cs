using Crm.Analytics.Models;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Analytics.Tests.Models;

/// <summary>What must hold for any parameters and any history, also absurd ones.</summary>
public class ModelProperties
{
    private static readonly Gen<double> Positive = Between(-4, 4).Select(exponent => Math.Pow(10, exponent));
    private static readonly Gen<double> Share = Gen.OneOf(Gen.Constant(1e-4), Gen.Constant(1.0), Between(0.001, 1));

    private static readonly Gen<PurchaseHistory> Histories =
        from x in Gen.Frequency((15, Gen.Choose(0, 3)), (15, Gen.Choose(0, 200)), (1, Gen.Constant(5000)))
        from age in Gen.OneOf(Gen.Constant(0.0), Between(0, 3).Select(exponent => Math.Pow(10, exponent)))
        from share in Share
        select age == 0 ? default : new PurchaseHistory(x, x == 0 ? 0 : share * age, age);

    private static readonly Gen<double[]> FourParameters = Positive.ArrayOf(4);

    private static readonly Gen<IPurchaseModel> Models =
        from p in FourParameters
        from kind in Gen.Choose(0, 2)
        select kind switch
        {
            0 => (IPurchaseModel)new BgNbd(p[0], p[1], p[2], p[3]),
            1 => new MbgNbd(p[0], p[1], p[2], p[3]),
            _ => new ParetoNbd(p[0], p[1], p[2], p[3]),
        };

    private static Gen<double> Between(double low, double high) =>
        Gen.Choose(0, 1_000_000).Select(step => low + (high - low) * step / 1_000_000);

    private static void ForAll<T>(Gen<T> gen, int tests, Func<T, bool> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(20_250_101, 1),
            Prop.ForAll(gen.ToArbitrary(), holds));

    [Fact]
    public void Probability_alive_and_overdue_score_are_probabilities() => ForAll(
        from model in Models from history in Histories select (model, history), 5000,
        sample => sample.model.ProbabilityAlive(sample.history) is >= 0 and <= 1 && sample.model.OverdueScore(sample.history) is >= 0 and <= 1);

    [Fact]
    public void Expected_purchases_are_finite_not_negative_and_grow_with_the_horizon() => ForAll(
        from model in Models from history in Histories from t in Between(0.1, 300) select (model, history, t), 2000,
        sample =>
        {
            var sooner = sample.model.ExpectedPurchases(sample.history, sample.t);
            var later = sample.model.ExpectedPurchases(sample.history, 1.5 * sample.t);
            return double.IsFinite(later) && sooner >= -1e-9 && later >= sooner - 1e-9 * Math.Max(1, Math.Abs(sooner));
        });

    [Fact]
    public void Nobody_is_expected_to_buy_more_than_his_rate_allows() => ForAll(
        from p in FourParameters from history in Histories from t in Between(0.1, 300) select (p, history, t), 2000,
        sample =>
        {
            // Without dropout: (r+x)/(α+T) t.
            var (p, history, t) = sample;
            var most = (p[0] + history.Frequency) / (p[1] + history.Age) * t;
            return new BgNbd(p[0], p[1], p[2], p[3]).ExpectedPurchasesIfAlive(history.Frequency, history.Age, t) <= most * (1 + 1e-9) + 1e-9;
        });

    [Fact]
    public void Expected_purchases_equal_the_published_formula_where_that_can_be_computed() => ForAll(
        from p in Between(0.1, 4).ArrayOf(4)
        from x in Gen.Choose(0, 8)
        from age in Between(0, 60)
        from t in Between(1, 60)
        where Math.Abs(p[2] - 1) > 0.01 && p[2] + p[3] + x - 1 > 0.05
        select (p, x, age, t), 2000,
        sample =>
        {
            var (p, x, age, t) = sample;
            var (r, alpha, a, b) = (p[0], 5 * p[1], p[2], p[3]);
            var z = t / (alpha + age + t);
            var published = (a + b + x - 1) / (a - 1)
                * (1 - Math.Pow(1 - z, r + x) * SpecialFunctions.Hypergeometric2F1(r + x, b + x, a + b + x - 1, z));
            var ours = new BgNbd(r, alpha, a, b).ExpectedPurchasesIfAlive(x, age, t);
            return Math.Abs(ours - published) <= 1e-9 * Math.Max(1, published) / Math.Abs(a - 1);
        });

    [Fact]
    public void No_singularity_at_a_equal_to_one()
    {
        foreach (var offset in new[] { 0, 1e-15, 1e-12, -1e-9, 1e-6 })
            Near.Relative(new BgNbd(0.5, 5, 1 + 1e-4, 2).ExpectedPurchasesIfAlive(3, 20, 30),
                new BgNbd(0.5, 5, 1 + offset, 2).ExpectedPurchasesIfAlive(3, 20, 30), 1e-4);
    }

    [Fact]
    public void The_gradients_are_those_of_finite_differences() => ForAll(
        from p in Between(-1, 1).Select(exponent => Math.Pow(10, exponent)).ArrayOf(4)
        from customers in Histories.NonEmptyListOf()
        select (p, customers: PurchaseHistogram.Of([.. customers])), 300,
        sample => GradientFits((p, g) => new BgNbd(p[0], p[1], p[2], p[3]).LogLikelihood(sample.customers, g), sample.p)
            && GradientFits((p, g) => new MbgNbd(p[0], p[1], p[2], p[3]).LogLikelihood(sample.customers, g), sample.p)
            && GradientFits((p, g) => new GammaGamma(p[0], 1 + p[1], p[2]).LogLikelihood(
                Enumerable.Range(0, sample.customers.Rows).Select(row =>
                    new RepeatSpend(sample.customers[row].History.Frequency % 50, 1 + row)), g), sample.p[..3]));

    [Fact]
    public void The_likelihood_of_a_histogram_is_the_sum_over_its_customers() => ForAll(
        from p in FourParameters from customers in Histories.NonEmptyListOf() select (p, customers), 500,
        sample =>
        {
            var p = sample.p;
            var (bg, mbg) = (new BgNbd(p[0], p[1], p[2], p[3]), new MbgNbd(p[0], p[1], p[2], p[3]));
            var histogram = PurchaseHistogram.Of([.. sample.customers]);
            return Same(bg.LogLikelihood(histogram, new double[4]), sample.customers.Sum(history => bg.LogLikelihood(history)))
                && Same(mbg.LogLikelihood(histogram, new double[4]), sample.customers.Sum(history => mbg.LogLikelihood(history)));
        });

    /// <summary>Sets that break fits: few customers, no repeat purchase, all equal, thousands of purchases, last purchase at the end.</summary>
    [Fact]
    public void Fits_of_nasty_data_end_with_finite_numbers_and_say_whether_they_converged() => ForAll(
        Gen.OneOf(
            Histories.Select(history => new[] { history }),
            Histories.Select(history => Enumerable.Repeat(history, 50).ToArray()),
            Histories.NonEmptyListOf().Select(histories => histories.ToArray()),
            Histories.ArrayOf(100).Select(histories => Array.ConvertAll(histories, history =>
                new PurchaseHistory(0, 0, history.Age))),
            Histories.ArrayOf(100).Select(histories => Array.ConvertAll(histories, history =>
                history with { Recency = history.Frequency == 0 ? 0 : history.Age }))),
        50,
        customers =>
        {
            var histogram = PurchaseHistogram.Of(customers);
            return Usable(BgNbd.Fit(histogram)) && Usable(MbgNbd.Fit(histogram)) && Usable(ParetoNbd.Fit(histogram));

            bool Usable<TModel>(ModelFit<TModel> fit) where TModel : IPurchaseModel => fit.Diagnostics.Converged
                && double.IsFinite(fit.LogLikelihood) && fit.StandardErrors.All(error => error is null or > 0)
                && customers.All(history => fit.Model.ProbabilityAlive(history) is >= 0 and <= 1
                    && double.IsFinite(fit.Model.ExpectedPurchases(history, 39)));
        });

    private static bool GradientFits(Func<double[], double[], double> logLikelihood, double[] p)
    {
        var (gradient, unused) = (new double[p.Length], new double[p.Length]);
        var value = logLikelihood(p, gradient);
        for (var i = 0; i < p.Length; i++)
        {
            var step = 1e-5 * p[i];
            double[] above = [.. p], below = [.. p];
            above[i] += step;
            below[i] -= step;
            var difference = (logLikelihood(above, unused) - logLikelihood(below, unused)) / (2 * step);
            if (Math.Abs(difference - gradient[i]) > 1e-6 * Math.Abs(gradient[i]) + 1e-8 * Math.Max(1, Math.Abs(value)) / p[i]) return false;
        }
        return true;
    }

    private static bool Same(double a, double b) => Math.Abs(a - b) <= 1e-9 * Math.Max(1, Math.Abs(a));
}

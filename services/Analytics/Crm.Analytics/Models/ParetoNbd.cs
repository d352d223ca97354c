namespace Crm.Analytics.Models;

/// <summary>
/// Pareto/NBD of Schmittlein, Morrison and Colombo (1987), Management Science 33(1), 1-24: purchases at a gamma(r, α) rate, lifetimes
/// exponential with a gamma(s, β) rate. Expressions as in Fader and Hardie (2005), "A note on deriving the Pareto/NBD model and
/// related expressions" (brucehardie.com, note 009).
/// </summary>
/// <param name="R">Shape of the gamma distribution of purchase rates.</param>
/// <param name="Alpha">Its rate, in the time unit of the histories.</param>
/// <param name="S">Shape of the gamma distribution of dropout rates.</param>
/// <param name="Beta">Its rate, in the time unit of the histories.</param>
public sealed record ParetoNbd(double R, double Alpha, double S, double Beta) : IPurchaseModel
{
    public static ModelFit<ParetoNbd> Fit(PurchaseHistogram customers, FitOptions? options = null, CancellationToken cancellationToken = default) =>
        ParetoNbdLikelihood.Fit(customers, options, cancellationToken);

    public double LogLikelihood(in PurchaseHistory history)
    {
        var x = history.Frequency;
        var alive = LogAlive(x, history.Age);
        return SpecialFunctions.LogGamma(R + x) - SpecialFunctions.LogGamma(R) + R * Math.Log(Alpha) + S * Math.Log(Beta)
            + alive + BetaGeometric.SoftPlus(LogDropout(history) - alive);
    }

    /// <summary>P(alive) = 1 / (1 + (s/k) (α+T)^(r+x) (β+T)^s A₀), k = r+s+x.</summary>
    public double ProbabilityAlive(in PurchaseHistory history) =>
        1 / (1 + Math.Exp(LogDropout(history) - LogAlive(history.Frequency, history.Age)));

    /// <summary>(r+x)(β+T) / ((α+T)(s-1)) [1 - ((β+T)/(β+T+t))^(s-1)]; the logarithm in the limit s = 1.</summary>
    public double ExpectedPurchasesIfAlive(int frequency, double age, double t)
    {
        var log = SpecialFunctions.Log1P(t / (Beta + age));
        var power = (1 - S) * log;
        var lifetime = Math.Abs(power) < 1e-300 ? log : SpecialFunctions.ExpM1(power) / (1 - S);
        return (R + frequency) * (Beta + age) / (Alpha + age) * lifetime;
    }

    public double ExpectedPurchases(in PurchaseHistory history, double t) =>
        ProbabilityAlive(history) * ExpectedPurchasesIfAlive(history.Frequency, history.Age, t);

    public double ExpectedPurchasesOfNewCustomer(double t) => ExpectedPurchasesIfAlive(0, 0, t);

    public double OverdueScore(in PurchaseHistory history) =>
        Math.Exp(-(R + history.Frequency) * SpecialFunctions.Log1P((history.Age - history.Recency) / (Alpha + history.Recency)));

    /// <summary>
    /// DERT, discounted expected residual transactions over an infinite horizon, continuously discounted at rate delta per time unit
    /// (Fader, Hardie and Lee 2005, "RFM and CLV", Journal of Marketing Research 42(4)): P(alive) · (r+x)/(α+T) · ∫ e^(-δt) S(t) dt with
    /// S(t) = ((β+T)/(β+T+t))^s, which is the published expression in Tricomi's U.
    /// </summary>
    public double DiscountedExpectedResidualTransactions(in PurchaseHistory history, double delta) =>
        ProbabilityAlive(history) * (R + history.Frequency) * (Beta + history.Age) / (Alpha + history.Age)
        * SpecialFunctions.ScaledExponentialIntegral(S, delta * (Beta + history.Age));

    private double LogAlive(int frequency, double age) => -(R + frequency) * Math.Log(Alpha + age) - S * Math.Log(Beta + age);

    /// <summary>ln((s/k) A₀).</summary>
    private double LogDropout(in PurchaseHistory history)
    {
        var x = history.Frequency;
        return Math.Log(S / (R + S + x))
            + LogDifference(LogF(R, Alpha, S, Beta, x, history.Recency), LogF(R, Alpha, S, Beta, x, history.Age));
    }

    /// <summary>ln(e^first - e^second), first ≥ second; -∞ where they are equal (last purchase at the end of the observation).</summary>
    internal static double LogDifference(double first, double second) =>
        second >= first ? double.NegativeInfinity : first + Math.Log(-SpecialFunctions.ExpM1(second - first));

    /// <summary>
    /// ln of 2F1(k, h; k+1; (M-m)/(M+t)) / (M+t)^k with M = max(α, β), m = min, k = r+s+x, h = s+1 or r+x: after Euler's
    /// transformation a 2F1(1, k+1-h; k+1; ·), which neither overflows nor slows down with x.
    /// </summary>
    internal static double LogF(double r, double alpha, double s, double beta, int x, double t)
    {
        var k = r + s + x;
        var (most, least) = alpha >= beta ? (alpha, beta) : (beta, alpha);
        var h = alpha >= beta ? s + 1 : r + x;
        var z = (most - least) / (most + t);
        return -k * Math.Log(most + t) + (1 - h) * Math.Log((least + t) / (most + t))
            + Math.Log(SpecialFunctions.Hypergeometric2F1WithUnit(k + 1 - h, k + 1, z));
    }
}

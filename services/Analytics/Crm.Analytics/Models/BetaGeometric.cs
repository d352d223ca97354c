namespace Crm.Analytics.Models;

/// <summary>
/// What BG/NBD (Fader, Hardie and Lee 2005) and MBG/NBD (Batislam, Denizel and Filiztekin 2007) share: purchases at a gamma(r, α)
/// rate, and a beta(a, b) chance of dropping out at each opportunity. The models differ only in the opportunities that a customer
/// with x repeat purchases has had: k = x in BG/NBD (after each repeat purchase), k = x + 1 in MBG/NBD (also after the first).
/// </summary>
internal readonly record struct BetaGeometric(double R, double Alpha, double A, double B, int FirstPurchase)
{
    private const int MostTerms = 100_000;

    /// <summary>P(alive) = 1 / (1 + [k &gt; 0] a/(b+k-1) ((α+T)/(α+t_x))^(r+x)).</summary>
    public double ProbabilityAlive(in PurchaseHistory history)
    {
        var k = history.Frequency + FirstPurchase;
        return k == 0 ? 1 : 1 / (1 + Math.Exp(LogDropoutOdds(history, k)));
    }

    /// <summary>Log-likelihood of one customer.</summary>
    public double LogLikelihood(in PurchaseHistory history)
    {
        var x = history.Frequency;
        var k = x + FirstPurchase;
        var rate = SpecialFunctions.LogGamma(R + x) - SpecialFunctions.LogGamma(R) + R * Math.Log(Alpha)
            - (R + x) * Math.Log(Alpha + history.Age);
        return k == 0 ? rate : rate + SpecialFunctions.LogBeta(A, B + k) - SpecialFunctions.LogBeta(A, B)
            + SoftPlus(LogDropoutOdds(history, k));
    }

    public double OverdueScore(in PurchaseHistory history) =>
        Math.Exp(-(R + history.Frequency) * SpecialFunctions.Log1P((history.Age - history.Recency) / (Alpha + history.Recency)));

    /// <summary>P(Y(t) = 0) = 1 - P(alive) (1 - ((α+T)/(α+T+t))^(r+x)).</summary>
    public double ProbabilityOfNoPurchase(in PurchaseHistory history, double t) =>
        1 + ProbabilityAlive(history) * SpecialFunctions.ExpM1(-(R + history.Frequency) * SpecialFunctions.Log1P(t / (Alpha + history.Age)));

    /// <summary>
    /// (a+b'+x-1)/(a-1) [1 - (1-z)^(r+x) 2F1(r+x, b'+x; a+b'+x-1; z)], z = t/(α+T+t), b' = b, or b+1 in MBG/NBD. Euler's
    /// transformation turns the bracket into 1 - (1-z)^ε 2F1(a+b'-1-r, ε; a+b'+x-1; z), ε = a-1, whose series starts 1 + ε S: so
    /// nothing is divided by ε (a = 1 is regular) nor by a+b'+x-1, and large x converges faster instead of overflowing.
    /// </summary>
    public double ExpectedPurchasesIfAlive(int frequency, double age, double t)
    {
        if (!(t > 0)) return 0;
        var (bx, epsilon, tau) = (B + FirstPurchase + frequency, A - 1, t / (Alpha + age));
        var (c, first, z) = (A + bx - 1, A + B + FirstPurchase - 1 - R, tau / (1 + tau));
        // Elsewhere the series alternates, is slow, overflows or cancels.
        var isBenign = first >= -5 && z <= 0.98 && R + frequency - epsilon >= -3 && A <= 100 && B <= 1000;
        if (!isBenign) return ByQuadrature(R + frequency, tau, A, bx);
        var logRest = -SpecialFunctions.Log1P(tau);
        var power = epsilon * logRest;
        var linear = Math.Abs(power) < 1e-300 ? logRest : SpecialFunctions.ExpM1(power) / epsilon;
        return -c * linear - Math.Exp(power) * Series(first, A, c + 1, z);
    }

    /// <summary>Σ_{n≥1} (p)_n (q)_{n-1} / ((s)_{n-1} n!) zⁿ.</summary>
    private static double Series(double p, double q, double s, double z)
    {
        var term = p * z;
        var sum = term;
        for (var n = 1; n < MostTerms && term != 0; n++)
        {
            term *= (p + n) * (q + n - 1) / ((s + n - 1) * (n + 1)) * z;
            sum += term;
            if (Math.Abs(term) < 1e-17 * Math.Abs(sum) && n > -p) break;
        }
        return sum;
    }

    /// <summary>
    /// The same expectation from its definition, E[(1 - (1+pτ)^(-R))/p] over a dropout probability p ~ beta(a, b), by the trapezoidal
    /// rule in logit(p), which converges exponentially (Trefethen and Weideman 2014). Far out the integrand is exactly geometric.
    /// </summary>
    private static double ByQuadrature(double shape, double tau, double a, double b)
    {
        var width = Math.Sqrt(1 / a + 1 / b);
        var step = Math.Min(0.25, width / 2);
        var (lowest, highest) = (-40 - Math.Max(0, Math.Log(shape * tau)), 40.0);
        var centre = Math.Clamp(Math.Log(a / b), lowest, highest);
        var peak = LogDensity(centre);
        var (purchases, mass) = (Purchases(centre), 1.0);
        for (var side = -1; side <= 1; side += 2)
        {
            for (var node = 1; ; node++)
            {
                var logit = centre + side * node * step;
                var weight = Math.Exp(LogDensity(logit) - peak);
                var value = weight * Purchases(logit);
                mass += weight;
                purchases += value;
                if (weight < 1e-18 * mass && value < 1e-18 * purchases) break;
                if (logit > lowest && logit < highest) continue;
                var rest = 1 / SpecialFunctions.ExpM1((side < 0 ? a : b) * step);
                mass += weight * rest;
                purchases += value * rest;
                break;
            }
        }
        return purchases / mass;

        double LogDensity(double logit) => -a * SoftPlus(-logit) - b * SoftPlus(logit);

        double Purchases(double logit)
        {
            var p = 1 / (1 + Math.Exp(-logit));
            return p * tau * shape < 1e-17 ? shape * tau : -SpecialFunctions.ExpM1(-shape * SpecialFunctions.Log1P(p * tau)) / p;
        }
    }

    private double LogDropoutOdds(in PurchaseHistory history, int k) => Math.Log(A) - Math.Log(B + k - 1)
        + (R + history.Frequency) * SpecialFunctions.Log1P((history.Age - history.Recency) / (Alpha + history.Recency));

    internal static double SoftPlus(double u) => Math.Max(u, 0) + SpecialFunctions.Log1P(Math.Exp(-Math.Abs(u)));
}

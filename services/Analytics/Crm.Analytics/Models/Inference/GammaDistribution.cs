namespace Crm.Analytics.Models.Inference;

/// <summary>Regularised incomplete gamma functions, and what follows from them: tails of χ², of the normal and exact limits of a Poisson mean.</summary>
public static class GammaDistribution
{
    private const int MaxTerms = 100_000;

    /// <summary>P(a, x): the distribution function of a gamma variable with shape a and scale 1. Series DLMF 8.7.1.</summary>
    public static double Lower(double a, double x)
    {
        if (!(a > 0)) throw new ArgumentOutOfRangeException(nameof(a), a, "A shape above 0.");
        if (!(x > 0)) return 0;
        if (double.IsPositiveInfinity(x)) return 1;
        if (x >= a + 1) return 1 - Fraction(a, x);
        var term = 1 / a;
        var sum = term;
        for (var n = 1; n < MaxTerms && term > sum * 1e-17; n++)
        {
            term *= x / (a + n);
            sum += term;
        }

        return sum * Math.Exp((a * Math.Log(x)) - x - SpecialFunctions.LogGamma(a));
    }

    /// <summary>Q(a, x) = 1 - P(a, x), exact in the far tail too.</summary>
    public static double Upper(double a, double x) => x >= a + 1 ? double.IsPositiveInfinity(x) ? 0 : Fraction(a, x) : 1 - Lower(a, x);

    /// <summary>x with P(a, x) = p, by bisection.</summary>
    public static double Quantile(double p, double a)
    {
        if (!(p > 0 && p < 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A probability between 0 and 1.");
        var (low, high) = (0.0, a + 1);
        while (Lower(a, high) < p) high *= 2;
        for (var step = 0; step < 200 && high - low > 1e-13 * high; step++)
        {
            var middle = (low + high) / 2;
            if (Lower(a, middle) < p) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>P(χ² with <paramref name="degrees"/> degrees of freedom is above <paramref name="statistic"/>).</summary>
    public static double ChiSquareTail(double statistic, double degrees) => Upper(degrees / 2, statistic / 2);

    /// <summary>P(|Z| above |z|) of a standard normal Z.</summary>
    public static double NormalTwoSided(double z) => Upper(0.5, z * z / 2);

    /// <summary>P(Z above z).</summary>
    public static double NormalUpper(double z) => z >= 0 ? NormalTwoSided(z) / 2 : 1 - (NormalTwoSided(z) / 2);

    /// <summary>P(N at least <paramref name="count"/>) of a Poisson variable.</summary>
    public static double PoissonAtLeast(long count, double mean) => count <= 0 ? 1 : Lower(count, mean);

    /// <summary>Exact interval of a Poisson mean from one count (Garwood 1936).</summary>
    public static (double Low, double High) PoissonInterval(long count, double confidence)
    {
        var tail = (1 - confidence) / 2;
        return (count == 0 ? 0 : Quantile(tail, count), Quantile(1 - tail, count + 1));
    }

    /// <summary>Continued fraction DLMF 8.9.2 by the modified Lentz method.</summary>
    private static double Fraction(double a, double x)
    {
        const double Tiny = 1e-300;
        var b = x + 1 - a;
        var c = 1 / Tiny;
        var d = 1 / b;
        var h = d;
        for (var n = 1; n < MaxTerms; n++)
        {
            var an = -n * (n - a);
            b += 2;
            d = (an * d) + b;
            if (Math.Abs(d) < Tiny) d = Tiny;
            c = b + (an / c);
            if (Math.Abs(c) < Tiny) c = Tiny;
            d = 1 / d;
            h *= d * c;
            if (Math.Abs((d * c) - 1) <= 1e-16) break;
        }

        return Math.Exp((a * Math.Log(x)) - x - SpecialFunctions.LogGamma(a)) * h;
    }
}

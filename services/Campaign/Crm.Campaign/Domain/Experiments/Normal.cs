namespace Crm.Campaign.Domain.Experiments;

/// <summary>The standard normal distribution, to about 1e-14. DLMF = NIST Digital Library of Mathematical Functions.</summary>
internal static class Normal
{
    private const double SeriesUpTo = 2.5;

    public static double Cdf(double z) => z < 0 ? UpperTail(-z) : 1 - UpperTail(z);

    /// <summary>P(Z &gt; z), without cancellation for large z.</summary>
    public static double UpperTail(double z)
    {
        if (double.IsNaN(z)) return double.NaN;
        if (z < 0) return 1 - UpperTail(-z);
        return 0.5 * Erfc(z / Math.Sqrt(2));
    }

    /// <summary>z with P(Z &lt;= z) = p, by bisection: it is asked for once a question, and cannot fail to converge.</summary>
    public static double Quantile(double p)
    {
        if (!(p > 0 && p < 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A probability between 0 and 1.");
        var (low, high) = (-40.0, 40.0);
        while (high - low > 1e-14 * Math.Max(1, Math.Abs(low)))
        {
            var middle = (low + high) / 2;
            if (middle == low || middle == high) break;
            if (Cdf(middle) < p) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>For x &gt;= 0: series DLMF 7.6.1 near 0, continued fraction DLMF 7.9.1 beyond.</summary>
    private static double Erfc(double x)
    {
        if (x < SeriesUpTo)
        {
            var (term, sum) = (x, x);
            for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            {
                term *= -x * x / n;
                sum += term / ((2 * n) + 1);
            }

            return 1 - (2 / Math.Sqrt(Math.PI) * sum);
        }

        var fraction = x;
        for (var k = 60; k >= 1; k--) fraction = x + (k / 2.0 / fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}

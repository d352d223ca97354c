namespace Crm.Analytics.Models;

/// <summary>Student's t distribution with any positive number of degrees of freedom.</summary>
public static class StudentT
{
    private const int MaxTerms = 10_000;

    /// <summary>P(|T| &gt; |t|) = I_x(ν/2, 1/2), x = ν/(ν+t²) (DLMF 8.17).</summary>
    public static double TwoSided(double t, double degrees) => IncompleteBeta(degrees / 2, 0.5, degrees / (degrees + (t * t)));

    /// <summary>t with P(|T| &gt; t) = p, by bisection.</summary>
    public static double Critical(double p, double degrees)
    {
        if (!(p > 0 && p < 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A probability between 0 and 1.");
        var (low, high) = (0.0, 2.0);
        while (TwoSided(high, degrees) > p) high *= 2;
        for (var step = 0; step < 200 && high - low > 1e-13 * high; step++)
        {
            var middle = (low + high) / 2;
            if (TwoSided(middle, degrees) > p) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>Regularised incomplete beta function: continued fraction DLMF 8.17.22 by the modified Lentz method, mirrored where it would be slow.</summary>
    public static double IncompleteBeta(double a, double b, double x)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        if (x > (a + 1) / (a + b + 2)) return 1 - IncompleteBeta(b, a, 1 - x);

        const double Tiny = 1e-300;
        var (f, c, d) = (1.0, 1.0, 1 - ((a + b) * x / (a + 1)));
        d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
        f = d;
        for (var m = 1; m <= MaxTerms; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            Step(even);
            var delta = Step(odd);
            if (Math.Abs(delta - 1) <= 1e-15) break;
        }

        return Math.Exp((a * Math.Log(x)) + (b * SpecialFunctions.Log1P(-x)) - SpecialFunctions.LogBeta(a, b)) / a * f;

        double Step(double coefficient)
        {
            d = 1 + (coefficient * d);
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = 1 + (coefficient / c);
            if (Math.Abs(c) < Tiny) c = Tiny;
            f *= c * d;
            return c * d;
        }
    }
}

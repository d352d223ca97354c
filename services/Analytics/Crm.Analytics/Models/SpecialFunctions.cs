namespace Crm.Analytics.Models;

/// <summary>The special functions that .NET lacks. DLMF = NIST Digital Library of Mathematical Functions.</summary>
public static class SpecialFunctions
{
    private const double HalfLogTwoPi = 0.91893853320467274178;
    private const double StirlingFrom = 15;
    private const int MaxTerms = 20_000;

    /// <summary>ln Γ(x) for x &gt; 0: Stirling's series (DLMF 5.11.1) after shifting x above 15 by the recurrence.</summary>
    public static double LogGamma(double x)
    {
        if (!(x > 0)) return double.NaN;
        var product = 1.0;
        var shift = 0.0;
        while (x < StirlingFrom)
        {
            product *= x;
            x += 1;
        }
        if (product != 1.0) shift = Math.Log(product);
        var y = 1 / (x * x);
        var series = (1.0 / 12 + y * (-1.0 / 360 + y * (1.0 / 1260 + y * (-1.0 / 1680 + y * (1.0 / 1188 + y * (-691.0 / 360360
            + y * (1.0 / 156))))))) / x;
        return (x - 0.5) * Math.Log(x) - x + HalfLogTwoPi + series - shift;
    }

    /// <summary>ψ(x) = d ln Γ(x)/dx for x &gt; 0 (DLMF 5.11.2).</summary>
    public static double Digamma(double x)
    {
        if (!(x > 0)) return double.NaN;
        var shift = 0.0;
        while (x < StirlingFrom)
        {
            shift += 1 / x;
            x += 1;
        }
        var y = 1 / (x * x);
        return Math.Log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132
            - y * (691.0 / 32760)))))) - shift;
    }

    /// <summary>ln B(a, b).</summary>
    public static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    /// <summary>e^x - 1 without cancellation near 0 (Kahan).</summary>
    public static double ExpM1(double x)
    {
        var u = Math.Exp(x);
        if (u == 1.0) return x;
        var difference = u - 1;
        if (difference == -1.0 || double.IsInfinity(u)) return difference;
        return Math.Abs(x) < 1 ? difference * x / Math.Log(u) : difference;
    }

    /// <summary>ln(1 + x) without cancellation near 0 (Kahan).</summary>
    public static double Log1P(double x)
    {
        var u = 1 + x;
        if (u == 1.0) return x;
        return double.IsInfinity(u) ? u : Math.Log(u) * x / (u - 1);
    }

    /// <summary>
    /// Tables by integer: logs[k] = ln Γ(c+k) - ln Γ(c) and derivatives[k] = ψ(c+k) - ψ(c), k = 0..length-1. Purchase counts are
    /// integers, so one pass over them replaces every ln Γ of a likelihood.
    /// </summary>
    public static void RisingFactorialTable(double c, Span<double> logs, Span<double> derivatives)
    {
        CompensatedSum log = default, derivative = default;
        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] = log.Value;
            derivatives[k] = derivative.Value;
            log.Add(Math.Log(c + k));
            derivative.Add(1 / (c + k));
        }
    }

    /// <summary>
    /// Gauss's 2F1(a, b; c; z) for z &lt; 1, c &gt; 0. Negative z by Pfaff's transformation (DLMF 15.8.1); where c-a-b &lt; 0 Euler's,
    /// so that the series does not grow; result as is (may overflow where the function does).
    /// </summary>
    public static double Hypergeometric2F1(double a, double b, double c, double z)
    {
        if (z is double.NaN or >= 1) return double.NaN;
        if (z < 0) return Math.Exp(-a * Log1P(-z)) * Hypergeometric2F1(a, c - b, c, z / (z - 1));
        return c - a - b < 0 && c - a > 0 && c - b > 0
            ? Math.Exp((c - a - b) * Log1P(-z)) * Series(c - a, c - b, c, z)
            : Series(a, b, c, z);

        static double Series(double a, double b, double c, double z)
        {
            var (term, sum) = (1.0, 1.0);
            for (var n = 0; n < 100 * MaxTerms && term != 0; n++)
            {
                term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z;
                sum += term;
                if (Math.Abs(term) < 1e-17 * Math.Abs(sum) && n > -a && n > -b) break;
            }
            return sum;
        }
    }

    /// <summary>
    /// 2F1(1, b; c; z) for 0 ≤ z &lt; 1 and c ≥ b &gt; 0 by Gauss's continued fraction (DLMF 15.7.1), which needs some ten steps where
    /// the series needs hundreds; evaluated by the modified Lentz method.
    /// </summary>
    public static double Hypergeometric2F1WithUnit(double b, double c, double z)
    {
        if (z == 0) return 1;
        // 2F1 = 1 / f, f = 1 - u1 z / (1 - u2 z / (1 - ...)).
        var (f, numerator, inverseDenominator) = (1.0, 1.0, 0.0);
        for (var j = 1; j <= MaxTerms; j++)
        {
            var n = j / 2;
            var u = j % 2 == 1
                ? (b + n) * (n == 0 ? 1 : (c - 1 + n) / (c + 2 * n - 1)) / (c + 2 * n)
                : n * (c - b + n - 1) / ((c + 2 * n - 2) * (c + 2 * n - 1));
            inverseDenominator = 1 / (1 - u * z * inverseDenominator);
            numerator = 1 - u * z / numerator;
            var delta = numerator * inverseDenominator;
            f *= delta;
            if (Math.Abs(delta - 1) <= 2e-16) break;
        }
        return 1 / f;
    }

    /// <summary>
    /// e^z E_s(z) for z &gt; 0, s &gt; 0, with E_s the generalised exponential integral: continued fraction DLMF 8.19.17. Equals
    /// ∫₀^∞ e^(-zu) (1+u)^(-s) du = U(1, 2-s, z) = z^(s-1) U(s, s, z), U being Tricomi's function.
    /// </summary>
    public static double ScaledExponentialIntegral(double s, double z)
    {
        var b = z + s;
        var c = 1e300;
        var d = 1 / b;
        var h = d;
        for (var i = 1; i < 50 * MaxTerms; i++)
        {
            var a = -i * (s - 1 + i);
            b += 2;
            d = 1 / (a * d + b);
            c = b + a / c;
            var delta = c * d;
            h *= delta;
            if (Math.Abs(delta - 1) <= 4e-16) break;
        }
        return h;
    }
}

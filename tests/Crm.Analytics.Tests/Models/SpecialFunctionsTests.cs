using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

public class SpecialFunctionsTests
{
    [Theory]
    [InlineData(1e-5, 11.512919692895827)]
    [InlineData(0.5, 0.57236494292470008)]
    [InlineData(1, 0)]
    [InlineData(2.5, 0.28468287047291916)]
    [InlineData(100, 359.13420536957540)]
    [InlineData(1e5, 1051287.7089736566)]
    public void Log_gamma(double x, double expected) =>
        Near.Absolute(expected, SpecialFunctions.LogGamma(x), 2e-15 * Math.Max(4, Math.Abs(expected)));

    [Theory]
    [InlineData(1, -0.57721566490153286)]
    [InlineData(0.5, -1.9635100260214235)]
    [InlineData(10, 2.2517525890667211)]
    public void Digamma(double x, double expected) => Near.Absolute(expected, SpecialFunctions.Digamma(x), 5e-15);

    /// <summary>Elementary cases: 2F1(1,1;2;z) = -ln(1-z)/z, 2F1(a,b;b;z) = (1-z)^-a, 2F1(1/2,1;3/2;-z²) = arctan(z)/z.</summary>
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.97)]
    public void Hypergeometric_function_in_elementary_cases(double z)
    {
        Near.Relative(-Math.Log(1 - z) / z, SpecialFunctions.Hypergeometric2F1(1, 1, 2, z), 1e-13);
        Near.Relative(Math.Pow(1 - z, -2.3), SpecialFunctions.Hypergeometric2F1(2.3, 1.7, 1.7, z), 1e-12);
        Near.Relative(Math.Atan(z) / z, SpecialFunctions.Hypergeometric2F1(0.5, 1, 1.5, -z * z), 1e-13);
        Near.Relative(-Math.Log(1 - z) / z, SpecialFunctions.Hypergeometric2F1WithUnit(1, 2, z), 1e-14);
    }

    [Fact]
    public void Continued_fraction_equals_series()
    {
        foreach (var b in new[] { 0.3, 1.6, 20, 800 })
            foreach (var excess in new[] { 0.01, 1, 7.5, 300 })
                foreach (var z in new[] { 0.001, 0.3, 0.9, 0.995 })
                    Near.Relative(SpecialFunctions.Hypergeometric2F1(1, b, b + excess, z),
                        SpecialFunctions.Hypergeometric2F1WithUnit(b, b + excess, z), 1e-11);
    }

    /// <summary>E₁(1) = 0.21938393439552..., E₂(z) = e^-z - z E₁(z), and E_s by quadrature of its integral.</summary>
    [Fact]
    public void Scaled_exponential_integral()
    {
        Near.Relative(Math.E * 0.21938393439552029, SpecialFunctions.ScaledExponentialIntegral(1, 1), 1e-13);
        foreach (var z in new[] { 0.01, 0.135, 2, 30 })
            Near.Relative(1 - z * SpecialFunctions.ScaledExponentialIntegral(1, z), SpecialFunctions.ScaledExponentialIntegral(2, z), 1e-11);
    }

    [Fact]
    public void Table_by_integer_equals_the_functions()
    {
        var (logs, derivatives) = (new double[5001], new double[5001]);
        SpecialFunctions.RisingFactorialTable(0.2426, logs, derivatives);
        foreach (var k in new[] { 0, 1, 2, 50, 5000 })
        {
            Near.Absolute(SpecialFunctions.LogGamma(0.2426 + k) - SpecialFunctions.LogGamma(0.2426), logs[k], 1e-15 * Math.Max(10, logs[k]));
            Near.Absolute(SpecialFunctions.Digamma(0.2426 + k) - SpecialFunctions.Digamma(0.2426), derivatives[k], 1e-13);
        }
    }

    [Fact]
    public void Expm1_and_log1p_keep_small_arguments()
    {
        foreach (var x in new[] { 1e-300, 1e-17, -1e-10, 1e-8, -1e-4 })
        {
            Near.Relative(x + x * x / 2 + x * x * x / 6 + x * x * x * x / 24, SpecialFunctions.ExpM1(x), 1e-14);
            Near.Relative(x - x * x / 2 + x * x * x / 3 - x * x * x * x / 4, SpecialFunctions.Log1P(x), 1e-14);
        }
        Assert.Equal(-1, SpecialFunctions.ExpM1(-800));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.ExpM1(800));
    }
}

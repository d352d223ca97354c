namespace Crm.Analytics.Tests.Models;

internal static class Near
{
    public static void Absolute(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance, $"expected {expected:R} ± {tolerance}, got {actual:R}");

    public static void Relative(double expected, double actual, double tolerance) =>
        Absolute(expected, actual, tolerance * Math.Abs(expected));

    public static void AllRelative(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance)
    {
        Assert.Equal(expected.Count(), actual.Count());
        foreach (var (want, got) in expected.Zip(actual)) Relative(want, got, tolerance);
    }
}

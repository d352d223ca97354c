namespace Crm.Analytics.Models;

/// <summary>One arm: how many, how many of them bought, and what they spent.</summary>
/// <param name="Variance">Of spend among its customers, n - 1 in the denominator.</param>
public readonly record struct EffectArm(long Customers, long Converted, double Mean, double Variance)
{
    public double Rate => Customers == 0 ? 0 : (double)Converted / Customers;
}

/// <summary>A difference between treated and held out, with its interval.</summary>
/// <param name="Statistic">z or t.</param>
/// <param name="P">Two-sided.</param>
public readonly record struct Lift(double Difference, double Low, double High, double Statistic, double P);

/// <summary>
/// Intention to treat: everybody who was assigned counts, reached or not, so that the two groups differ in the campaign alone. Formulas of
/// the project's definition of campaign effect.
/// </summary>
public static class CampaignEffect
{
    public const string FormulaVersion = "campaign-effect/1";

    /// <summary>p_T - p_C; interval of Newcombe (1998, method 10: from the two Wilson intervals), z with the unpooled variance.</summary>
    public static Lift Conversion(EffectArm treated, EffectArm holdout, double confidence)
    {
        var z = NormalCritical(1 - confidence);
        var ((lowT, highT), (lowC, highC)) = (Wilson(treated, z), Wilson(holdout, z));
        var (p, q) = (treated.Rate, holdout.Rate);
        var difference = p - q;
        var error = Math.Sqrt((p * (1 - p) / treated.Customers) + (q * (1 - q) / holdout.Customers));
        var statistic = error > 0 ? difference / error : 0;
        return new Lift(
            difference, difference - Math.Sqrt(Square(p - lowT) + Square(highC - q)), difference + Math.Sqrt(Square(highT - p) + Square(q - lowC)),
            statistic, error > 0 ? NormalTwoSided(statistic) : 1);
    }

    /// <summary>mean_T - mean_C of revenue per assigned customer; Welch's t with Satterthwaite's degrees of freedom. Null with fewer than two in an arm.</summary>
    public static Lift? Revenue(EffectArm treated, EffectArm holdout, double confidence)
    {
        if (treated.Customers < 2 || holdout.Customers < 2) return null;
        var (a, b) = (treated.Variance / treated.Customers, holdout.Variance / holdout.Customers);
        var difference = treated.Mean - holdout.Mean;
        if (a + b <= 0) return new Lift(difference, difference, difference, 0, difference == 0 ? 1 : 0);

        var error = Math.Sqrt(a + b);
        var degrees = Square(a + b) / ((Square(a) / (treated.Customers - 1)) + (Square(b) / (holdout.Customers - 1)));
        var margin = StudentT.Critical(1 - confidence, degrees) * error;
        return new Lift(difference, difference - margin, difference + margin, difference / error, StudentT.TwoSided(difference / error, degrees));
    }

    /// <summary>Of all treated customers together: N_T times the lift of one, the interval with it.</summary>
    public static Lift Times(Lift perCustomer, double factor) =>
        perCustomer with { Difference = perCustomer.Difference * factor, Low = perCustomer.Low * factor, High = perCustomer.High * factor };

    /// <summary>(I - cost) / cost; the cost is known, so that the interval of I carries over.</summary>
    public static Lift Roi(Lift incremental, double cost) => incremental with
    {
        Difference = (incremental.Difference - cost) / cost, Low = (incremental.Low - cost) / cost, High = (incremental.High - cost) / cost,
    };

    private static (double Low, double High) Wilson(EffectArm arm, double z)
    {
        var (n, p) = ((double)arm.Customers, arm.Rate);
        var (centre, spread) = (p + (z * z / (2 * n)), z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n))));
        var scale = 1 + (z * z / n);
        return (arm.Converted == 0 ? 0 : (centre - spread) / scale, arm.Converted == arm.Customers ? 1 : (centre + spread) / scale);
    }

    // The t distribution with so many degrees of freedom is the normal one to more digits than are shown.
    private const double Many = 1e9;

    private static double NormalCritical(double p) => StudentT.Critical(p, Many);

    private static double NormalTwoSided(double z) => StudentT.TwoSided(z, Many);

    private static double Square(double x) => x * x;
}

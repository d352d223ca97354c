namespace Crm.Analytics.Models;

/// <summary>Draws customers from the models' worlds; the same seed gives the same population.</summary>
public static class PurchaseSimulation
{
    /// <summary>
    /// One customer of a BG/NBD world: days of the repeat purchases, counted from the first purchase, within the observed days. Model
    /// in weeks.
    /// </summary>
    public static List<double> PurchaseDays(BgNbd world, double observedDays, Random random)
    {
        var rate = Gamma(world.R, random) / world.Alpha / 7;
        var dropout = Beta(world.A, world.B, random);
        var days = new List<double>();
        for (var day = Exponential(rate, random); day <= observedDays; day += Exponential(rate, random))
        {
            days.Add(day);
            if (random.NextDouble() < dropout) break;
        }
        return days;
    }

    /// <summary>The history of one customer of a BG/NBD world; t_x on the grid of days that an event log has.</summary>
    public static PurchaseHistory History(BgNbd world, int observedDays, Random random)
    {
        var days = PurchaseDays(world, observedDays, random);
        return new PurchaseHistory(days.Count, days.Count == 0 ? 0 : Math.Ceiling(days[^1]) / 7, observedDays / 7.0);
    }

    /// <summary>One customer of a Pareto/NBD world.</summary>
    public static PurchaseHistory History(ParetoNbd world, double observed, Random random)
    {
        var rate = Gamma(world.R, random) / world.Alpha;
        var lifetime = Exponential(Gamma(world.S, random) / world.Beta, random);
        var (frequency, recency) = (0, 0.0);
        for (var time = Exponential(rate, random); time <= Math.Min(lifetime, observed); time += Exponential(rate, random))
            (frequency, recency) = (frequency + 1, time);
        return new PurchaseHistory(frequency, recency, observed);
    }

    /// <summary>A customer's mean purchase value and then values around it, in a Gamma-Gamma world.</summary>
    public static IEnumerable<double> PurchaseValues(GammaGamma world, int purchases, Random random)
    {
        var rate = Gamma(world.Q, random) / world.V;
        for (var i = 0; i < purchases; i++) yield return Gamma(world.P, random) / rate;
    }

    /// <summary>Gamma(shape, 1) by Marsaglia and Tsang (2000).</summary>
    public static double Gamma(double shape, Random random)
    {
        if (shape < 1) return Gamma(shape + 1, random) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        var d = shape - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var root = 1 + c * normal;
            if (root <= 0) continue;
            var v = root * root * root;
            if (Math.Log(1 - random.NextDouble()) < 0.5 * normal * normal + d - d * v + d * Math.Log(v)) return d * v;
        }
    }

    public static double Beta(double a, double b, Random random)
    {
        var (first, second) = (Gamma(a, random), Gamma(b, random));
        return first + second > 0 ? first / (first + second) : 0.5;
    }

    private static double Exponential(double rate, Random random) => -Math.Log(1 - random.NextDouble()) / rate;
}

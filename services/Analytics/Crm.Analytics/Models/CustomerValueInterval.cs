namespace Crm.Analytics.Models;

/// <summary>
/// Interval of what a customer will bring: draws of the parameters (normal in the logarithms, by the inverse Hessian), and for each of
/// them what chance does to the customer: alive or not, a purchase rate from its posterior gamma(r+x), Poisson purchases. From the 5th
/// to the 95th percentile; the same seed gives the same interval.
/// </summary>
public sealed class CustomerValueInterval
{
    public const int Draws = 200;
    private readonly (IPurchaseModel Model, double R, CustomerValue Value, GammaGamma Spend)[] _draws;
    private readonly ulong _seed;

    /// <param name="model">From parameters in the order of the fit, r first.</param>
    /// <param name="parameters">Where the fit ended.</param>
    /// <param name="months">Horizon.</param>
    public CustomerValueInterval(
        Func<double[], IPurchaseModel> model, double[] parameters, double[,]? logCovariance, GammaGamma spend, double[,]? spendLogCovariance,
        int months = 12, double annualDiscountRate = 0.10, ulong seed = 20_100_601)
    {
        _seed = seed;
        var random = new SplitMix(seed);
        var (root, spendRoot) = (Cholesky(logCovariance, parameters.Length), Cholesky(spendLogCovariance, 3));
        double[] spendLogs = [spend.P, spend.Q - 1, spend.V];
        _draws = new (IPurchaseModel, double, CustomerValue, GammaGamma)[Draws];
        for (var i = 0; i < Draws; i++)
        {
            var money = Draw(spendLogs, spendRoot, random);
            var drawn = Draw(parameters, root, random);
            var purchases = model(drawn);
            _draws[i] = (purchases, drawn[0], CustomerValue.Monthly(purchases, months, annualDiscountRate), new GammaGamma(money[0], 1 + money[1], money[2]));
        }
    }

    /// <param name="marginRate">m: 1 gives CLV in revenue.</param>
    public (double Low, double High) Of(in PurchaseHistory history, double meanRepeatValue, double marginRate = 1)
    {
        // The customer's own stream, so that the interval depends on the customer alone.
        var random = new SplitMix(_seed ^ (ulong)BitConverter.DoubleToInt64Bits((history.Frequency * 1e6) + (history.Recency * 1e3) + history.Age));
        var values = new double[Draws];
        for (var i = 0; i < Draws; i++)
        {
            var (model, r, value, spend) = _draws[i];
            var alive = model.ProbabilityAlive(history);
            if (random.Next() >= alive) continue;
            var shape = r + history.Frequency;
            var expected = value.DiscountedPurchases(history) / alive * random.Gamma(shape) / shape;
            values[i] = marginRate * spend.ExpectedValue(history.Frequency, meanRepeatValue) * Poisson(Math.Max(0, expected), random);
        }

        Array.Sort(values);
        return (values[(int)(0.05 * Draws)], values[(int)(0.95 * Draws) - 1]);
    }

    private static double[] Draw(double[] parameters, double[,]? root, SplitMix random)
    {
        var n = parameters.Length;
        var drawn = (double[])parameters.Clone();
        if (root is null) return drawn;
        Span<double> normal = stackalloc double[n];
        for (var i = 0; i < n; i++) normal[i] = random.Normal();
        for (var i = 0; i < n; i++)
        {
            var shift = 0.0;
            for (var j = 0; j <= i; j++) shift += root[i, j] * normal[j];
            // A parameter that the data hardly determine must not run off.
            drawn[i] = parameters[i] * Math.Exp(Math.Clamp(shift, -5, 5));
        }

        return drawn;
    }

    private static double[,]? Cholesky(double[,]? matrix, int n)
    {
        if (matrix is null || matrix.GetLength(0) != n) return null;
        var root = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[i, j];
                for (var k = 0; k < j; k++) sum -= root[i, k] * root[j, k];
                // A row of zeros is a parameter on a bound: it stays there.
                root[i, j] = i == j ? Math.Sqrt(Math.Max(0, sum)) : root[j, j] > 0 ? sum / root[j, j] : 0;
            }
        }

        return root;
    }

    private static double Poisson(double mean, SplitMix random)
    {
        if (mean > 50) return Math.Max(0, Math.Round(mean + (Math.Sqrt(mean) * random.Normal())));
        var (count, product, limit) = (0, random.Next(), Math.Exp(-mean));
        for (; product > limit; count++) product *= random.Next();
        return count;
    }

    /// <summary>SplitMix64 of Steele, Lea and Flood (2014): small, and the same on every platform.</summary>
    private sealed class SplitMix(ulong state)
    {
        private ulong _state = state;

        public double Next()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }

        /// <summary>Gamma(shape, 1) by Marsaglia and Tsang (2000).</summary>
        public double Gamma(double shape)
        {
            if (shape < 1) return Gamma(shape + 1) * Math.Pow(1 - Next(), 1 / shape);
            var (d, c) = (shape - (1.0 / 3), 1 / Math.Sqrt(9 * (shape - (1.0 / 3))));
            while (true)
            {
                var normal = Normal();
                var root = 1 + (c * normal);
                if (root <= 0) continue;
                var v = root * root * root;
                if (Math.Log(1 - Next()) < (0.5 * normal * normal) + d - (d * v) + (d * Math.Log(v))) return d * v;
            }
        }

        public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Next())) * Math.Cos(2 * Math.PI * Next());
    }
}

namespace Crm.Analytics.Models;

/// <summary>x purchases at n opportunities, the last at opportunity t_x (0 where x = 0); n counts those after the first purchase.</summary>
public readonly record struct DiscreteHistory(int Purchases, int LastPurchase, int Opportunities)
{
    public bool IsValid => Opportunities >= 0 && (Purchases == 0 ? LastPurchase == 0 : Purchases > 0 && Purchases <= LastPurchase && LastPurchase <= Opportunities);
}

/// <summary>
/// BG/BB of Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting", Marketing Science
/// 29(6), 1086-1108: at each opportunity a living customer buys with probability p ~ beta(α, β), and dies before the next with θ ~ beta(γ, δ).
/// </summary>
public sealed record BgBb(double Alpha, double Beta, double Gamma, double Delta)
{
    private static readonly string[] Names = ["alpha", "beta", "gamma", "delta"];

    /// <exception cref="ArgumentException">No customers, or an entry is not <see cref="DiscreteHistory.IsValid"/>.</exception>
    public static ModelFit<BgBb> Fit(IEnumerable<(DiscreteHistory History, long Customers)> counted, FitOptions? options = null, CancellationToken cancellationToken = default)
    {
        var rows = counted.Where(row => row.Customers > 0).GroupBy(row => row.History).Select(group => (History: group.Key, Customers: group.Sum(row => row.Customers)))
            .OrderBy(row => row.History.Opportunities).ThenBy(row => row.History.Purchases).ThenBy(row => row.History.LastPurchase).ToArray();
        if (rows.Length == 0 || !rows.All(row => row.History.IsValid)) throw new ArgumentException("No customers, or not a history", nameof(counted));
        // Differences leave noise of some 1e-10 in the gradient.
        var settings = (options ?? new FitOptions()) with { Tolerance = Math.Max(options?.Tolerance ?? 0, 1e-7) };
        return new MaximumLikelihood(Names, [1, 1, 1, 2], [1, 1, 1, 1], [0, 0, 0, 0], Evaluate, rows.Sum(row => row.Customers),
            rows.Sum(row => (double)row.Customers * row.History.Purchases), settings).Fit(p => new BgBb(p[0], p[1], p[2], p[3]), cancellationToken);

        double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
        {
            const double Step = 1e-4;
            var p = parameters.ToArray();
            for (var i = 0; i < p.Length; i++)
            {
                var centre = p[i];
                p[i] = centre * (1 + Step);
                var above = Sum(p);
                p[i] = centre * (1 - Step);
                gradient[i] = (above - Sum(p)) / (2 * Step * centre);
                p[i] = centre;
            }

            return Sum(p);
        }

        double Sum(double[] p)
        {
            var model = new BgBb(p[0], p[1], p[2], p[3]);
            CompensatedSum sum = default;
            foreach (var (history, customers) in rows) sum.Add(customers * model.LogLikelihood(history));
            return sum.Value;
        }
    }

    public double LogLikelihood(in DiscreteHistory history)
    {
        var (x, last, n) = (history.Purchases, history.LastPurchase, history.Opportunities);
        var likelihood = LogAlive(x, n);
        for (var i = 0; i < n - last; i++)
        {
            likelihood = LogAdd(likelihood, SpecialFunctions.LogBeta(Alpha + x, Beta + last - x + i) + SpecialFunctions.LogBeta(Gamma + 1, Delta + last + i) - LogPrior);
        }

        return likelihood;
    }

    /// <summary>P(alive at opportunity n + 1 + <paramref name="later"/>), equation 11 of the paper.</summary>
    public double ProbabilityAlive(in DiscreteHistory history, int later = 0) => Math.Exp(
        SpecialFunctions.LogBeta(Alpha + history.Purchases, Beta + history.Opportunities - history.Purchases)
        + SpecialFunctions.LogBeta(Gamma, Delta + history.Opportunities + 1 + later) - LogPrior - LogLikelihood(history));

    /// <summary>E[purchases at the next opportunities | x, t_x, n]: Σ_j P(alive at n+j) E[p | alive], equation 13 of the paper.</summary>
    public double ExpectedPurchases(in DiscreteHistory history, int opportunities)
    {
        var mean = (Alpha + history.Purchases) / (Alpha + Beta + history.Opportunities);
        CompensatedSum alive = default;
        for (var j = 0; j < opportunities; j++) alive.Add(ProbabilityAlive(history, j));
        return mean * alive.Value;
    }

    /// <summary>P(X(n) = x) of a new customer, x = 0..n, equation 7 of the paper.</summary>
    public double[] ProbabilitiesOfPurchases(int opportunities)
    {
        var (n, result) = (opportunities, new double[opportunities + 1]);
        for (var x = 0; x <= n; x++)
        {
            CompensatedSum sum = default;
            sum.Add(Math.Exp(LogChoose(n, x) + LogAlive(x, n)));
            for (var t = x; t < n; t++)
            {
                sum.Add(Math.Exp(LogChoose(t, x) + SpecialFunctions.LogBeta(Alpha + x, Beta + t - x) + SpecialFunctions.LogBeta(Gamma + 1, Delta + t) - LogPrior));
            }

            result[x] = sum.Value;
        }

        return result;
    }

    private double LogPrior => SpecialFunctions.LogBeta(Alpha, Beta) + SpecialFunctions.LogBeta(Gamma, Delta);

    private double LogAlive(int x, int n) => SpecialFunctions.LogBeta(Alpha + x, Beta + n - x) + SpecialFunctions.LogBeta(Gamma, Delta + n) - LogPrior;

    private static double LogChoose(int n, int k) => SpecialFunctions.LogGamma(n + 1) - SpecialFunctions.LogGamma(k + 1) - SpecialFunctions.LogGamma(n - k + 1);

    private static double LogAdd(double u, double v) => Math.Max(u, v) + SpecialFunctions.Log1P(Math.Exp(-Math.Abs(u - v)));
}

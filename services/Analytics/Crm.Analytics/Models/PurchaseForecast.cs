using System.Collections.Concurrent;

namespace Crm.Analytics.Models;

/// <summary>
/// E[Y(t)] at fixed horizons for many customers: the factor that does not depend on the last purchase is computed once per distinct
/// (x, T). Thread-safe.
/// </summary>
public sealed class PurchaseForecast(IPurchaseModel model, params double[] horizons)
{
    private readonly ConcurrentDictionary<(int Frequency, double Age), double[]> _ifAlive = new();

    public IPurchaseModel Model => model;
    public IReadOnlyList<double> Horizons => horizons;

    /// <summary>f(x, T, t) at every horizon: times P(alive), expected purchases.</summary>
    public ReadOnlySpan<double> ExpectedIfAlive(int frequency, double age) =>
        _ifAlive.GetOrAdd((frequency, age), static (key, self) => self.Compute(key.Frequency, key.Age), this);

    /// <summary>E[Y(t)] at every horizon.</summary>
    public void Expected(in PurchaseHistory history, Span<double> expected)
    {
        var alive = model.ProbabilityAlive(history);
        var factors = ExpectedIfAlive(history.Frequency, history.Age);
        for (var i = 0; i < factors.Length; i++) expected[i] = alive * factors[i];
    }

    private double[] Compute(int frequency, double age) => Array.ConvertAll(horizons, t => model.ExpectedPurchasesIfAlive(frequency, age, t));
}

namespace Crm.Analytics.Models;

/// <summary>
/// Downhill simplex (Nelder and Mead 1965, adaptive coefficients of Gao and Han 2012): slow, but needs no gradient. The fall-back
/// where <see cref="Bfgs"/> stalls.
/// </summary>
public static class NelderMead
{
    /// <returns>The best point and its value; the caller judges convergence by the gradient there.</returns>
    public static (double[] Point, double Value, int Evaluations) Minimise(
        Func<double[], double> objective, ReadOnlySpan<double> start, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper,
        int maxEvaluations = 2000, CancellationToken cancellationToken = default)
    {
        var n = start.Length;
        var (expansion, contraction, shrink) = (1 + 2.0 / n, 0.75 - 0.5 / n, 1 - 1.0 / n);
        var (low, high) = (lower.ToArray(), upper.ToArray());
        var evaluations = 0;
        var simplex = new (double[] Point, double Value)[n + 1];
        for (var i = 0; i <= n; i++)
        {
            var vertex = start.ToArray();
            if (i > 0) vertex[i - 1] += vertex[i - 1] + 0.5 <= high[i - 1] ? 0.5 : -0.5;
            simplex[i] = Evaluate(vertex);
        }
        while (evaluations < maxEvaluations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Sort(simplex, (a, b) => a.Value.CompareTo(b.Value));
            if (simplex[n].Value - simplex[0].Value <= 1e-13 * Math.Max(1, Math.Abs(simplex[0].Value))) break;
            var centre = new double[n];
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) centre[j] += simplex[i].Point[j] / n;
            var reflected = Along(centre, 1);
            if (reflected.Value < simplex[0].Value)
            {
                var expanded = Along(centre, expansion);
                simplex[n] = expanded.Value < reflected.Value ? expanded : reflected;
                continue;
            }
            if (reflected.Value < simplex[n - 1].Value)
            {
                simplex[n] = reflected;
                continue;
            }
            var contracted = Along(centre, reflected.Value < simplex[n].Value ? contraction : -contraction);
            if (contracted.Value < Math.Min(reflected.Value, simplex[n].Value))
            {
                simplex[n] = contracted;
                continue;
            }
            for (var i = 1; i <= n; i++)
                simplex[i] = Evaluate([.. simplex[i].Point.Zip(simplex[0].Point, (own, best) => best + shrink * (own - best))]);
        }
        var optimum = simplex.MinBy(vertex => vertex.Value);
        return (optimum.Point, optimum.Value, evaluations);

        (double[] Point, double Value) Along(double[] centre, double factor) =>
            Evaluate([.. centre.Zip(simplex[n].Point, (middle, worst) => middle + factor * (middle - worst))]);

        (double[] Point, double Value) Evaluate(double[] vertex)
        {
            for (var i = 0; i < n; i++) vertex[i] = Math.Clamp(vertex[i], low[i], high[i]);
            var value = objective(vertex);
            evaluations++;
            return (vertex, double.IsNaN(value) ? double.PositiveInfinity : value);
        }
    }
}

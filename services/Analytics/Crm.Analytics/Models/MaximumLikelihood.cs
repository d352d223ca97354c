namespace Crm.Analytics.Models;

/// <summary>How to search; the defaults fit every data set seen.</summary>
/// <param name="Threads">-1 = all processors. The result does not depend on it.</param>
/// <param name="Tolerance">On the gradient of the mean log-likelihood per purchase in log-parameters.</param>
public sealed record FitOptions(int Threads = -1, double Tolerance = 1e-8, int MaxIterations = 300);

/// <summary>How the search went. A fit that did not converge still carries the best point found.</summary>
/// <param name="Method">"BFGS", or "BFGS, Nelder-Mead" where the fall-back ran.</param>
/// <param name="OnBound">Names of parameters that ended on the edge of the permitted range: the data want a limiting case.</param>
public sealed record FitDiagnostics(
    bool Converged, string Method, int Iterations, int Evaluations, double GradientNorm, IReadOnlyList<string> OnBound);

/// <param name="StandardErrors">By parameter, from the inverse Hessian; null where the likelihood does not determine it.</param>
/// <param name="LogCovariance">Covariance of the logarithms of the parameters (for parametric bootstraps); null likewise.</param>
/// <param name="Customers">n that the likelihood counts.</param>
public sealed record ModelFit<TModel>(
    TModel Model, double LogLikelihood, IReadOnlyList<double?> StandardErrors, double[,]? LogCovariance, FitDiagnostics Diagnostics,
    long Customers);

/// <summary>
/// Maximum likelihood over positive parameters: searched in their logarithms, mean log-likelihood per purchase as objective; BFGS,
/// then BFGS from other starts, then Nelder-Mead from the best point with a last BFGS.
/// </summary>
internal sealed class MaximumLikelihood(
    string[] names, double[] start, double[] scale, double[] floor, Objective logLikelihood, long customers, double purchases,
    FitOptions options)
{
    /// <summary>
    /// Parameters stay between these multiples of their scale. Small shapes are real (hardly anybody comes back); shapes of 10^4 mean
    /// that customers do not differ, and beyond them the likelihood only loses digits.
    /// </summary>
    private const double Smallest = 1e-6;
    private const double Largest = 1e4;
    private static readonly double[] OtherStarts = [0.2, 5, 0.02, 50];

    private readonly int _n = names.Length;
    private readonly double _observations = customers + purchases;
    private int _evaluations;
    private int _iterations;

    /// <summary>parameter = floor + scale * e^point.</summary>
    public double[] Parameters(ReadOnlySpan<double> point)
    {
        var parameters = new double[_n];
        for (var i = 0; i < _n; i++) parameters[i] = floor[i] + scale[i] * Math.Exp(point[i]);
        return parameters;
    }

    public ModelFit<TModel> Fit<TModel>(Func<double[], TModel> model, CancellationToken cancellationToken)
    {
        double[] lower = [.. Enumerable.Repeat(Math.Log(Smallest), _n)], upper = [.. Enumerable.Repeat(Math.Log(Largest), _n)];
        double[] first = [.. start.Select(component => Math.Log(component))];
        var method = "BFGS";
        var best = Search(first);
        for (var i = 0; i < OtherStarts.Length && !best.Converged; i++)
            best = Better(best, Search([.. first.Select(component => component + Math.Log(OtherStarts[i]))]));
        if (!best.Converged)
        {
            method = "BFGS, Nelder-Mead";
            var unused = new double[_n];
            var simplex = NelderMead.Minimise(point => Negative(point, unused), best.Point, lower, upper, 2000, cancellationToken);
            best = Better(best, Search(simplex.Point));
        }
        var parameters = Parameters(best.Point);
        var covariance = Covariance(best.Point, best.OnBound);
        double?[] errors = [.. Enumerable.Range(0, _n).Select(i =>
            covariance is null || best.OnBound[i] ? (double?)null : (parameters[i] - floor[i]) * Math.Sqrt(covariance[i, i]))];
        string[] onBound = [.. names.Where((_, i) => best.OnBound[i])];
        var diagnostics = new FitDiagnostics(best.Converged, method, _iterations, _evaluations, best.GradientNorm, onBound);
        return new(model(parameters), -best.Value * _observations, errors, covariance, diagnostics, customers);

        OptimisationResult Search(double[] from)
        {
            var result = Bfgs.Minimise(Negative, from, lower, upper, options.Tolerance, options.MaxIterations, cancellationToken);
            _iterations += result.Iterations;
            return result;
        }
    }

    private static OptimisationResult Better(OptimisationResult a, OptimisationResult b) =>
        !double.IsFinite(a.Value) || b.Value < a.Value || (b.Converged && b.Value <= a.Value + 1e-12) ? b : a;

    /// <summary>Mean negative log-likelihood per purchase (first ones included) and its gradient in the logarithms.</summary>
    private double Negative(ReadOnlySpan<double> point, Span<double> gradient)
    {
        _evaluations++;
        var parameters = Parameters(point);
        var value = -logLikelihood(parameters, gradient) / _observations;
        for (var i = 0; i < _n; i++) gradient[i] *= -(parameters[i] - floor[i]) / _observations;
        return value;
    }

    /// <summary>Inverse of the Hessian (central differences of the gradient) over the parameters that are not on a bound.</summary>
    private double[,]? Covariance(double[] point, bool[] onBound)
    {
        const double Step = 1e-3;
        int[] free = [.. Enumerable.Range(0, _n).Where(i => !onBound[i])];
        var hessian = new double[free.Length, free.Length];
        double[] above = new double[_n], below = new double[_n];
        for (var i = 0; i < free.Length; i++)
        {
            var shifted = (double[])point.Clone();
            shifted[free[i]] = point[free[i]] + Step;
            Negative(shifted, above);
            shifted[free[i]] = point[free[i]] - Step;
            Negative(shifted, below);
            for (var j = 0; j < free.Length; j++) hessian[i, j] = (above[free[j]] - below[free[j]]) / (2 * Step) * _observations;
        }
        if (InverseOfSymmetric(hessian) is not { } inverse) return null;
        var covariance = new double[_n, _n];
        for (var i = 0; i < free.Length; i++)
            for (var j = 0; j < free.Length; j++) covariance[free[i], free[j]] = inverse[i, j];
        return covariance;
    }

    /// <summary>By Cholesky's decomposition; null where the matrix is not positive definite in working precision.</summary>
    private static double[,]? InverseOfSymmetric(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        var l = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = (matrix[i, j] + matrix[j, i]) / 2;
                for (var k = 0; k < j; k++) sum -= l[i, k] * l[j, k];
                if (i == j && !(sum > 1e-10 * Math.Abs(matrix[i, i]))) return null;
                l[i, j] = i == j ? Math.Sqrt(sum) : sum / l[j, j];
            }
        }
        var inverse = new double[n, n];
        for (var column = 0; column < n; column++)
        {
            var x = new double[n];
            for (var i = 0; i < n; i++)
            {
                x[i] = i == column ? 1 : 0;
                for (var k = 0; k < i; k++) x[i] -= l[i, k] * x[k];
                x[i] /= l[i, i];
            }
            for (var i = n - 1; i >= 0; i--)
            {
                for (var k = i + 1; k < n; k++) x[i] -= l[k, i] * x[k];
                x[i] /= l[i, i];
                inverse[i, column] = x[i];
            }
        }
        return inverse;
    }
}

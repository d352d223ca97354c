namespace Crm.Analytics.Models;

/// <summary>Value at a point; writes the gradient. A value that is not finite marks the point as out of reach.</summary>
public delegate double Objective(ReadOnlySpan<double> point, Span<double> gradient);

/// <summary>Where a minimisation ended: always the best point seen, also when it did not converge.</summary>
/// <param name="Point">Best point.</param>
/// <param name="Value">Objective there.</param>
/// <param name="GradientNorm">Largest component of the gradient that the bounds do not hold back.</param>
/// <param name="OnBound">Which components ended on a bound with the objective still falling beyond it.</param>
public sealed record OptimisationResult(
    double[] Point, double Value, double GradientNorm, bool Converged, int Iterations, int Evaluations, bool[] OnBound);

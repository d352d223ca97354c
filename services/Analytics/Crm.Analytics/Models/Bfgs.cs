namespace Crm.Analytics.Models;

/// <summary>
/// Quasi-Newton minimisation (Broyden, Fletcher, Goldfarb, Shanno) inside a box, for a handful of parameters: weak Wolfe line search
/// by bisection and expansion (Nocedal and Wright 2006, chapters 3 and 6; Lewis and Overton 2013), components held on a bound while
/// the objective falls outward.
/// </summary>
public static class Bfgs
{
    private const double SufficientDecrease = 1e-4;
    private const double Curvature = 0.9;
    private const double LongestStep = 2;
    private const int LineSearchTrials = 50;

    /// <param name="tolerance">Converged when no free component of the gradient is larger.</param>
    public static OptimisationResult Minimise(
        Objective objective, ReadOnlySpan<double> start, double[] lower, double[] upper,
        double tolerance = 1e-8, int maxIterations = 300, CancellationToken cancellationToken = default)
    {
        var n = start.Length;
        var point = start.ToArray();
        for (var i = 0; i < n; i++) point[i] = Math.Clamp(point[i], lower[i], upper[i]);
        var gradient = new double[n];
        var value = objective(point, gradient);
        var evaluations = 1;
        var held = Held(point, gradient, lower, upper);
        var inverse = Identity(n);
        var isSteepest = true;
        var (trial, trialGradient, direction) = (new double[n], new double[n], new double[n]);
        var iteration = 0;
        if (!double.IsFinite(value)) return Result(false);

        for (; iteration < maxIterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Norm(gradient, held) <= tolerance) return Result(true);
            var slope = Descend();
            if (slope >= 0 && !isSteepest)
            {
                (inverse, isSteepest) = (Identity(n), true);
                slope = Descend();
            }
            var longest = LongestFeasible(point, direction, lower, upper);
            if (!Search(slope, longest, out var trialValue))
            {
                // No step lowers the value by more than its rounding error.
                var isAtRounding = Norm(gradient, held) <= 100 * tolerance;
                if (isAtRounding || isSteepest) return Result(isAtRounding);
                (inverse, isSteepest) = (Identity(n), true);
                continue;
            }
            Update(inverse, point, trial, gradient, trialGradient, ref isSteepest);
            (point, trial) = (trial, point);
            (gradient, trialGradient) = (trialGradient, gradient);
            value = trialValue;
            var nowHeld = Held(point, gradient, lower, upper);
            if (!nowHeld.AsSpan().SequenceEqual(held)) (inverse, isSteepest) = (Identity(n), true);
            held = nowHeld;
        }
        return Result(Norm(gradient, held) <= tolerance);

        double Descend()
        {
            var slope = 0.0;
            var largest = 0.0;
            for (var i = 0; i < n; i++)
            {
                direction[i] = 0;
                if (held[i]) continue;
                for (var j = 0; j < n; j++)
                    if (!held[j]) direction[i] -= inverse[i, j] * gradient[j];
                largest = Math.Max(largest, Math.Abs(direction[i]));
            }
            var scale = largest > LongestStep ? LongestStep / largest : 1;
            for (var i = 0; i < n; i++) slope += (direction[i] *= scale) * gradient[i];
            return slope;
        }

        bool Search(double slope, double longest, out double trialValue)
        {
            var (low, high, step) = (0.0, double.PositiveInfinity, Math.Min(1.0, longest));
            var rounding = 1e-15 * Math.Max(1, Math.Abs(value));
            trialValue = value;
            for (var attempt = 0; attempt < LineSearchTrials; attempt++)
            {
                for (var i = 0; i < n; i++) trial[i] = Math.Clamp(point[i] + step * direction[i], lower[i], upper[i]);
                if (trial.AsSpan().SequenceEqual(point)) return false;
                trialValue = objective(trial, trialGradient);
                evaluations++;
                var trialSlope = 0.0;
                for (var i = 0; i < n; i++) trialSlope += direction[i] * trialGradient[i];
                if (!(trialValue <= value + SufficientDecrease * step * slope + rounding) || !double.IsFinite(trialSlope))
                    high = step;
                else if (trialSlope < Curvature * slope && step < longest)
                    low = step;
                else
                    return true;
                if (high * -slope < 0.1 * rounding) return false;
                step = Math.Min(longest, double.IsInfinity(high) ? 2 * low : (low + high) / 2);
            }
            return false;
        }

        OptimisationResult Result(bool converged) =>
            new(point, value, Norm(gradient, held), converged, iteration, evaluations, held);
    }

    private static double[,] Identity(int n)
    {
        var matrix = new double[n, n];
        for (var i = 0; i < n; i++) matrix[i, i] = 1;
        return matrix;
    }

    private static bool[] Held(double[] point, double[] gradient, double[] lower, double[] upper)
    {
        var held = new bool[point.Length];
        for (var i = 0; i < point.Length; i++)
            held[i] = (point[i] <= lower[i] && gradient[i] > 0) || (point[i] >= upper[i] && gradient[i] < 0);
        return held;
    }

    private static double Norm(double[] gradient, bool[] held)
    {
        var norm = 0.0;
        for (var i = 0; i < gradient.Length; i++)
            if (!held[i]) norm = Math.Max(norm, Math.Abs(gradient[i]));
        return norm;
    }

    private static double LongestFeasible(double[] point, double[] direction, double[] lower, double[] upper)
    {
        var longest = double.PositiveInfinity;
        for (var i = 0; i < point.Length; i++)
        {
            if (direction[i] > 0) longest = Math.Min(longest, (upper[i] - point[i]) / direction[i]);
            if (direction[i] < 0) longest = Math.Min(longest, (lower[i] - point[i]) / direction[i]);
        }
        return longest;
    }

    private static void Update(
        double[,] inverse, double[] from, double[] to, double[] gradientFrom, double[] gradientTo, ref bool isSteepest)
    {
        var n = from.Length;
        Span<double> s = stackalloc double[n], y = stackalloc double[n], inverseY = stackalloc double[n];
        double sy = 0, yy = 0, yInverseY = 0;
        for (var i = 0; i < n; i++)
        {
            s[i] = to[i] - from[i];
            y[i] = gradientTo[i] - gradientFrom[i];
            sy += s[i] * y[i];
            yy += y[i] * y[i];
        }
        if (!(sy > 1e-300) || yy == 0) return;
        if (isSteepest)
            for (var i = 0; i < n; i++) inverse[i, i] = sy / yy;
        isSteepest = false;
        for (var i = 0; i < n; i++)
        {
            inverseY[i] = 0;
            for (var j = 0; j < n; j++) inverseY[i] += inverse[i, j] * y[j];
            yInverseY += y[i] * inverseY[i];
        }
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                inverse[i, j] += (1 + yInverseY / sy) * s[i] * s[j] / sy - (inverseY[i] * s[j] + s[i] * inverseY[j]) / sy;
    }
}

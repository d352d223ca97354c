namespace Crm.Analytics.Models.Prices;

/// <param name="Quantity">Pieces sold in the week, 0 or more.</param>
/// <param name="Price">Of a piece, net; in a week without sales the price that was asked.</param>
public readonly record struct PricedWeek(double Quantity, double Price);

/// <summary>Change of demand in percent for a price that is one percent higher, with its interval; or why it cannot be told.</summary>
/// <param name="Dispersion">Variance of the weekly quantity over its mean.</param>
public sealed record ElasticityEstimate(double? Value, double? StandardError, double? Low, double? High, double? Dispersion, int Weeks, string? Reason);

/// <summary>
/// Price elasticity by quasi-Poisson regression: ln E[q_t] = a + ε ln p_t + b t, Var q_t = φ E[q_t] (McCullagh and Nelder 1989, chapter 9),
/// by iteratively reweighted least squares; the interval is Student's with n - 3 degrees of freedom. Weeks without sales count. What else
/// moved together with the price (promotions, seasons) is in the number: an association, not a proof of cause.
/// </summary>
public static class PriceElasticity
{
    public const string FormulaVersion = "elasticity/1";
    public const int LeastWeeks = 12;
    public const double LeastPieces = 30;

    /// <summary>Standard deviation of ln p below which a price has not varied: half a percent.</summary>
    public const double LeastVariation = 0.005;

    private const int Terms = 3;
    private const int MaxIterations = 100;

    public static ElasticityEstimate Of(ReadOnlySpan<PricedWeek> weeks, double confidence = 0.95)
    {
        var n = weeks.Length;
        double pieces = 0, meanLogPrice = 0;
        foreach (var week in weeks)
        {
            if (!(week.Price > 0) || !(week.Quantity >= 0) || !double.IsFinite(week.Price) || !double.IsFinite(week.Quantity)) return None(n, "not_estimable");
            pieces += week.Quantity;
            meanLogPrice += Math.Log(week.Price) / n;
        }

        if (!(pieces > 0)) return None(n, "no_sales");
        if (n < LeastWeeks) return None(n, "too_few_weeks");
        if (pieces < LeastPieces) return None(n, "too_few_pieces");
        var x = new double[Terms * n];
        var squares = 0.0;
        for (var t = 0; t < n; t++)
        {
            var logPrice = Math.Log(weeks[t].Price) - meanLogPrice;
            squares += logPrice * logPrice;
            (x[Terms * t], x[(Terms * t) + 1], x[(Terms * t) + 2]) = (1, logPrice, ((2.0 * t) - n + 1) / n);
        }

        if (Math.Sqrt(squares / n) < LeastVariation) return None(n, "price_does_not_vary");
        return Fit(weeks, x, confidence);
    }

    private static ElasticityEstimate Fit(ReadOnlySpan<PricedWeek> weeks, double[] x, double confidence)
    {
        var n = weeks.Length;
        Span<double> b = stackalloc double[Terms], right = stackalloc double[Terms];
        var mean = new double[n];
        for (var t = 0; t < n; t++) mean[t] = weeks[t].Quantity + 0.5;
        double[,]? inverse = null;
        var converged = false;
        for (var iteration = 0; iteration < MaxIterations && !converged; iteration++)
        {
            var information = new double[Terms, Terms];
            right.Clear();
            for (var t = 0; t < n; t++)
            {
                var working = Math.Log(mean[t]) + ((weeks[t].Quantity - mean[t]) / mean[t]);
                for (var i = 0; i < Terms; i++)
                {
                    right[i] += mean[t] * x[(Terms * t) + i] * working;
                    for (var j = 0; j < Terms; j++) information[i, j] += mean[t] * x[(Terms * t) + i] * x[(Terms * t) + j];
                }
            }

            inverse = Invert(information);
            if (inverse is null) return None(n, "price_moves_with_time");
            var change = 0.0;
            for (var i = 0; i < Terms; i++)
            {
                var next = 0.0;
                for (var j = 0; j < Terms; j++) next += inverse[i, j] * right[j];
                change = Math.Max(change, Math.Abs(next - b[i]));
                b[i] = next;
            }

            for (var t = 0; t < n; t++) mean[t] = Math.Exp(Math.Clamp(b[0] + (b[1] * x[(Terms * t) + 1]) + (b[2] * x[(Terms * t) + 2]), -30, 30));
            converged = change < 1e-10;
        }

        if (!converged || inverse is null || !double.IsFinite(b[1])) return None(n, "not_estimable");
        var pearson = 0.0;
        for (var t = 0; t < n; t++) pearson += (weeks[t].Quantity - mean[t]) * (weeks[t].Quantity - mean[t]) / mean[t];
        var dispersion = pearson / (n - Terms);
        var error = Math.Sqrt(dispersion * inverse[1, 1]);
        var margin = StudentT.Critical(1 - confidence, n - Terms) * error;
        return new ElasticityEstimate(b[1], error, b[1] - margin, b[1] + margin, dispersion, n, null);
    }

    private static ElasticityEstimate None(int weeks, string reason) => new(null, null, null, null, null, weeks, reason);

    /// <summary>By Gauss and Jordan with pivots; null where a column is a combination of the others.</summary>
    private static double[,]? Invert(double[,] matrix)
    {
        var scale = new double[Terms];
        for (var i = 0; i < Terms; i++) scale[i] = Math.Sqrt(matrix[i, i]);
        var a = new double[Terms, 2 * Terms];
        for (var i = 0; i < Terms; i++)
        {
            for (var j = 0; j < Terms; j++) a[i, j] = matrix[i, j] / (scale[i] * scale[j]);
            a[i, Terms + i] = 1;
        }

        for (var column = 0; column < Terms; column++)
        {
            var pivot = column;
            for (var row = column + 1; row < Terms; row++)
            {
                if (Math.Abs(a[row, column]) > Math.Abs(a[pivot, column])) pivot = row;
            }

            // The columns are of length 1, so this is a tolerance of their independence.
            if (!(Math.Abs(a[pivot, column]) > 1e-6)) return null;
            for (var j = 0; j < 2 * Terms; j++) (a[column, j], a[pivot, j]) = (a[pivot, j], a[column, j]);
            var divisor = a[column, column];
            for (var j = 0; j < 2 * Terms; j++) a[column, j] /= divisor;
            for (var row = 0; row < Terms; row++)
            {
                if (row == column) continue;
                var factor = a[row, column];
                for (var j = 0; j < 2 * Terms; j++) a[row, j] -= factor * a[column, j];
            }
        }

        var inverse = new double[Terms, Terms];
        for (var i = 0; i < Terms; i++)
        {
            for (var j = 0; j < Terms; j++) inverse[i, j] = a[i, Terms + j] / (scale[i] * scale[j]);
        }

        return inverse;
    }
}

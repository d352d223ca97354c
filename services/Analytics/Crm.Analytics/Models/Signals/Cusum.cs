namespace Crm.Analytics.Models.Signals;

/// <summary>
/// Upper CUSUM charts (Page 1954): C_t = max(0, C_(t-1) + increment), alarm at C_t ≥ h. Average run lengths from the Markov chain of
/// Brook and Evans (1972), exact where increments lie on a grid; a head start of h/2 is Lucas and Crosier's (1982).
/// </summary>
public static class Cusum
{
    private const int States = 120;

    /// <summary>ARL of a chart over Poisson counts with increments y - k; k and h are multiples of <paramref name="step"/>.</summary>
    /// <param name="headStart">Start at the grid point at or above h/2.</param>
    public static double PoissonArl(double mean, double k, double h, double step, bool headStart)
    {
        var states = (int)Math.Round(h / step);
        var transitions = new double[states, states];
        for (var from = 0; from < states; from++)
        {
            var probability = Math.Exp(-mean);
            for (var y = 0; ; y++)
            {
                var to = Math.Max(0, from + (int)Math.Round((y - k) / step));
                if (to >= states) break;
                transitions[from, to] += probability;
                probability *= mean / (y + 1);
            }
        }

        return RunLengths(transitions)[headStart ? (int)Math.Ceiling(h / 2 / step) : 0];
    }

    /// <summary>ARL of the two-sided chart of a normal mean with reference value k and limit h, at a shift in σ.</summary>
    public static double NormalArl(double k, double h, double shift)
    {
        var (up, down) = (OneSided(shift), OneSided(-shift));
        return 1 / ((1 / up) + (1 / down));

        double OneSided(double mean)
        {
            // Richardson on the width of the cells: the error of the chain is of its second order.
            var (coarse, fine) = (Chain(mean, States), Chain(mean, 2 * States));
            return fine + ((fine - coarse) / 3);
        }

        double Chain(double mean, int states)
        {
            var width = 2 * h / ((2 * states) - 1);
            var transitions = new double[states, states];
            for (var from = 0; from < states; from++)
            {
                for (var to = 0; to < states; to++)
                {
                    var centre = ((to - from) * width) + k - mean;
                    transitions[from, to] = to == 0 ? Below(centre + (width / 2)) : Below(centre + (width / 2)) - Below(centre - (width / 2));
                }
            }

            return RunLengths(transitions)[0];
        }

        static double Below(double z) => 1 - Inference.GammaDistribution.NormalUpper(z);
    }

    /// <summary>
    /// In-control ARL of the log-likelihood-ratio chart for a Poisson rate: increments y ln ρ - μ(ρ - 1), with μ events expected a period.
    /// </summary>
    public static double RatioArl(double mean, double ratio, double h)
    {
        var width = 2 * h / ((2 * States) - 1);
        var (gain, drift) = (Math.Log(ratio), mean * (ratio - 1));
        var transitions = new double[States, States];
        for (var from = 0; from < States; from++)
        {
            var probability = Math.Exp(-mean);
            var below = 0.0;
            for (var y = 0; below < 1 - 1e-15 && y < 10_000; y++)
            {
                var to = Math.Max(0, (int)Math.Round(from + (((y * gain) - drift) / width)));
                if (to >= States) break;
                transitions[from, to] += probability;
                below += probability;
                probability *= mean / (y + 1);
            }
        }

        return RunLengths(transitions)[0];
    }

    /// <summary>The lowest limit h, in steps of 0.05, at which the in-control ARL is at least <paramref name="arl"/> periods.</summary>
    public static double LimitFor(double mean, double ratio, double arl)
    {
        int low = 1, high = 20;
        while (RatioArl(mean, ratio, high * 0.05) < arl && high < 1280) high *= 2;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (RatioArl(mean, ratio, middle * 0.05) >= arl) high = middle;
            else low = middle + 1;
        }

        return low * 0.05;
    }

    /// <summary>Solves (I - Q) L = 1 by elimination: the expected number of periods up to the alarm, from each state.</summary>
    private static double[] RunLengths(double[,] transitions)
    {
        var n = transitions.GetLength(0);
        var matrix = new double[n, n];
        var lengths = new double[n];
        for (var i = 0; i < n; i++)
        {
            lengths[i] = 1;
            for (var j = 0; j < n; j++) matrix[i, j] = (i == j ? 1 : 0) - transitions[i, j];
        }

        // I - Q is diagonally dominant: no pivoting is needed.
        for (var i = 0; i < n; i++)
        {
            for (var row = i + 1; row < n; row++)
            {
                var factor = matrix[row, i] / matrix[i, i];
                if (factor == 0) continue;
                for (var column = i; column < n; column++) matrix[row, column] -= factor * matrix[i, column];
                lengths[row] -= factor * lengths[i];
            }
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var column = i + 1; column < n; column++) lengths[i] -= matrix[i, column] * lengths[column];
            lengths[i] /= matrix[i, i];
        }

        return lengths;
    }
}

namespace Crm.Analytics.Models;

/// <summary>
/// Log-likelihood of Pareto/NBD over a histogram. The hypergeometric functions depend on x and one time only, so they are evaluated
/// per distinct (x, t_x) and (x, T), of which there are far fewer than rows.
/// </summary>
internal sealed class ParetoNbdLikelihood
{
    private static readonly string[] Names = ["r", "alpha", "s", "beta"];

    private readonly PurchaseHistogram _customers;
    private readonly int _threads;
    private readonly (int Frequency, int Time)[] _points;
    private readonly int[] _recencyPoint;
    private readonly int[] _agePoint;
    private readonly double[] _logF;
    private readonly double[] _slopes;
    private readonly double[] _logAlpha;
    private readonly double[] _logBeta;

    public ParetoNbdLikelihood(PurchaseHistogram customers, int threads)
    {
        (_customers, _threads) = (customers, threads);
        var index = new Dictionary<(int, int), int>();
        var points = new List<(int, int)>();
        int PointOf(int frequency, int time)
        {
            if (!index.TryGetValue((frequency, time), out var point))
            {
                index[(frequency, time)] = point = points.Count;
                points.Add((frequency, time));
            }
            return point;
        }
        _recencyPoint = new int[customers.Rows];
        _agePoint = new int[customers.Rows];
        for (var row = 0; row < customers.Rows; row++)
        {
            _recencyPoint[row] = PointOf(customers.Frequency[row], customers.RecencyTime[row]);
            _agePoint[row] = PointOf(customers.Frequency[row], customers.AgeTime[row]);
        }
        _points = [.. points];
        _logF = new double[_points.Length];
        _slopes = new double[4 * _points.Length];
        (_logAlpha, _logBeta) = (new double[customers.Times.Length], new double[customers.Times.Length]);
    }

    public static ModelFit<ParetoNbd> Fit(PurchaseHistogram customers, FitOptions? options, CancellationToken cancellationToken)
    {
        if (customers.Customers == 0) throw new ArgumentException("No customers to fit", nameof(customers));
        options ??= new FitOptions();
        var likelihood = new ParetoNbdLikelihood(customers, options.Threads);
        var time = customers.MeanAge > 0 ? customers.MeanAge / 10 : 1;
        // Differences leave noise of some 1e-10 in the gradient.
        var settings = options with { Tolerance = Math.Max(options.Tolerance, 1e-7) };
        var fit = Search(likelihood.Evaluate);
        // Where hardly any customer can have dropped out, differences of points lose more digits than differences of the whole.
        return fit.Diagnostics.Converged ? fit : Search(likelihood.EvaluateByDifferences);

        ModelFit<ParetoNbd> Search(Objective objective) => new MaximumLikelihood(
            Names, [1, 3, 1, 4], [1, time, 1, time], [0, 0, 0, 0], objective, customers.Customers, customers.RepeatPurchases, settings)
            .Fit(p => new ParetoNbd(p[0], p[1], p[2], p[3]), cancellationToken);
    }

    private double EvaluateByDifferences(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        const double Step = 1e-4;
        Span<double> shifted = stackalloc double[4];
        Span<double> unused = stackalloc double[4];
        for (var i = 0; i < 4; i++)
        {
            parameters.CopyTo(shifted);
            shifted[i] = parameters[i] * (1 + Step);
            var above = Evaluate(shifted, unused, withSlopes: false);
            shifted[i] = parameters[i] * (1 - Step);
            gradient[i] = (above - Evaluate(shifted, unused, withSlopes: false)) / (2 * Step * parameters[i]);
        }

        return Evaluate(parameters, unused, withSlopes: false);
    }

    private double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient) => Evaluate(parameters, gradient, withSlopes: true);

    /// <summary>
    /// Log-likelihood and its gradient by (r, α, s, β). The hypergeometric terms are differentiated numerically, per distinct point;
    /// the rest, and the way from points to rows, is exact.
    /// </summary>
    private double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient, bool withSlopes)
    {
        var p = parameters.ToArray();
        var (r, alpha, s, beta) = (p[0], p[1], p[2], p[3]);
        TabulatePoints(p, withSlopes);
        for (var i = 0; i < _logAlpha.Length; i++)
        {
            (_logAlpha[i], _logBeta[i]) = (Math.Log(alpha + _customers.Times[i]), Math.Log(beta + _customers.Times[i]));
        }

        var (logShare, inverseShape) = (new double[_customers.MaxFrequency + 1], new double[_customers.MaxFrequency + 1]);
        for (var x = 0; x < logShare.Length; x++) (logShare[x], inverseShape[x]) = (Math.Log(s / (r + s + x)), 1 / (r + s + x));
        Span<double> sums = stackalloc double[5];
        ChunkedSum.Over(_customers.Rows, sums, _threads, (from, to, chunk) =>
        {
            for (var row = from; row < to; row++)
            {
                var (x, time, w) = (_customers.Frequency[row], _customers.AgeTime[row], _customers.Weight[row]);
                var alive = (-(r + x) * _logAlpha[time]) - (s * _logBeta[time]);
                var (before, after) = (_recencyPoint[row], _agePoint[row]);
                var ratio = _logF[after] - _logF[before];
                var (value, gone) = (alive, 0.0);
                if (ratio < 0)
                {
                    var rest = -SpecialFunctions.ExpM1(ratio);
                    var odds = logShare[x] + _logF[before] + Math.Log(rest) - alive;
                    var e = Math.Exp(-Math.Abs(odds));
                    value += Math.Max(odds, 0) + SpecialFunctions.Log1P(e);
                    gone = odds > 0 ? 1 / (1 + e) : e / (1 + e);
                    var (gain, loss) = (w * gone / rest, w * gone * (1 - rest) / rest);
                    for (var i = 0; i < 4; i++) chunk[1 + i] += (gain * _slopes[(4 * before) + i]) - (loss * _slopes[(4 * after) + i]);
                    chunk[1] -= w * gone * inverseShape[x];
                    chunk[3] += w * gone * ((1 / s) - inverseShape[x]);
                }

                var stays = w * (1 - gone);
                chunk[0] += w * value;
                chunk[1] -= stays * _logAlpha[time];
                chunk[2] -= stays * (r + x) / (alpha + _customers.Times[time]);
                chunk[3] -= stays * _logBeta[time];
                chunk[4] -= stays * s / (beta + _customers.Times[time]);
            }
        });
        var (logs, derivatives) = (new double[_customers.MaxFrequency + 1], new double[_customers.MaxFrequency + 1]);
        SpecialFunctions.RisingFactorialTable(r, logs, derivatives);
        CompensatedSum counts = default, countsByR = default;
        for (var x = 0; x < logs.Length; x++)
        {
            counts.Add(_customers.CustomersByFrequency[x] * logs[x]);
            countsByR.Add(_customers.CustomersByFrequency[x] * derivatives[x]);
        }

        double n = _customers.Customers;
        gradient[0] = sums[1] + countsByR.Value + (n * Math.Log(alpha));
        gradient[1] = sums[2] + (n * r / alpha);
        gradient[2] = sums[3] + (n * Math.Log(beta));
        gradient[3] = sums[4] + (n * s / beta);
        return sums[0] + counts.Value + (n * ((r * Math.Log(alpha)) + (s * Math.Log(beta))));
    }

    private void TabulatePoints(double[] p, bool withSlopes)
    {
        const int Block = 256;
        const double Step = 1e-4;
        Parallel.For(0, (_points.Length + Block - 1) / Block, new ParallelOptions { MaxDegreeOfParallelism = _threads }, block =>
        {
            Span<double> shifted = stackalloc double[4];
            for (var i = block * Block; i < Math.Min(_points.Length, (block + 1) * Block); i++)
            {
                var (x, time) = (_points[i].Frequency, _customers.Times[_points[i].Time]);
                _logF[i] = ParetoNbd.LogF(p[0], p[1], p[2], p[3], x, time);
                if (!withSlopes) continue;
                p.CopyTo(shifted);
                for (var j = 0; j < 4; j++)
                {
                    shifted[j] = p[j] * (1 + Step);
                    var above = ParetoNbd.LogF(shifted[0], shifted[1], shifted[2], shifted[3], x, time);
                    shifted[j] = p[j] * (1 - Step);
                    var below = ParetoNbd.LogF(shifted[0], shifted[1], shifted[2], shifted[3], x, time);
                    shifted[j] = p[j];
                    _slopes[(4 * i) + j] = (above - below) / (2 * Step * p[j]);
                }
            }
        });
    }
}

namespace Crm.Analytics.Models;

/// <summary>
/// Log-likelihood of Pareto/NBD over a histogram. The hypergeometric functions depend on x and one time only, so they are evaluated
/// per distinct (x, t_x) and (x, T), of which there are far fewer than rows. Gradient by central differences.
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
    private readonly double[] _logAlive;

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
        _logAlive = new double[_points.Length];
    }

    public static ModelFit<ParetoNbd> Fit(PurchaseHistogram customers, FitOptions? options, CancellationToken cancellationToken)
    {
        if (customers.Customers == 0) throw new ArgumentException("No customers to fit", nameof(customers));
        options ??= new FitOptions();
        var likelihood = new ParetoNbdLikelihood(customers, options.Threads);
        var time = customers.MeanAge > 0 ? customers.MeanAge / 10 : 1;
        // Differences leave noise of some 1e-10 in the gradient.
        return new MaximumLikelihood(Names, [1, 3, 1, 4], [1, time, 1, time], [0, 0, 0, 0], likelihood.Evaluate, customers.Customers,
            customers.RepeatPurchases, options with { Tolerance = Math.Max(options.Tolerance, 1e-7) })
            .Fit(p => new ParetoNbd(p[0], p[1], p[2], p[3]), cancellationToken);
    }

    private double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        const double Step = 1e-4;
        Span<double> shifted = stackalloc double[4];
        for (var i = 0; i < 4; i++)
        {
            parameters.CopyTo(shifted);
            shifted[i] = parameters[i] * (1 + Step);
            var above = Evaluate(shifted);
            shifted[i] = parameters[i] * (1 - Step);
            gradient[i] = (above - Evaluate(shifted)) / (2 * Step * parameters[i]);
        }
        return Evaluate(parameters);
    }

    private double Evaluate(ReadOnlySpan<double> parameters)
    {
        var (r, alpha, s, beta) = (parameters[0], parameters[1], parameters[2], parameters[3]);
        Parallel.For(0, (_points.Length + 255) / 256, new ParallelOptions { MaxDegreeOfParallelism = _threads }, block =>
        {
            for (var i = block * 256; i < Math.Min(_points.Length, (block + 1) * 256); i++)
            {
                var (x, time) = (_points[i].Frequency, _customers.Times[_points[i].Time]);
                _logF[i] = ParetoNbd.LogF(r, alpha, s, beta, x, time);
                _logAlive[i] = -(r + x) * Math.Log(alpha + time) - s * Math.Log(beta + time);
            }
        });
        var logShare = new double[_customers.MaxFrequency + 1];
        for (var x = 0; x < logShare.Length; x++) logShare[x] = Math.Log(s / (r + s + x));
        Span<double> sum = stackalloc double[1];
        ChunkedSum.Over(_customers.Rows, sum, _threads, (from, to, sums) =>
        {
            var value = 0.0;
            for (var row = from; row < to; row++)
            {
                var alive = _logAlive[_agePoint[row]];
                var dropout = logShare[_customers.Frequency[row]]
                    + ParetoNbd.LogDifference(_logF[_recencyPoint[row]], _logF[_agePoint[row]]);
                value += _customers.Weight[row] * (alive + BetaGeometric.SoftPlus(dropout - alive));
            }
            sums[0] += value;
        });
        var (logs, derivatives) = (new double[_customers.MaxFrequency + 1], new double[_customers.MaxFrequency + 1]);
        SpecialFunctions.RisingFactorialTable(r, logs, derivatives);
        CompensatedSum counts = default;
        for (var x = 0; x < logs.Length; x++) counts.Add(_customers.CustomersByFrequency[x] * logs[x]);
        return sum[0] + counts.Value + _customers.Customers * (r * Math.Log(alpha) + s * Math.Log(beta));
    }
}

namespace Crm.Analytics.Models;

/// <summary>
/// Log-likelihood of Gamma-Gamma with its gradient:
/// ln Γ(px+q) - ln Γ(px) - ln Γ(q) + q ln v + (px-1) ln z + px ln x - (px+q) ln(xz+v). Gamma functions are tabulated by x, which leaves
/// one logarithm per customer.
/// </summary>
internal sealed class GammaGammaLikelihood
{
    private static readonly string[] Names = ["p", "q", "v"];

    private readonly RepeatSpend[] _buyers;
    private readonly int _threads;
    private readonly double[] _customersByFrequency;
    private readonly double[] _logValueByFrequency;
    private readonly double _meanValue;

    public GammaGammaLikelihood(IEnumerable<RepeatSpend> buyers, int threads)
    {
        _threads = threads;
        _buyers = [.. buyers.Where(GammaGamma.IsEligible)];
        // Ascending order makes the sums independent of the order of arrival.
        Array.Sort(_buyers, (a, b) => a.Frequency != b.Frequency ? a.Frequency.CompareTo(b.Frequency) : a.MeanValue.CompareTo(b.MeanValue));
        var most = _buyers.Length == 0 ? 0 : _buyers[^1].Frequency;
        _customersByFrequency = new double[most + 1];
        _logValueByFrequency = new double[most + 1];
        CompensatedSum values = default;
        var logValues = new CompensatedSum[most + 1];
        foreach (var (x, z) in _buyers)
        {
            _customersByFrequency[x]++;
            logValues[x].Add(Math.Log(z));
            values.Add(z);
        }
        for (var x = 0; x <= most; x++) _logValueByFrequency[x] = logValues[x].Value;
        _meanValue = _buyers.Length == 0 ? 0 : values.Value / _buyers.Length;
    }

    public static ModelFit<GammaGamma> Fit(IEnumerable<RepeatSpend> buyers, FitOptions? options, CancellationToken cancellationToken)
    {
        options ??= new FitOptions();
        var likelihood = new GammaGammaLikelihood(buyers, options.Threads);
        if (likelihood._buyers.Length == 0) throw new ArgumentException("No repeat buyers with positive spend", nameof(buyers));
        // q = 1 + e^θ keeps the population mean finite.
        return new MaximumLikelihood(Names, [2, 2, 1], [1, 1, likelihood._meanValue], [0, 1, 0], likelihood.Evaluate,
            likelihood._buyers.Length, likelihood._buyers.Sum(buyer => (double)buyer.Frequency), options)
            .Fit(p => new GammaGamma(p[0], p[1], p[2]), cancellationToken);
    }

    /// <summary>Log-likelihood at (p, q, v) and its gradient there.</summary>
    public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        var (p, q, v) = (parameters[0], parameters[1], parameters[2]);
        CompensatedSum value = default, byP = default, byQ = default;
        var (logGammaQ, digammaQ, logV) = (SpecialFunctions.LogGamma(q), SpecialFunctions.Digamma(q), Math.Log(v));
        for (var x = 1; x < _customersByFrequency.Length; x++)
        {
            var n = _customersByFrequency[x];
            if (n == 0) continue;
            var (px, logZ, logX) = (p * x, _logValueByFrequency[x], Math.Log(x));
            var digamma = SpecialFunctions.Digamma(px + q);
            value.Add(n * (SpecialFunctions.LogGamma(px + q) - SpecialFunctions.LogGamma(px) - logGammaQ + q * logV + px * logX));
            value.Add((px - 1) * logZ);
            byP.Add(x * (n * (digamma - SpecialFunctions.Digamma(px) + logX) + logZ));
            byQ.Add(n * (digamma - digammaQ + logV));
        }
        Span<double> rows = stackalloc double[4];
        ChunkedSum.Over(_buyers.Length, rows, _threads, (from, to, sums) =>
        {
            for (var row = from; row < to; row++)
            {
                var (x, z) = _buyers[row];
                var spend = x * z + v;
                var (log, exponent) = (Math.Log(spend), p * x + q);
                sums[0] += exponent * log;
                sums[1] += x * log;
                sums[2] += log;
                sums[3] += exponent / spend;
            }
        });
        gradient[0] = byP.Value - rows[1];
        gradient[1] = byQ.Value - rows[2];
        gradient[2] = _buyers.Length * q / v - rows[3];
        return value.Value - rows[0];
    }
}

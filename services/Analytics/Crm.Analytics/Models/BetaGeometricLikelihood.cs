namespace Crm.Analytics.Models;

/// <summary>
/// Log-likelihood of BG/NBD and MBG/NBD over a histogram, with its gradient. Everything that depends on x alone or on a time alone is
/// tabulated once per evaluation, which leaves one exponential and one logarithm per row.
/// </summary>
internal sealed class BetaGeometricLikelihood(PurchaseHistogram customers, int firstPurchase, int threads)
{
    private static readonly string[] Names = ["r", "alpha", "a", "b"];

    private readonly double[] _logTime = new double[customers.Times.Length];
    private readonly double[] _inverseTime = new double[customers.Times.Length];
    private readonly double[] _logOdds = new double[customers.MaxFrequency + 1];
    private readonly double[] _inverseB = new double[customers.MaxFrequency + 1];

    public static ModelFit<TModel> Fit<TModel>(
        PurchaseHistogram customers, int firstPurchase, Func<double[], TModel> model, FitOptions? options, CancellationToken cancellationToken)
    {
        if (customers.Customers == 0) throw new ArgumentException("No customers to fit", nameof(customers));
        options ??= new FitOptions();
        var likelihood = new BetaGeometricLikelihood(customers, firstPurchase, options.Threads);
        // α is a time: its start and its range follow the data's unit. On CDNOW the start is (1, 3, 1, 3).
        var time = customers.MeanAge > 0 ? customers.MeanAge / 10 : 1;
        return new MaximumLikelihood(Names, [1, 1, 1, 3], [1, time, 1, 1], [0, 0, 0, 0], likelihood.Evaluate, customers.Customers,
            customers.RepeatPurchases, options).Fit(model, cancellationToken);
    }

    /// <summary>Log-likelihood at (r, α, a, b) and its gradient there.</summary>
    public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        var (r, alpha, a, b) = (parameters[0], parameters[1], parameters[2], parameters[3]);
        for (var i = 0; i < _logTime.Length; i++)
        {
            _logTime[i] = Math.Log(alpha + customers.Times[i]);
            _inverseTime[i] = 1 / (alpha + customers.Times[i]);
        }
        var logA = Math.Log(a);
        for (var x = 0; x < _logOdds.Length; x++)
        {
            var k = x + firstPurchase;
            _logOdds[x] = k == 0 ? double.NegativeInfinity : logA - Math.Log(b + k - 1);
            _inverseB[x] = k == 0 ? 0 : 1 / (b + k - 1);
        }
        // value, d/dr, d/dα, share dropped out (for d/da), the same over b+k-1 (for d/db)
        Span<double> rows = stackalloc double[5];
        ChunkedSum.Over(customers.Rows, rows, threads, (from, to, sums) => AddRows(r, from, to, sums));
        Span<double> counts = stackalloc double[5];
        AddTermsOfFrequency(r, alpha, a, b, counts);
        gradient[0] = rows[1] + counts[1];
        gradient[1] = rows[2] + counts[2];
        gradient[2] = rows[3] / a + counts[3];
        gradient[3] = counts[4] - rows[4];
        return rows[0] + counts[0];
    }

    /// <summary>-(r+x) ln(α+T) + ln(1 + e^u), u = ln a - ln(b+k-1) + (r+x) (ln(α+T) - ln(α+t_x)).</summary>
    private void AddRows(double r, int from, int to, Span<double> sums)
    {
        double value = 0, byR = 0, byAlpha = 0, dropped = 0, byB = 0;
        var (frequency, recencyTime, ageTime, weight) = (customers.Frequency, customers.RecencyTime, customers.AgeTime, customers.Weight);
        for (var row = from; row < to; row++)
        {
            var x = frequency[row];
            var rx = r + x;
            var (logAge, inverseAge) = (_logTime[ageTime[row]], _inverseTime[ageTime[row]]);
            var (rowValue, rowR, rowAlpha) = (-rx * logAge, -logAge, -inverseAge);
            var w = weight[row];
            if (x + firstPurchase > 0)
            {
                var gap = logAge - _logTime[recencyTime[row]];
                var u = _logOdds[x] + rx * gap;
                var e = Math.Exp(-Math.Abs(u));
                var p = u > 0 ? 1 / (1 + e) : e / (1 + e);
                rowValue += Math.Max(u, 0) + Math.Log(1 + e);
                rowR += p * gap;
                rowAlpha += p * (inverseAge - _inverseTime[recencyTime[row]]);
                dropped += w * p;
                byB += w * p * _inverseB[x];
            }
            value += w * rowValue;
            byR += w * rowR;
            byAlpha += w * rx * rowAlpha;
        }
        sums[0] += value;
        sums[1] += byR;
        sums[2] += byAlpha;
        sums[3] += dropped;
        sums[4] += byB;
    }

    /// <summary>ln Γ(r+x) - ln Γ(r) + r ln α + ln B(a, b+k) - ln B(a, b), by how many customers have x.</summary>
    private void AddTermsOfFrequency(double r, double alpha, double a, double b, Span<double> sums)
    {
        var length = customers.MaxFrequency + firstPurchase + 1;
        var tables = new double[6 * length];
        Span<double> Table(int i) => tables.AsSpan(i * length, length);
        SpecialFunctions.RisingFactorialTable(r, Table(0), Table(1));
        SpecialFunctions.RisingFactorialTable(b, Table(2), Table(3));
        SpecialFunctions.RisingFactorialTable(a + b, Table(4), Table(5));
        CompensatedSum value = default, byR = default, byA = default, byB = default;
        for (var x = 0; x < customers.CustomersByFrequency.Length; x++)
        {
            var w = customers.CustomersByFrequency[x];
            if (w == 0) continue;
            var k = x + firstPurchase;
            value.Add(w * (tables[x] + tables[2 * length + k] - tables[4 * length + k]));
            byR.Add(w * tables[length + x]);
            byA.Add(-w * tables[5 * length + k]);
            byB.Add(w * (tables[3 * length + k] - tables[5 * length + k]));
        }
        sums[0] = value.Value + customers.Customers * r * Math.Log(alpha);
        sums[1] = byR.Value + customers.Customers * Math.Log(alpha);
        sums[2] = customers.Customers * r / alpha;
        sums[3] = byA.Value;
        sums[4] = byB.Value;
    }
}

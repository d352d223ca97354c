namespace Crm.Analytics.Models;

/// <summary>What a repeat buyer spends: x repeat purchases of mean value z &gt; 0.</summary>
public readonly record struct RepeatSpend(int Frequency, double MeanValue);

/// <summary>
/// Gamma-Gamma model of spend per purchase (Fader and Hardie 2013, note 025; Colombo and Jiang 1999): values gamma(p, ν) within a
/// customer, ν gamma(q, v) across customers. q &gt; 1 is enforced, since below it the mean is infinite and forecasts are negative.
/// </summary>
/// <param name="P">Shape of one customer's purchase values.</param>
/// <param name="Q">Shape of the distribution of their rates.</param>
/// <param name="V">Its rate, in money.</param>
public sealed record GammaGamma(double P, double Q, double V)
{
    /// <summary>E[M] of a customer of whom nothing is known: p v / (q - 1).</summary>
    public double PopulationMean => P * V / (Q - 1);

    public static ModelFit<GammaGamma> Fit(
        IEnumerable<RepeatSpend> buyers, FitOptions? options = null, CancellationToken cancellationToken = default) =>
        GammaGammaLikelihood.Fit(buyers, options, cancellationToken);

    /// <summary>Log-likelihood of all buyers; writes its gradient by (p, q, v).</summary>
    public double LogLikelihood(IEnumerable<RepeatSpend> buyers, Span<double> gradient) =>
        new GammaGammaLikelihood(buyers, threads: -1).Evaluate([P, Q, V], gradient);

    /// <summary>E[M | x, z] = p (v + x z) / (p x + q - 1): the customer's mean drawn towards the population's.</summary>
    public double ExpectedValue(int frequency, double meanValue) =>
        frequency == 0 ? PopulationMean : P * (V + frequency * meanValue) / (P * frequency + Q - 1);

    /// <summary>
    /// Pearson correlation of x and z over repeat buyers; null below two buyers or without variation. The model assumes 0; above 0.3 in
    /// absolute value it should not be used.
    /// </summary>
    public static double? FrequencyValueCorrelation(IEnumerable<RepeatSpend> buyers)
    {
        var eligible = buyers.Where(IsEligible).ToArray();
        if (eligible.Length < 2) return null;
        var (meanX, meanZ) = (eligible.Average(buyer => buyer.Frequency), eligible.Average(buyer => buyer.MeanValue));
        CompensatedSum xx = default, zz = default, xz = default;
        foreach (var (x, z) in eligible)
        {
            xx.Add((x - meanX) * (x - meanX));
            zz.Add((z - meanZ) * (z - meanZ));
            xz.Add((x - meanX) * (z - meanZ));
        }
        var scale = Math.Sqrt(xx.Value) * Math.Sqrt(zz.Value);
        return scale > 0 ? xz.Value / scale : null;
    }

    /// <summary>Repeat buyers with positive spend; others say nothing to this model.</summary>
    internal static bool IsEligible(RepeatSpend buyer) => buyer.Frequency > 0 && buyer.MeanValue > 0 && double.IsFinite(buyer.MeanValue);
}

namespace Crm.Analytics.Models;

/// <summary>
/// BG/NBD of Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science 24(2), 275-284. A customer
/// may drop out after each repeat purchase, so one without a repeat purchase is alive with certainty: forecast volumes with it, but
/// judge who is alive with <see cref="MbgNbd"/> or <see cref="ParetoNbd"/>.
/// </summary>
/// <param name="R">Shape of the gamma distribution of purchase rates.</param>
/// <param name="Alpha">Its rate, in the time unit of the histories.</param>
/// <param name="A">First parameter of the beta distribution of the dropout probability.</param>
/// <param name="B">Second parameter.</param>
public sealed record BgNbd(double R, double Alpha, double A, double B) : IPurchaseModel
{
    private BetaGeometric Core => new(R, Alpha, A, B, FirstPurchase: 0);

    public static ModelFit<BgNbd> Fit(PurchaseHistogram customers, FitOptions? options = null, CancellationToken cancellationToken = default) =>
        BetaGeometricLikelihood.Fit(customers, 0, p => new BgNbd(p[0], p[1], p[2], p[3]), options, cancellationToken);

    /// <summary>Log-likelihood of all customers; writes its gradient by (r, α, a, b).</summary>
    public double LogLikelihood(PurchaseHistogram customers, Span<double> gradient, int threads = -1) =>
        new BetaGeometricLikelihood(customers, 0, threads).Evaluate([R, Alpha, A, B], gradient);

    public double LogLikelihood(in PurchaseHistory history) => Core.LogLikelihood(history);

    public double ProbabilityAlive(in PurchaseHistory history) => Core.ProbabilityAlive(history);

    public double ExpectedPurchasesIfAlive(int frequency, double age, double t) => Core.ExpectedPurchasesIfAlive(frequency, age, t);

    public double ExpectedPurchases(in PurchaseHistory history, double t) =>
        ProbabilityAlive(history) * ExpectedPurchasesIfAlive(history.Frequency, history.Age, t);

    public double OverdueScore(in PurchaseHistory history) => Core.OverdueScore(history);

    /// <summary>P(Y(t) = 0): no purchase in (T, T+t].</summary>
    public double ProbabilityOfNoPurchase(in PurchaseHistory history, double t) => Core.ProbabilityOfNoPurchase(history, t);

    public double ExpectedPurchasesOfNewCustomer(double t) => ExpectedPurchasesIfAlive(0, 0, t);

    /// <summary>P(X(t) = x) of a new customer (equation 8 of the paper) for x = 0..most.</summary>
    public double[] ProbabilitiesOfPurchases(int most, double t)
    {
        var (logDone, logLeft) = (Math.Log(t / (Alpha + t)), -SpecialFunctions.Log1P(t / Alpha));
        var probabilities = new double[most + 1];
        var logTerm = R * logLeft;
        // Negative binomial probabilities of fewer than x purchases, were there no dropout.
        CompensatedSum fewer = default;
        for (var x = 0; x <= most; x++)
        {
            var never = Math.Exp(SpecialFunctions.LogBeta(A, B + x) - SpecialFunctions.LogBeta(A, B) + logTerm);
            var dropped = x == 0 ? 0
                : Math.Exp(SpecialFunctions.LogBeta(A + 1, B + x - 1) - SpecialFunctions.LogBeta(A, B)) * (1 - fewer.Value);
            probabilities[x] = never + dropped;
            fewer.Add(Math.Exp(logTerm));
            logTerm += Math.Log((R + x) / (x + 1)) + logDone;
        }
        return probabilities;
    }
}

namespace Crm.Analytics.Models;

/// <summary>
/// MBG/NBD of Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24(3), 201-209: BG/NBD in which
/// a customer may drop out after the first purchase too, so that one-time buyers are not alive for ever.
/// </summary>
/// <param name="R">Shape of the gamma distribution of purchase rates.</param>
/// <param name="Alpha">Its rate, in the time unit of the histories.</param>
/// <param name="A">First parameter of the beta distribution of the dropout probability.</param>
/// <param name="B">Second parameter.</param>
public sealed record MbgNbd(double R, double Alpha, double A, double B) : IPurchaseModel
{
    private BetaGeometric Core => new(R, Alpha, A, B, FirstPurchase: 1);

    public static ModelFit<MbgNbd> Fit(PurchaseHistogram customers, FitOptions? options = null, CancellationToken cancellationToken = default) =>
        BetaGeometricLikelihood.Fit(customers, 1, p => new MbgNbd(p[0], p[1], p[2], p[3]), options, cancellationToken);

    /// <summary>Log-likelihood of all customers; writes its gradient by (r, α, a, b).</summary>
    public double LogLikelihood(PurchaseHistogram customers, Span<double> gradient, int threads = -1) =>
        new BetaGeometricLikelihood(customers, 1, threads).Evaluate([R, Alpha, A, B], gradient);

    public double LogLikelihood(in PurchaseHistory history) => Core.LogLikelihood(history);

    public double ProbabilityAlive(in PurchaseHistory history) => Core.ProbabilityAlive(history);

    public double ExpectedPurchasesIfAlive(int frequency, double age, double t) => Core.ExpectedPurchasesIfAlive(frequency, age, t);

    public double ExpectedPurchases(in PurchaseHistory history, double t) =>
        ProbabilityAlive(history) * ExpectedPurchasesIfAlive(history.Frequency, history.Age, t);

    public double OverdueScore(in PurchaseHistory history) => Core.OverdueScore(history);

    /// <summary>P(Y(t) = 0): no purchase in (T, T+t].</summary>
    public double ProbabilityOfNoPurchase(in PurchaseHistory history, double t) => Core.ProbabilityOfNoPurchase(history, t);

    /// <summary>A new customer survives the first purchase with probability b/(a+b), as P(alive | 0, 0, 0).</summary>
    public double ExpectedPurchasesOfNewCustomer(double t) => ExpectedPurchases(new PurchaseHistory(0, 0, 0), t);
}

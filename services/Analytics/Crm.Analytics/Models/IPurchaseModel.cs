namespace Crm.Analytics.Models;

/// <summary>
/// A fitted model of "buys until he drops out" (BG/NBD, MBG/NBD, Pareto/NBD). Times are in the unit that the model was fitted in.
/// In all three, E[Y(t) | x, t_x, T] = P(alive | x, t_x, T) · f(x, T, t): the last factor does not depend on t_x, so it can be
/// tabulated (<see cref="PurchaseForecast"/>).
/// </summary>
public interface IPurchaseModel
{
    /// <summary>P(still a customer at T).</summary>
    double ProbabilityAlive(in PurchaseHistory history);

    /// <summary>f(x, T, t): expected purchases in (T, T+t] of a customer who is alive at T.</summary>
    double ExpectedPurchasesIfAlive(int frequency, double age, double t);

    /// <summary>E[Y(t)]: expected purchases in (T, T+t], given the history.</summary>
    double ExpectedPurchases(in PurchaseHistory history, double t) =>
        ProbabilityAlive(history) * ExpectedPurchasesIfAlive(history.Frequency, history.Age, t);

    /// <summary>E[X(t)]: expected repeat purchases of a new customer in (0, t].</summary>
    double ExpectedPurchasesOfNewCustomer(double t);

    /// <summary>P(a gap at least as long as the present one | alive): below 0.05 the customer is overdue.</summary>
    double OverdueScore(in PurchaseHistory history);
}

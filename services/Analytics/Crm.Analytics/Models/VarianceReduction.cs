namespace Crm.Analytics.Models;

/// <summary>What sums of one arm an adjusted comparison needs: of spend y in the window and of spend x before the assignment.</summary>
public readonly record struct PairedArm(long Customers, double MeanBefore, double MeanAfter, double VarianceBefore, double VarianceAfter, double Covariance);

/// <summary>A lift after adjustment.</summary>
/// <param name="Theta">θ = cov(x, y) / var(x) of all customers together.</param>
/// <param name="VarianceShare">What is left of the variance of the lift.</param>
public readonly record struct AdjustedLift(Lift Lift, double Theta, double VarianceShare);

/// <summary>
/// CUPED of Deng, Xu, Kohavi and Walker (2013): y' = y - θ (x - mean x), with x from before the assignment, which a campaign cannot have
/// moved. The lift stays unbiased and loses the variance that x explains.
/// </summary>
public static class VarianceReduction
{
    /// <returns>Null with fewer than two customers in an arm.</returns>
    public static AdjustedLift? Of(in PairedArm treated, in PairedArm holdout, double confidence)
    {
        if (treated.Customers < 2 || holdout.Customers < 2) return null;
        double n = treated.Customers, m = holdout.Customers;
        var (meanX, meanY) = (((n * treated.MeanBefore) + (m * holdout.MeanBefore)) / (n + m), ((n * treated.MeanAfter) + (m * holdout.MeanAfter)) / (n + m));
        double Around(in PairedArm arm, double own) => own + (arm.Customers * (arm.MeanBefore - meanX) * (arm.MeanBefore - meanX));
        var xx = Around(treated, (n - 1) * treated.VarianceBefore) + Around(holdout, (m - 1) * holdout.VarianceBefore);
        var xy = ((n - 1) * treated.Covariance) + (n * (treated.MeanBefore - meanX) * (treated.MeanAfter - meanY))
            + ((m - 1) * holdout.Covariance) + (m * (holdout.MeanBefore - meanX) * (holdout.MeanAfter - meanY));
        var theta = xx > 0 ? xy / xx : 0;
        EffectArm Adjusted(in PairedArm arm) => new(
            arm.Customers, 0, arm.MeanAfter - (theta * (arm.MeanBefore - meanX)),
            Math.Max(0, arm.VarianceAfter - (2 * theta * arm.Covariance) + (theta * theta * arm.VarianceBefore)));
        var (a, b) = (Adjusted(treated), Adjusted(holdout));
        var plain = (treated.VarianceAfter / n) + (holdout.VarianceAfter / m);
        return new AdjustedLift(CampaignEffect.Revenue(a, b, confidence)!.Value, theta, plain > 0 ? ((a.Variance / n) + (b.Variance / m)) / plain : 1);
    }
}

/// <summary>A point of the curve: of the best-ranked customers, what the campaign has added.</summary>
/// <param name="Fraction">Of all customers, best-ranked first.</param>
/// <param name="Gain">TY1(k) - CY1(k) · T(k) / C(k).</param>
public readonly record struct QiniPoint(double Fraction, double Gain);

/// <summary>
/// Qini curve of Radcliffe (2007): does a ranking find those whom the campaign moves? Its coefficient is the area between the curve and
/// the straight line to its end, per customer.
/// </summary>
public static class Qini
{
    /// <param name="customers">In any order: rank (higher first; ties count together), treated or held out, outcome.</param>
    /// <returns>Null without customers in both arms.</returns>
    public static (IReadOnlyList<QiniPoint> Curve, double Coefficient)? Of(IEnumerable<(double Rank, bool Treated, double Outcome)> customers, int points = 10)
    {
        var all = customers.OrderByDescending(customer => customer.Rank).ThenBy(customer => customer.Treated).ThenBy(customer => customer.Outcome).ToArray();
        if (!all.Any(customer => customer.Treated) || all.All(customer => customer.Treated)) return null;
        var full = new List<QiniPoint> { new(0, 0) };
        CompensatedSum treatedGain = default, heldGain = default;
        long treated = 0, held = 0;
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].Treated)
            {
                treated++;
                treatedGain.Add(all[i].Outcome);
            }
            else
            {
                held++;
                heldGain.Add(all[i].Outcome);
            }

            var isTie = i + 1 < all.Length && all[i + 1].Rank.Equals(all[i].Rank);
            if (!isTie) full.Add(new((i + 1.0) / all.Length, treatedGain.Value - (held == 0 ? 0 : heldGain.Value * treated / held)));
        }

        CompensatedSum area = default;
        for (var i = 1; i < full.Count; i++) area.Add((full[i].Fraction - full[i - 1].Fraction) * (full[i].Gain + full[i - 1].Gain) / 2);
        var curve = Enumerable.Range(0, points + 1).Select(step => full.Last(point => point.Fraction <= ((double)step / points) + 1e-12)).ToArray();
        return (curve, (area.Value - (full[^1].Gain / 2)) / all.Length);
    }
}

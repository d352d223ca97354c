namespace Crm.Analytics.Models;

/// <param name="Time">Time of an end.</param>
/// <param name="AtRisk">n_j, under observation just before.</param>
/// <param name="Ended">d_j.</param>
/// <param name="Survival">S(t) with its log-log interval.</param>
public readonly record struct SurvivalStep(double Time, long AtRisk, long Ended, Estimate Survival);

/// <summary>
/// Survival with censored observations: Kaplan and Meier (1958), S(t) = Π (1 - d_j / n_j), Greenwood's variance, interval on the
/// scale of ln(-ln S), which stays between 0 and 1.
/// </summary>
public static class KaplanMeier
{
    /// <summary>One step per distinct time at which anybody ended.</summary>
    public static IReadOnlyList<SurvivalStep> Of(IEnumerable<(double Time, bool Ended)> observations, double confidence = 0.95)
    {
        var all = observations.OrderBy(observation => observation.Time).ToArray();
        var (z, steps) = (Intervals.NormalCritical(confidence), new List<SurvivalStep>());
        var (survival, greenwood) = (1.0, 0.0);
        for (var i = 0; i < all.Length;)
        {
            var (time, atRisk, ended) = (all[i].Time, all.Length - i, 0L);
            for (; i < all.Length && all[i].Time.Equals(time); i++) ended += all[i].Ended ? 1 : 0;
            if (ended == 0) continue;
            survival *= 1 - ((double)ended / atRisk);
            if (ended == atRisk)
            {
                steps.Add(new SurvivalStep(time, atRisk, ended, new Estimate(0, 0, 0)));
                break;
            }

            greenwood += ended / ((double)atRisk * (atRisk - ended));
            var width = z * Math.Sqrt(greenwood) / Math.Abs(Math.Log(survival));
            steps.Add(new SurvivalStep(time, atRisk, ended, new Estimate(survival, Math.Pow(survival, Math.Exp(width)), Math.Pow(survival, Math.Exp(-width)))));
        }

        return steps;
    }
}

namespace Crm.Campaign.Domain.Experiments;

/// <param name="Interval">Wilson, at 1 - alpha.</param>
public sealed record ArmResult(string Variant, long Sent, long Successes, double Rate, double Low, double High);

/// <summary>One pair of arms.</summary>
/// <param name="Difference">Rate of <paramref name="Variant"/> less that of <paramref name="Against"/>, with Newcombe's interval at 1 - alpha.</param>
/// <param name="Test">z (two-proportion) or fisher (exact; fewer than 5 expected in a cell).</param>
/// <param name="AdjustedP">By Holm where there are more than two arms.</param>
public sealed record ArmComparison(string Variant, string Against, double Difference, double Low, double High, string Test, double P, double AdjustedP, bool Significant);

/// <param name="Outcome">winner or inconclusive.</param>
/// <param name="Reason">Why inconclusive: too_few (an arm is below the minimum sample) or not_significant.</param>
public sealed record ExperimentResult(
    string Outcome, string? Winner, string? Reason, double Alpha, IReadOnlyList<ArmResult> Arms, IReadOnlyList<ArmComparison> Comparisons);

/// <summary>
/// The declared test. A winner is the arm that differs significantly from every other, all pairs being tested with the error shared among
/// them: where nothing differs, a winner is named in at most alpha of the experiments. That nothing can be said is an answer.
/// </summary>
internal static class ExperimentEvaluation
{
    public const string Winner = "winner";
    public const string Inconclusive = "inconclusive";

    public static ExperimentResult Evaluate(IReadOnlyList<(string Variant, Share Share)> arms, double alpha, long minSample)
    {
        var z = Normal.Quantile(1 - (alpha / 2));
        var results = arms.Select(arm =>
        {
            var interval = Proportions.Wilson(arm.Share, z);
            return new ArmResult(arm.Variant, arm.Share.Trials, arm.Share.Successes, arm.Share.Rate, interval.Low, interval.High);
        }).ToArray();
        if (arms.Any(arm => arm.Share.Trials == 0 || arm.Share.Trials < minSample)) return new ExperimentResult(Inconclusive, null, "too_few", alpha, results, []);

        var comparisons = Compare(arms, alpha, z);
        var best = arms.MaxBy(arm => arm.Share.Rate).Variant;
        var wins = comparisons.Where(comparison => comparison.Variant == best || comparison.Against == best).All(comparison => comparison.Significant);
        return new ExperimentResult(wins ? Winner : Inconclusive, wins ? best : null, wins ? null : "not_significant", alpha, results, comparisons);
    }

    private static ArmComparison[] Compare(IReadOnlyList<(string Variant, Share Share)> arms, double alpha, double z)
    {
        var pairs = (from first in Enumerable.Range(0, arms.Count) from second in Enumerable.Range(first + 1, arms.Count - first - 1) select (A: arms[first], B: arms[second])).ToArray();
        var tests = pairs.Select(pair => Proportions.EnoughForNormal(pair.A.Share, pair.B.Share) ? "z" : "fisher").ToArray();
        var p = pairs.Zip(tests, (pair, test) => test == "z" ? Proportions.ZTest(pair.A.Share, pair.B.Share) : Proportions.FisherTest(pair.A.Share, pair.B.Share)).ToArray();
        var adjusted = Proportions.Holm(p);
        return [.. pairs.Select((pair, index) =>
        {
            var interval = Proportions.Newcombe(pair.A.Share, pair.B.Share, z);
            return new ArmComparison(
                pair.A.Variant, pair.B.Variant, pair.A.Share.Rate - pair.B.Share.Rate, interval.Low, interval.High, tests[index], p[index], adjusted[index], adjusted[index] <= alpha);
        })];
    }
}

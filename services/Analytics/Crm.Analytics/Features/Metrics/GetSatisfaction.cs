using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Metrics;

/// <summary>
/// NPS = 100 (promoters - detractors) / n, CSAT = share of the two best of five, CES = mean of seven; of a wave, one answer per customer, the
/// latest. With the wave before it, the change with its interval: "changed" only where that excludes 0.
/// </summary>
internal static class GetSatisfaction
{
    private const string FormulaVersion = "satisfaction/1";
    private static readonly Error KindUnknown = Error.Invalid("analytics.survey_kind_unknown", "kind is nps, csat or ces.", "kind");
    private static readonly Error ConfidenceInvalid = Error.Invalid("analytics.confidence_invalid", "confidence is from 0.5 to 0.999.", "confidence");

    /// <param name="Counts">Answers by score: what the value is computed of.</param>
    public sealed record Response(string Kind, string? Wave, Metric Metric, IReadOnlyDictionary<string, long> Counts, Metric? Change, bool? Changed);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/metrics/{kind}", async (
            string kind, string? wave, string? comparedWith, double? confidence, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(kind, wave, comparedWith, confidence ?? 0.95, unitOfWork, time, cancellationToken)).ToOk())
        .WithName("GetSatisfaction")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(
        string kind, string? wave, string? comparedWith, double confidence, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (kind is not ("nps" or "csat" or "ces")) return KindUnknown;
        if (!(confidence is >= 0.5 and <= 0.999)) return ConfidenceInvalid;
        wave ??= await unitOfWork.QuerySingleOrDefaultAsync<string>(
            "SELECT wave FROM survey_answers WHERE kind = @kind ORDER BY answered_at DESC, wave DESC LIMIT 1", new { kind }, cancellationToken);
        var counts = await CountAsync(wave);
        var metric = MetricOf(kind, counts, confidence, time.GetUtcNow());
        Metric? change = null;
        if (comparedWith is not null && kind == "nps")
        {
            var difference = Intervals.NpsDifference(Nps(counts), Nps(await CountAsync(comparedWith)), confidence);
            change = difference is { } known
                ? new Metric("npsChange", known.Value, null, null, counts.Values.Sum(), known.Low, known.High, confidence, null, FormulaVersion, time.GetUtcNow())
                : Metric.Undefined("npsChange", "empty_denominator", FormulaVersion, time.GetUtcNow());
        }

        return new Response(
            kind, wave, metric, counts.ToDictionary(pair => pair.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), pair => pair.Value), change,
            change?.Value is null ? null : change.Low > 0 || change.High < 0);

        async Task<SortedDictionary<int, long>> CountAsync(string? of) => new((await unitOfWork.QueryAsync<(int Score, long N)>(
            """
            SELECT score, count(*) AS n FROM (
                SELECT DISTINCT ON (customer_id) score FROM survey_answers WHERE kind = @kind AND wave = @of ORDER BY customer_id, answered_at DESC, answer_id DESC) latest
            GROUP BY score
            """,
            new { kind, of }, cancellationToken)).ToDictionary(row => row.Score, row => row.N));
    }

    private static Metric MetricOf(string kind, SortedDictionary<int, long> counts, double confidence, DateTimeOffset asOf)
    {
        var n = counts.Values.Sum();
        if (n == 0) return Metric.Undefined(kind, "empty_denominator", FormulaVersion, asOf, 0, 0);
        if (kind == "csat") return Metric.Share(kind, counts.Where(pair => pair.Key >= 4).Sum(pair => pair.Value), n, FormulaVersion, asOf, confidence);
        var (promoters, detractors, _) = Nps(counts);
        var (sum, squares) = (counts.Sum(pair => (double)pair.Key * pair.Value), counts.Sum(pair => (double)pair.Key * pair.Key * pair.Value));
        var estimate = kind == "nps" ? Intervals.NetPromoterScore(promoters, detractors, n, confidence)!.Value : Intervals.Mean(sum, squares, n, confidence)!.Value;
        return new Metric(
            kind, estimate.Value, kind == "nps" ? promoters - detractors : sum, n, n, estimate.Low, estimate.High, confidence, n < Metric.FewObservations ? "few_observations" : null, FormulaVersion, asOf);
    }

    private static (long Promoters, long Detractors, long N) Nps(SortedDictionary<int, long> counts) =>
        (counts.Where(pair => pair.Key >= 9).Sum(pair => pair.Value), counts.Where(pair => pair.Key <= 6).Sum(pair => pair.Value), counts.Values.Sum());
}

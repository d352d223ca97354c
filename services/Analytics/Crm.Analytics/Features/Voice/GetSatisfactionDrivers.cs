using Crm.Analytics.Domain;
using Crm.Analytics.Models.Inference;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Voice;

/// <summary>
/// What drives sentiment: for each topic how texts that name it sound compared with those that do not (Welch's t), kept at a false discovery
/// rate of 5 %, and its impact: difference times share of texts. An association, not a proof of cause.
/// </summary>
internal static class GetSatisfactionDrivers
{
    private const int LeastTexts = 10;

    public sealed record Response(DateOnly From, DateOnly To, long N, IReadOnlyList<Driver> Drivers, string? Reason, string FormulaVersion, DateTimeOffset AsOf);

    /// <param name="Difference">Mean index with the topic less without it.</param>
    /// <param name="Impact">Difference times the topic's share: what the overall index would gain if the topic sounded like the rest (negative: costs).</param>
    public sealed record Driver(string Topic, long N, double Share, double Difference, double Low, double High, double P, double Impact);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/satisfaction-drivers", async (DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(from, to, unitOfWork, calendar, time, cancellationToken)).ToOk())
        .WithName("GetSatisfactionDrivers")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(
        DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        var end = to ?? calendar.Today.AddDays(1);
        var start = from ?? end.AddDays(-91);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        var all = await unitOfWork.QuerySingleOrDefaultAsync<Sums>(
            "SELECT '' AS topic, count(*) AS n, coalesce(sum(p_positive - p_negative), 0) AS sum, coalesce(sum((p_positive - p_negative) ^ 2), 0) AS squares FROM feedback WHERE day >= @start AND day < @end",
            new { start, end }, cancellationToken);
        var rows = await unitOfWork.QueryAsync<Sums>(
            """
            SELECT topic, count(*) AS n, sum(p_positive - p_negative) AS sum, sum((p_positive - p_negative) ^ 2) AS squares
            FROM feedback CROSS JOIN LATERAL unnest(topics) AS topic WHERE day >= @start AND day < @end GROUP BY topic ORDER BY topic
            """,
            new { start, end }, cancellationToken);
        var drivers = rows.Where(row => row.N >= LeastTexts && all!.N - row.N >= LeastTexts).Select(row => Compare(row, all!)).OfType<Driver>().ToArray();
        var threshold = FalseDiscovery.Threshold(drivers.Select(driver => driver.P), 0.05);
        Driver[] kept = [.. drivers.Where(driver => driver.P <= threshold).OrderByDescending(driver => Math.Abs(driver.Impact)).ThenBy(driver => driver.Topic, StringComparer.Ordinal)];
        return new Response(start, end, all!.N, kept, kept.Length > 0 ? null : drivers.Length == 0 ? "too_few_texts" : "nothing_significant", "drivers/1", time.GetUtcNow());
    }

    private static Driver? Compare(Sums topic, Sums all)
    {
        var (n, m) = ((double)topic.N, (double)(all.N - topic.N));
        var (mean, other) = (topic.Sum / n, (all.Sum - topic.Sum) / m);
        var a = Math.Max(0, (topic.Squares - (n * mean * mean)) / (n - 1));
        var b = Math.Max(0, (all.Squares - topic.Squares - (m * other * other)) / (m - 1));
        return Models.CampaignEffect.Revenue(new(topic.N, 0, mean, a), new(all.N - topic.N, 0, other, b), 0.95) is { } lift
            ? new Driver(topic.Topic, topic.N, n / all.N, lift.Difference, lift.Low, lift.High, lift.P, lift.Difference * n / all.N)
            : null;
    }

    private sealed record Sums(string Topic, long N, double Sum, double Squares);
}

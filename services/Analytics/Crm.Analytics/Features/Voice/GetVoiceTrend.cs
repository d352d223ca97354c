using Crm.Analytics.Domain;
using Crm.Analytics.Models.Inference;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Voice;

/// <summary>
/// How the customers' voice moves, week by week, for each product, channel, topic, language or RFM segment; rising or falling where
/// Mann-Kendall finds it at a false discovery rate of 5 % over all that were looked at.
/// </summary>
internal static class GetVoiceTrend
{
    private const int MostGroups = 100;
    private const int LeastWeeks = 6;
    private const double FalseDiscoveryRate = 0.05;

    private static readonly Dictionary<string, string> Dimensions = new(StringComparer.Ordinal)
    {
        ["product"] = "f.sku",
        ["channel"] = "f.channel",
        ["topic"] = "topic",
        ["language"] = "f.language",
        ["segment"] = "s.rfm::text",
    };

    public sealed record Response(string By, DateOnly From, DateOnly To, IReadOnlyList<Series> Series, bool Truncated, string FormulaVersion, DateTimeOffset AsOf);

    /// <param name="Direction">rising, falling or flat; null where there are fewer than six weeks with texts (the reason says so).</param>
    /// <param name="SlopePerWeek">Theil-Sen, of the weekly index.</param>
    public sealed record Series(string Key, long N, string? Direction, double? SlopePerWeek, double? P, string? Reason, IReadOnlyList<Week> Weeks);

    /// <param name="Index">Mean of p(positive) - p(negative).</param>
    public sealed record Week(DateOnly From, long N, double Index);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/voice/trend", async (
            string? by, DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(by ?? "product", from, to, unitOfWork, calendar, time, cancellationToken)).ToOk())
        .WithName("GetVoiceTrend")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(
        string by, DateOnly? from, DateOnly? to, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Dimensions.TryGetValue(by, out var expression)) return Error.Invalid("analytics.unknown_dimension", "by is one of " + string.Join(", ", Dimensions.Keys) + ".", "by");
        var end = to ?? calendar.Today.AddDays(1);
        var start = from ?? end.AddDays(-182);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        var rows = await unitOfWork.QueryAsync<Row>(
            $"""
            WITH weekly AS (
                SELECT {expression} AS key, date_trunc('week', f.day)::date AS week, count(*) AS n, round(avg(f.p_positive - f.p_negative)::numeric, 9)::float8 AS index -- equal weeks are equal, in whatever order they are summed
                FROM feedback f {(by == "topic" ? "CROSS JOIN LATERAL unnest(f.topics) AS topic" : "")} {(by == "segment" ? "JOIN customer_scores s ON s.customer_id = f.customer_id" : "")}
                WHERE f.day >= @start AND f.day < @end AND {expression} IS NOT NULL GROUP BY 1, 2
            ), most AS (SELECT key, sum(n) AS texts FROM weekly GROUP BY key ORDER BY sum(n) DESC, key LIMIT @limit)
            SELECT key, week, n, index, texts::bigint AS texts FROM weekly JOIN most USING (key) ORDER BY texts DESC, key, week
            """,
            new { start, end, limit = MostGroups + 1 }, cancellationToken);
        var groups = rows.GroupBy(row => row.Key, StringComparer.Ordinal).ToArray();
        var shown = groups.Take(MostGroups).Select(group => (Rows: group.ToArray(), Trend: group.Count() < LeastWeeks ? null : Trend.Of([.. group.Select(row => row.Index)]))).ToArray();
        var threshold = FalseDiscovery.Threshold(shown.Where(item => item.Trend is not null).Select(item => item.Trend!.P), FalseDiscoveryRate);
        return new Response(by, start, end, [.. shown.Select(item => Of(item.Rows, item.Trend, threshold))], groups.Length > MostGroups, "voice-trend/1", time.GetUtcNow());
    }

    private static Series Of(Row[] rows, Trend? trend, double threshold)
    {
        var direction = trend is null ? null : trend.P > threshold || trend.Slope == 0 ? "flat" : trend.Slope > 0 ? "rising" : "falling";
        return new Series(
            rows[0].Key, rows[0].Texts, direction, trend?.Slope, trend?.P, trend is null ? "too_few_weeks" : null, [.. rows.Select(row => new Week(row.Week, row.N, row.Index))]);
    }

    private sealed record Row(string Key, DateOnly Week, long N, double Index, long Texts);
}

using Crm.Analytics.Domain;
using Crm.Analytics.Models.Voice;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Voice;

/// <summary>The voice of the customer: sentiment of a period by week, product, channel, topic, language or RFM segment, with its interval.</summary>
internal static class GetVoice
{
    private const int MaxTexts = 200_000;
    private const int MaxGroups = 100;

    private static readonly Dictionary<string, string> Dimensions = new(StringComparer.Ordinal)
    {
        ["week"] = "to_char(date_trunc('week', f.day), 'YYYY-MM-DD')",
        ["product"] = "f.sku",
        ["channel"] = "f.channel",
        ["topic"] = "topic",
        ["language"] = "f.language",
        ["segment"] = "s.rfm::text",
    };

    /// <param name="Index">Mean of p(positive) - p(negative).</param>
    public sealed record Response(string GroupBy, DateOnly From, DateOnly To, SentimentIndex Index, IReadOnlyList<Group> Groups, bool Truncated, IReadOnlyList<string> Models, DateTimeOffset AsOf);

    public sealed record Group(string Key, int Negative, int Neutral, int Positive, SentimentIndex Index, IReadOnlyList<string> Verbatims);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/voice", async (
            string? groupBy, DateOnly? from, DateOnly? to, string? sku, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(groupBy ?? "week", from, to, sku, unitOfWork, calendar, time, cancellationToken)).ToOk())
        .WithName("GetVoice")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(
        string groupBy, DateOnly? from, DateOnly? to, string? sku, UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Dimensions.TryGetValue(groupBy, out var expression)) return AnalyticsErrors.UnknownDimension([.. Dimensions.Keys]);
        var end = to ?? calendar.Today.AddDays(1);
        var start = from ?? end.AddDays(-91);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        var rows = await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT {expression} AS key, f.label, f.p_positive - f.p_negative AS index, left(f.text, 200) AS text, f.model_version
            FROM feedback f {(groupBy == "topic" ? "CROSS JOIN LATERAL unnest(f.topics) AS topic" : "")} {(groupBy == "segment" ? "JOIN customer_scores s ON s.customer_id = f.customer_id" : "")}
            WHERE f.day >= @start AND f.day < @end AND (@sku::text IS NULL OR f.sku = @sku) AND {expression} IS NOT NULL
            ORDER BY f.day DESC, f.id DESC LIMIT @limit
            """,
            new { start, end, sku, limit = MaxTexts + 1 }, cancellationToken);
        var texts = rows.Take(MaxTexts).ToArray();
        var groups = texts.GroupBy(row => row.Key, StringComparer.Ordinal).ToArray();
        return new Response(
            groupBy, start, end, SentimentIndex.Of([.. texts.Select(row => row.Index)]),
            [
                .. groups.OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(MaxGroups)
                    .OrderBy(group => group.Key, StringComparer.Ordinal).Select(ToGroup),
            ],
            rows.Count > MaxTexts || groups.Length > MaxGroups, [.. texts.Select(row => row.ModelVersion).Distinct().Order()], time.GetUtcNow());
    }

    private static Group ToGroup(IGrouping<string, Row> rows)
    {
        int Count(string label) => rows.Count(row => row.Label == label);
        return new Group(
            rows.Key, Count(Sentiment.NegativeLabel), Count(Sentiment.NeutralLabel), Count(Sentiment.PositiveLabel), SentimentIndex.Of([.. rows.Select(row => row.Index)]),
            [.. rows.OrderBy(row => row.Index).Take(3).Select(row => row.Text)]);
    }

    private sealed record Row(string Key, string Label, double Index, string Text, string ModelVersion);
}

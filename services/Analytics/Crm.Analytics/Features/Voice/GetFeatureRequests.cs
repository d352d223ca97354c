using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Voice;

/// <summary>
/// What customers wish for: texts with a wish, by what else they are about, with how many customers say so and what those are worth. A text
/// about two topics is in both; nothing is summed over topics.
/// </summary>
internal static class GetFeatureRequests
{
    private const int MostVerbatims = 5;

    /// <param name="Share">Texts with a wish of all texts of the period.</param>
    public sealed record Response(
        DateOnly From, DateOnly To, string? Currency, long N, Metric Share, IReadOnlyList<Topic> Topics, string? Reason, string FormulaVersion, DateTimeOffset AsOf);

    /// <param name="Name">The other topic of the texts; other where there is none.</param>
    /// <param name="Customers">Distinct ones who are known.</param>
    /// <param name="ValueAtStake">Sum of these customers' CLV in the currency; of those who have one.</param>
    /// <param name="Products">That the texts name, most texts first.</param>
    /// <param name="Verbatims">The newest.</param>
    public sealed record Topic(
        string Name, long Texts, long Customers, Metric ValueAtStake, double Sentiment, DateOnly FirstDay, DateOnly LastDay, IReadOnlyList<string> Products, IReadOnlyList<string> Verbatims);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/feature-requests", async (
            DateOnly? from, DateOnly? to, string? currency, string? sku, UnitOfWork unitOfWork, FeatureQueries features, BusinessCalendar calendar, TimeProvider time,
            CancellationToken cancellationToken) =>
            (await Handle(from, to, currency, sku, unitOfWork, features, calendar, time, cancellationToken)).ToOk())
        .WithName("GetFeatureRequests")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(
        DateOnly? from, DateOnly? to, string? currency, string? sku, UnitOfWork unitOfWork, FeatureQueries features, BusinessCalendar calendar, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        var end = to ?? calendar.Today.AddDays(1);
        var start = from ?? end.AddDays(-365);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        currency ??= await features.MainCurrencyAsync(cancellationToken);
        var question = new { start, end, currency, sku, most = MostVerbatims };
        var all = await unitOfWork.QuerySingleOrDefaultAsync<Counts>(
            """
            SELECT count(*) AS texts, count(*) FILTER (WHERE 'feature_request' = ANY(topics)) AS wishes FROM feedback
            WHERE day >= @start AND day < @end AND (@sku::text IS NULL OR sku = @sku)
            """,
            question, cancellationToken);
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            WITH wishes AS (
                SELECT topic, f.id, f.customer_id, f.sku, f.day, f.text, f.p_positive - f.p_negative AS index FROM feedback f
                CROSS JOIN LATERAL (SELECT array_remove(f.topics, 'feature_request') AS others) o
                CROSS JOIN LATERAL unnest(CASE WHEN cardinality(others) = 0 THEN ARRAY['other'] ELSE others END) AS topic
                WHERE 'feature_request' = ANY(f.topics) AND f.day >= @start AND f.day < @end AND (@sku::text IS NULL OR f.sku = @sku)
            ), worth AS (
                SELECT w.topic, count(*) AS valued, sum(s.clv) AS clv FROM (SELECT DISTINCT topic, customer_id FROM wishes) w
                JOIN customer_scores s ON s.customer_id = w.customer_id AND s.currency = @currency GROUP BY w.topic
            )
            SELECT w.topic AS name, count(*) AS texts, count(DISTINCT w.customer_id) AS customers, max(worth.valued) AS valued, max(worth.clv) AS clv, avg(w.index) AS sentiment,
                min(w.day) AS first_day, max(w.day) AS last_day,
                (SELECT coalesce(array_agg(p.sku), '{}') FROM (SELECT v.sku FROM wishes v WHERE v.topic = w.topic AND v.sku IS NOT NULL GROUP BY v.sku ORDER BY count(*) DESC, v.sku LIMIT @most) p) AS products,
                (SELECT coalesce(array_agg(t.text), '{}') FROM (SELECT left(v.text, 200) AS text FROM wishes v WHERE v.topic = w.topic AND v.text <> '' ORDER BY v.day DESC, v.id DESC LIMIT @most) t) AS verbatims
            FROM wishes w LEFT JOIN worth USING (topic) GROUP BY w.topic ORDER BY max(worth.clv) DESC NULLS LAST, count(*) DESC, w.topic
            """,
            question, cancellationToken);
        var now = time.GetUtcNow();
        return new Response(
            start, end, currency, all!.Wishes, Metric.Share("featureRequestShare", all.Wishes, all.Texts, FormulaVersion, now), [.. rows.Select(row => Of(row, now))],
            all.Texts == 0 ? "no_texts" : all.Wishes == 0 ? "no_feature_requests" : null, FormulaVersion, now);
    }

    private const string FormulaVersion = "feature-requests/1";

    private static Topic Of(Row row, DateTimeOffset now) => new(
        row.Name, row.Texts, row.Customers, Metric.Amount("valueAtStake", row.Clv, row.Valued ?? 0, FormulaVersion, now, row.Clv is null ? "no_customer_scored" : row.Valued < row.Customers ? "not_all_scored" : null),
        row.Sentiment, row.FirstDay, row.LastDay, row.Products, row.Verbatims);

    private sealed record Counts(long Texts, long Wishes);

    private sealed record Row(
        string Name, long Texts, long Customers, long? Valued, decimal? Clv, double Sentiment, DateOnly FirstDay, DateOnly LastDay, string[] Products, string[] Verbatims);
}

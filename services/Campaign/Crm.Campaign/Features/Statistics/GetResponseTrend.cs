using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Statistics;

/// <param name="Buckets">Hours or days of the zone in which anything happened, in order.</param>
/// <param name="Curve">How the campaign grew, by hours since its launch.</param>
/// <param name="Earlier">The same of campaigns before it on the channel, newest first.</param>
public sealed record ResponseTrend(
    Guid CampaignId, string Bucket, string Zone, DateTimeOffset? LaunchedAt, IReadOnlyList<TrendBucket> Buckets, IReadOnlyList<CurvePoint> Curve,
    IReadOnlyList<EarlierCurve> Earlier);

/// <param name="From">Beginning of the hour or day.</param>
/// <param name="Unique">Recipients for whom it was the first time.</param>
public sealed record TrendBucket(DateTimeOffset From, string Kind, long Total, long Unique, long FilteredTotal, long FilteredUnique);

/// <param name="Opened">Share of the sent who had opened by then (filtered); null as long as nothing is sent.</param>
public sealed record CurvePoint(int Hours, double? Opened, double? Clicked);

public sealed record EarlierCurve(Guid CampaignId, string Name, DateTimeOffset LaunchedAt, IReadOnlyList<CurvePoint> Curve);

/// <summary>When recipients responded, in the hours or days of a zone, and against earlier campaigns.</summary>
internal static class GetResponseTrend
{
    private const int MaxBuckets = 10_000;
    private const int EarlierCampaigns = 5;
    private static readonly int[] Hours = [1, 2, 4, 8, 12, 24, 48, 72, 168, 336, 720];

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/response-trend", async (Guid id, string? bucket, string? zone, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, bucket ?? "day", zone ?? "Asia/Jakarta", unitOfWork, cancellationToken)).ToOk())
            .WithName("GetResponseTrend").WithSummary("Responses by hour or day, and how the campaign compares with earlier ones").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<ResponseTrend>> HandleAsync(Guid id, string bucket, string zone, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (bucket is not ("hour" or "day")) return Error.Invalid("campaign.bucket_invalid", "bucket is hour or day.", "bucket");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) || !found.HasIanaId) return Error.Invalid("campaign.zone_invalid", "zone is an IANA time zone such as Asia/Jakarta.", "zone");

        var campaigns = await unitOfWork.QueryAsync<CampaignRow>(
            """
            SELECT c.id, c.name, c.launched_at FROM campaigns c WHERE c.id = @id
            UNION ALL
            (SELECT e.id, e.name, e.launched_at FROM campaigns e JOIN campaigns c ON c.id = @id AND e.channel = c.channel AND e.launched_at < c.launched_at
             ORDER BY e.launched_at DESC LIMIT @EarlierCampaigns)
            """,
            new { id, EarlierCampaigns },
            cancellationToken);
        if (campaigns.Count == 0) return CampaignErrors.CampaignNotFound;

        var buckets = await unitOfWork.QueryAsync<TrendBucket>(
            """
            SELECT date_trunc(@bucket, quarter, @zone) AS "from", kind, sum(raw)::bigint AS total, sum(unique_raw)::bigint AS "unique",
                sum(human)::bigint AS filtered_total, sum(unique_human)::bigint AS filtered_unique
            FROM response_quarters WHERE campaign_id = @id AND kind NOT IN ('probed', 'trapped') GROUP BY 1, 2 ORDER BY 1, 2 LIMIT @MaxBuckets
            """,
            new { id, bucket, zone, MaxBuckets },
            cancellationToken);
        var curves = await CurvesAsync(campaigns, unitOfWork, cancellationToken);
        var (own, earlier) = (campaigns[0], campaigns.Skip(1));
        return new ResponseTrend(
            id, bucket, zone, own.LaunchedAt, buckets, curves[own.Id],
            [.. earlier.Select(campaign => new EarlierCurve(campaign.Id, campaign.Name, campaign.LaunchedAt!.Value, curves[campaign.Id]))]);
    }

    private static async Task<Dictionary<Guid, CurvePoint[]>> CurvesAsync(IReadOnlyList<CampaignRow> campaigns, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = (await unitOfWork.QueryAsync<GrowthRow>(
            """
            SELECT c.id, h.hours, s.sent,
                coalesce(sum(q.unique_human) FILTER (WHERE q.kind = 'opened'), 0)::bigint AS opened,
                coalesce(sum(q.unique_human) FILTER (WHERE q.kind = 'clicked'), 0)::bigint AS clicked
            FROM campaigns c CROSS JOIN unnest(@Hours) AS h (hours)
            CROSS JOIN LATERAL (SELECT coalesce(sum(recipients), 0)::bigint AS sent FROM delivery_counts d WHERE d.campaign_id = c.id AND d.state = 'sent') s
            LEFT JOIN response_quarters q ON q.campaign_id = c.id AND q.quarter < c.launched_at + make_interval(hours => h.hours)
            WHERE c.id = ANY(@ids) GROUP BY c.id, h.hours, s.sent
            """,
            new { Hours, ids = campaigns.Select(campaign => campaign.Id).ToArray() },
            cancellationToken)).ToLookup(row => row.Id);
        return campaigns.ToDictionary(
            campaign => campaign.Id,
            campaign => rows[campaign.Id].OrderBy(row => row.Hours).Select(row => new CurvePoint(row.Hours, row.Share(row.Opened), row.Share(row.Clicked))).ToArray());
    }

    private sealed record CampaignRow(Guid Id, string Name, DateTimeOffset? LaunchedAt);

    private sealed record GrowthRow(Guid Id, int Hours, long Sent, long Opened, long Clicked)
    {
        public double? Share(long count) => Sent > 0 ? (double)count / Sent : null;
    }
}

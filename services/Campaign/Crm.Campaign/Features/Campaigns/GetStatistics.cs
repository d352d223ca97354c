using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="Recipients">Everybody in the ledger so far: the sum of the states that follow.</param>
/// <param name="Planned">Waiting; also what a cancelled campaign did not send.</param>
/// <param name="Unknown">The relay may or may not have taken them; they are not sent again by themselves.</param>
/// <param name="SkippedBy">By reason: no_email, no_consent, suppressed, holdout, address_invalid.</param>
/// <param name="Trend">Responses per UTC day.</param>
public sealed record CampaignStatistics(
    Guid CampaignId, string State, bool Dispatched, long Recipients, long Planned, long Sending, long Sent, long Failed, long Skipped, long Unknown,
    IReadOnlyDictionary<string, long> SkippedBy, IReadOnlyDictionary<string, long> FailedBy, IReadOnlyDictionary<string, long> UnknownBy,
    ResponseCounts Opened, ResponseCounts Clicked, long Unsubscribed, IReadOnlyList<ResponseDay> Trend);

/// <param name="Unique">Recipients who did it at least once.</param>
public sealed record ResponseCounts(long Unique, long Total);

public sealed record ResponseDay(DateOnly Day, long Opened, long Clicked, long Unsubscribed);

/// <summary>From the counters of the chunks, which change with the rows they count: exact, and as quick for ten million as for ten.</summary>
internal static class GetStatistics
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/statistics", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCampaignStatistics").WithSummary("Progress and responses").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<CampaignStatistics>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var totals = await unitOfWork.QuerySingleOrDefaultAsync<Totals>(
            """
            SELECT c.state, c.dispatched_at IS NOT NULL AS dispatched, coalesce(sum(k.recipients), 0) AS recipients, coalesce(sum(k.sent), 0) AS sent,
                coalesce(sum(k.failed), 0) AS failed, coalesce(sum(k.skipped), 0) AS skipped, coalesce(sum(k.unknown), 0) AS unknown,
                (SELECT count(*) FROM deliveries d WHERE d.campaign_id = c.id AND d.state = 'sending') AS sending
            FROM campaigns c LEFT JOIN chunks k ON k.campaign_id = c.id WHERE c.id = @id GROUP BY c.id
            """,
            new { id },
            cancellationToken);
        if (totals is null) return CampaignErrors.CampaignNotFound;

        var reasons = (await unitOfWork.QueryAsync<ReasonCount>(
            """
            SELECT state, coalesce(reason, 'other') AS reason, count(*) AS recipients FROM deliveries
            WHERE campaign_id = @id AND state IN ('failed', 'skipped', 'unknown') GROUP BY state, reason
            """,
            new { id },
            cancellationToken)).ToLookup(row => row.State);
        var days = await unitOfWork.QueryAsync<DayCount>(
            """
            SELECT kind, (occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS total, count(*) FILTER (WHERE first) AS first
            FROM responses WHERE campaign_id = @id GROUP BY kind, day
            """,
            new { id },
            cancellationToken);

        long Of(string kind, DateOnly day) => days.Where(row => row.Kind == kind && row.Day == day).Sum(row => row.Total);
        ResponseCounts Counts(string kind) => new(days.Where(row => row.Kind == kind).Sum(row => row.First), days.Where(row => row.Kind == kind).Sum(row => row.Total));
        Dictionary<string, long> By(string state) => reasons[state].ToDictionary(row => row.Reason, row => row.Recipients);
        var settled = totals.Sent + totals.Failed + totals.Skipped + totals.Unknown;
        return new CampaignStatistics(
            id, totals.State, totals.Dispatched, totals.Recipients, totals.Recipients - settled - totals.Sending, totals.Sending,
            totals.Sent, totals.Failed, totals.Skipped, totals.Unknown, By("skipped"), By("failed"), By("unknown"),
            Counts("opened"), Counts("clicked"), Counts("unsubscribed").Unique,
            [.. days.Select(row => row.Day).Distinct().Order().Select(day => new ResponseDay(day, Of("opened", day), Of("clicked", day), Of("unsubscribed", day)))]);
    }

    private sealed record Totals(string State, bool Dispatched, long Recipients, long Sent, long Failed, long Skipped, long Unknown, long Sending);

    private sealed record ReasonCount(string State, string Reason, long Recipients);

    private sealed record DayCount(string Kind, DateOnly Day, long Total, long First);
}

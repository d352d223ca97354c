using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Statistics;

/// <param name="Recipients">Everybody in the ledger so far: the sum of the states that follow.</param>
/// <param name="Planned">Waiting; also what a cancelled campaign did not send.</param>
/// <param name="Unknown">The relay may or may not have taken them; they are not sent again by themselves.</param>
/// <param name="SkippedBy">By reason: no_email, no_consent, suppressed, holdout, address_invalid.</param>
/// <param name="Unsubscribed">Recipients, as are the four that follow.</param>
/// <param name="Breakdowns">The same by channel, provider, variant and language, where there is more than one value or a named one.</param>
/// <param name="Trend">Responses per UTC day, raw; see <c>/response-trend</c> for more.</param>
public sealed record CampaignStatistics(
    Guid CampaignId, string State, bool Dispatched, long Recipients, long Planned, long Sending, long Sent, long Failed, long Skipped, long Unknown,
    IReadOnlyDictionary<string, long> SkippedBy, IReadOnlyDictionary<string, long> FailedBy, IReadOnlyDictionary<string, long> UnknownBy,
    ResponseFigures Opened, ResponseFigures Clicked, long Unsubscribed, long Bounced, long Complained, long Replied,
    Conversions Conversions, Funnel Funnel, IReadOnlyList<Breakdown> Breakdowns, IReadOnlyList<LinkFigures> Links, IReadOnlyList<ResponseDay> Trend);

/// <summary>Raw figures beside filtered ones.</summary>
/// <param name="Unique">Recipients for whom it happened at least once, whoever did it.</param>
/// <param name="FilteredUnique">Recipients who did it themselves, as far as signals tell.</param>
/// <param name="Machine">Of <paramref name="Total"/>, fetched on the recipient's behalf (privacy proxies); the rest up to the total are bots.</param>
public sealed record ResponseFigures(long Unique, long Total, long FilteredUnique, long FilteredTotal, long Machine);

/// <summary>Recipients at each stage. Openings and clicks are the filtered ones.</summary>
/// <param name="Planned">All who were to be written to, sent or not.</param>
/// <param name="Converted">Customers who bought within the window.</param>
/// <param name="Delivered">Sent less bounced, and less what a provider's receipt says did not arrive.</param>
public sealed record Funnel(long Planned, long Sent, long Delivered, long Opened, long Clicked, long Converted, long Unsubscribed, long Bounced, long Complained);

/// <param name="By">channel, provider, variant or language.</param>
/// <param name="Value">Null where there is none: nobody has accepted it yet, no variant.</param>
/// <param name="Converted">Null where it is not counted by that.</param>
public sealed record Breakdown(string By, string? Value, long Recipients, long Sent, long Failed, long Unknown, ResponseFigures Opened, ResponseFigures Clicked, long? Converted, long Unsubscribed, long Bounced, long Complained);

public sealed record LinkFigures(string? Variant, int Link, string? Url, ResponseFigures Clicked);

public sealed record ResponseDay(DateOnly Day, long Opened, long Clicked, long Unsubscribed);

/// <summary>
/// From counters that change in the transaction of the rows they count: exact, and as quick for ten million as for ten. Responses that
/// are not judged yet are in the raw figures already.
/// </summary>
internal static class GetStatistics
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/statistics", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCampaignStatistics").WithSummary("Progress and responses").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<CampaignStatistics>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var campaign = await unitOfWork.QuerySingleOrDefaultAsync<CampaignRow>(
            "SELECT state, dispatched_at IS NOT NULL AS dispatched FROM campaigns WHERE id = @id", new { id }, cancellationToken);
        if (campaign is null) return CampaignErrors.CampaignNotFound;

        var deliveries = await DeliveryCounts.ReadAsync(id, unitOfWork, cancellationToken);
        var responses = await ResponseTotals.ReadAsync(id, unitOfWork, cancellationToken);
        var conversions = await ConversionTotals.ReadAsync(id, unitOfWork, cancellationToken);
        var links = await unitOfWork.QueryAsync<LinkRow>(
            """
            SELECT l.variant, l.link, (coalesce(x.links, v.links))[l.link + 1] AS url, l.unique_raw, l.raw, l.unique_human, l.human, l.machine
            FROM response_links l JOIN campaigns c ON c.id = l.campaign_id
            LEFT JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
            LEFT JOIN campaign_variants x ON x.campaign_id = l.campaign_id AND x.name = l.variant
            WHERE l.campaign_id = @id ORDER BY l.variant, l.link
            """,
            new { id },
            cancellationToken);
        var days = await unitOfWork.QueryAsync<ResponseDay>(
            """
            SELECT (quarter AT TIME ZONE 'UTC')::date AS day, coalesce(sum(raw) FILTER (WHERE kind = 'opened'), 0)::bigint AS opened,
                coalesce(sum(raw) FILTER (WHERE kind = 'clicked'), 0)::bigint AS clicked,
                coalesce(sum(raw) FILTER (WHERE kind = 'unsubscribed'), 0)::bigint AS unsubscribed
            FROM response_quarters WHERE campaign_id = @id GROUP BY day ORDER BY day
            """,
            new { id },
            cancellationToken);

        long In(string state) => deliveries.Where(row => row.State == state).Sum(row => row.Recipients);
        Dictionary<string, long> By(string state) =>
            deliveries.Where(row => row.State == state).GroupBy(row => row.Reason.Length > 0 ? row.Reason : "other").ToDictionary(group => group.Key, group => group.Sum(row => row.Recipients));
        var (bounced, skipped) = (responses.Unique("bounced"), In("skipped"));
        var recipients = deliveries.Sum(row => row.Recipients);
        var (opened, clicked) = (responses.Figures("opened"), responses.Figures("clicked"));
        return new CampaignStatistics(
            id, campaign.State, campaign.Dispatched, recipients, In("planned"), In("sending"), In("sent"), In("failed"), skipped, In("unknown"),
            By("skipped"), By("failed"), By("unknown"),
            opened, clicked, responses.Unique("unsubscribed"), bounced, responses.Unique("complained"), responses.Unique("replied"),
            conversions.ToResponse(),
            new Funnel(
                recipients - skipped, In("sent"), Math.Max(0, In("sent") - bounced - responses.Unique("undelivered")), opened.FilteredUnique, clicked.FilteredUnique, conversions.Customers,
                responses.Unique("unsubscribed"), bounced, responses.Unique("complained")),
            Breakdowns(deliveries, responses, conversions),
            [.. links.Select(row => new LinkFigures(row.Variant.Length > 0 ? row.Variant : null, row.Link, row.Url, new ResponseFigures(row.UniqueRaw, row.Raw, row.UniqueHuman, row.Human, row.Machine)))],
            days);
    }

    private static IReadOnlyList<Breakdown> Breakdowns(IReadOnlyList<DeliveryCount> deliveries, ResponseTotals responses, ConversionTotals conversions)
    {
        (string Name, Func<DeliveryCount, string> OfDelivery, Func<ResponseCount, string> OfResponse)[] dimensions =
        [
            ("channel", row => row.Channel, row => row.Channel),
            ("provider", row => row.Provider, row => row.Provider),
            ("variant", row => row.Variant, row => row.Variant),
            ("language", row => row.Language, row => row.Language),
        ];
        return
        [
            .. from dimension in dimensions
               from value in deliveries.Select(dimension.OfDelivery).Distinct().Order(StringComparer.Ordinal)
               let own = deliveries.Where(row => dimension.OfDelivery(row) == value).ToArray()
               let answers = responses.Where(row => dimension.OfResponse(row) == value)
               select new Breakdown(
                   dimension.Name, value.Length > 0 ? value : null, own.Sum(row => row.Recipients), Of(own, "sent"), Of(own, "failed"), Of(own, "unknown"),
                   answers.Figures("opened"), answers.Figures("clicked"), conversions.By(dimension.Name, value), answers.Unique("unsubscribed"), answers.Unique("bounced"), answers.Unique("complained")),
        ];

        static long Of(DeliveryCount[] rows, string state) => rows.Where(row => row.State == state).Sum(row => row.Recipients);
    }

    private sealed record CampaignRow(string State, bool Dispatched);

    private sealed record LinkRow(string Variant, int Link, string? Url, long UniqueRaw, long Raw, long UniqueHuman, long Human, long Machine);
}

using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain.Planning;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Activities;

/// <param name="Channel">Such as search-ads, social-ads, radio, print, event.</param>
/// <param name="CampaignId">The campaign that it belongs to, if any.</param>
public sealed record ActivityRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name,
    [property: Required, RegularExpression("[a-z][a-z0-9-]{1,49}", ErrorMessage = "A channel is a word in small letters, such as search-ads.")] string Channel,
    DateOnly FirstDay,
    DateOnly LastDay,
    [property: Required] string Currency,
    decimal PlannedCost,
    Guid? CampaignId = null,
    [property: StringLength(4_000)] string? Note = null)
{
    internal Error? Check()
    {
        if (LastDay < FirstDay) return Error.Unprocessable("campaign.period_invalid", "The last day comes after the first.", "lastDay");
        return Money.CheckCurrency(Currency, "currency") ?? Money.CheckAmount(PlannedCost, Currency, "plannedCost");
    }
}

/// <param name="Cost">As reported so far, in the same currency as the planned cost.</param>
public sealed record ActivityResponse(
    Guid Id, long Version, Guid? CampaignId, string Name, string Channel, DateOnly FirstDay, DateOnly LastDay, string Currency, decimal PlannedCost, string? Note,
    long Impressions, long Clicks, long Leads, decimal Cost, DateOnly? ReportedUpTo, string CreatedBy, DateTimeOffset CreatedAt) : IVersioned
{
    internal const string Select =
        """
        SELECT a.id, a.version, a.campaign_id, a.name, a.channel, a.first_day, a.last_day, a.currency, a.planned_cost, a.note, coalesce(r.impressions, 0)::bigint AS impressions,
            coalesce(r.clicks, 0)::bigint AS clicks, coalesce(r.leads, 0)::bigint AS leads, coalesce(r.cost, 0) AS cost, r.reported_up_to, a.created_by, a.created_at
        FROM activities a LEFT JOIN LATERAL (
            SELECT sum(impressions) AS impressions, sum(clicks) AS clicks, sum(leads) AS leads, sum(cost) AS cost, max(day) AS reported_up_to
            FROM activity_results WHERE activity_id = a.id) r ON true
        """;

    internal static Task<ActivityResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<ActivityResponse>($"{Select} WHERE a.id = @id", new { id }, cancellationToken);
}

internal static class ActivityErrors
{
    public static readonly Error NotFound = Error.NotFound("campaign.activity_not_found", "There is no such activity.");
    public static readonly Error UnknownCampaign = Error.Unprocessable("campaign.unknown_campaign", "There is no such campaign.", "campaignId");
    public static readonly Error HasResults = Error.Conflict("campaign.activity_has_results", "Results were reported in its currency; it keeps it, and is not removed.", "currency");
}

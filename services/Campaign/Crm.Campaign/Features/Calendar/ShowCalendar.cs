using Crm.Campaign.Domain.Planning;
using Crm.Campaign.Features.Segments;
using Crm.Campaign.Planning;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Calendar;

/// <param name="Zone">IANA; the days are those of this zone.</param>
/// <param name="AudiencesCompared">False: campaigns to different segments were not compared, because it would have taken too long.</param>
/// <param name="Journeys">What running journeys are expected to send from today on.</param>
public sealed record CalendarResponse(
    DateOnly From, DateOnly To, string Zone, IReadOnlyList<CalendarEntry> Entries, IReadOnlyList<CalendarConflict> Conflicts, bool AudiencesCompared,
    IReadOnlyList<ExpectedSends> Journeys);

/// <summary>What is sent, planned and due between two days, and where it collides.</summary>
internal static class ShowCalendar
{
    private const int MaxDays = 400;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/calendar", async (
                    DateOnly from, DateOnly to, UnitOfWork unitOfWork, IOptions<PlanOptions> options, IOptions<AudienceOptions> audience, TimeProvider time,
                    CancellationToken cancellationToken, string? zone = null, int days = 7, double overlapPercent = 10) =>
                (await HandleAsync(from, to, zone ?? options.Value.CalendarZone, days, overlapPercent, audience.Value, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ShowCalendar").WithSummary("Campaigns, launches, activities, tasks, holidays and expected sends of journeys in a period, with conflicts").AllowRoles(MarketingRights.Readers);

    /// <param name="overlapPercent">Share of the smaller segment from which on two segments count as the same people.</param>
    private static async Task<Result<CalendarResponse>> HandleAsync(
        DateOnly from, DateOnly to, string zone, int days, double overlapPercent, AudienceOptions audience, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (to < from || to.DayNumber - from.DayNumber > MaxDays) return Error.Invalid("campaign.period_invalid", $"A calendar shows 1 to {MaxDays} days.", "to");
        if (days is < 0 or > 90) return Error.Invalid("campaign.days_invalid", "Campaigns to the same segment are compared over 0 to 90 days.", "days");
        if (!(overlapPercent is > 0 and <= 100)) return Error.Invalid("campaign.percent_invalid", "A share is above 0 and up to 100 per cent.", "overlapPercent");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var place) || !place.HasIanaId) return Error.Invalid("campaign.unknown_zone", "A zone is an IANA zone, such as Asia/Jakarta.", "zone");

        // Neighbours outside of the period collide with what is inside.
        var around = await CalendarEntry.ReadAsync(from.AddDays(-days), to.AddDays(days), zone, null, unitOfWork, cancellationToken);
        if (around.Count > CalendarEntry.Max) return Error.Unprocessable("campaign.calendar_too_full", $"There are more than {CalendarEntry.Max} entries; ask for fewer days.", "to");
        var sends = around.Where(entry => entry.Kind is "campaign" or "scheduled").Select(entry => new PlannedSend(entry.Id, entry.SegmentId, entry.FirstDay, entry.LastDay)).ToArray();
        var special = around.Where(entry => entry.Kind is "holiday" or "blackout").Select(entry => new SpecialDays(entry.Id, entry.Kind, entry.Title, entry.FirstDay, entry.LastDay)).ToArray();
        var journeys = await ExpectedSends.ReadAsync(from, to, place, unitOfWork, time, cancellationToken);
        var overlaps = await SegmentOverlaps.FindAsync(CalendarConflicts.PairsToCompare(sends, days), overlapPercent, audience, unitOfWork, time, cancellationToken);
        return new CalendarResponse(
            from, to, zone,
            [.. around.Where(entry => entry.FirstDay <= to && entry.LastDay >= from)],
            [.. CalendarConflicts.Find(sends, special, days, overlaps).Where(conflict => conflict.Day >= from && conflict.Day <= to)],
            overlaps is not null, journeys);
    }
}

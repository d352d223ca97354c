namespace Crm.Campaign.Domain.Planning;

/// <summary>A campaign in time, as far as conflicts are concerned.</summary>
internal sealed record PlannedSend(Guid CampaignId, Guid? SegmentId, DateOnly FirstDay, DateOnly LastDay);

/// <summary>A day, or days, on which sending is to be thought over.</summary>
internal sealed record SpecialDays(Guid Id, string Kind, string Name, DateOnly FirstDay, DateOnly LastDay);

/// <param name="Kind">segment: both campaigns write to the same people within too few days; holiday, blackout: the campaign begins on such a day.</param>
/// <param name="OtherId">The other campaign, or the holiday or blackout.</param>
/// <param name="Day">When it bites: the later campaign's first day.</param>
public sealed record CalendarConflict(string Kind, Guid CampaignId, Guid OtherId, DateOnly Day, string? Name);

internal static class CalendarConflicts
{
    /// <param name="days">Days that have to lie between two campaigns to the same segment.</param>
    public static IReadOnlyList<CalendarConflict> Find(IReadOnlyList<PlannedSend> sends, IReadOnlyList<SpecialDays> special, int days)
    {
        var found = new List<CalendarConflict>();
        foreach (var same in sends.Where(send => send.SegmentId is not null).GroupBy(send => send.SegmentId))
        {
            // In the order of their first days; only the one with the latest end so far can still be near, so each is compared with those that are open.
            var open = new List<PlannedSend>();
            foreach (var send in same.OrderBy(send => send.FirstDay).ThenBy(send => send.CampaignId))
            {
                open.RemoveAll(before => send.FirstDay.DayNumber - before.LastDay.DayNumber > days);
                found.AddRange(open.Select(before => new CalendarConflict("segment", send.CampaignId, before.CampaignId, send.FirstDay, null)));
                open.Add(send);
            }
        }

        found.AddRange(
            from send in sends
            from day in special
            where send.FirstDay <= day.LastDay && send.FirstDay >= day.FirstDay
            select new CalendarConflict(day.Kind, send.CampaignId, day.Id, send.FirstDay, day.Name));
        return [.. found.OrderBy(conflict => conflict.Day).ThenBy(conflict => conflict.CampaignId).ThenBy(conflict => conflict.OtherId)];
    }
}

namespace Crm.Campaign.Domain.Planning;

/// <summary>A campaign in time, as far as conflicts are concerned.</summary>
internal sealed record PlannedSend(Guid CampaignId, Guid? SegmentId, DateOnly FirstDay, DateOnly LastDay);

/// <summary>A day, or days, on which sending is to be thought over.</summary>
internal sealed record SpecialDays(Guid Id, string Kind, string Name, DateOnly FirstDay, DateOnly LastDay);

/// <param name="Kind">
/// segment: both campaigns are to the same segment within too few days; audience: to different segments that share many people; holiday, blackout:
/// the campaign begins on such a day.
/// </param>
/// <param name="OtherId">The other campaign, or the holiday or blackout.</param>
/// <param name="Day">When it bites: the later campaign's first day.</param>
/// <param name="Shared">Of audience: people who are in both segments.</param>
/// <param name="SharedPercent">Of audience: their share of the smaller segment.</param>
public sealed record CalendarConflict(string Kind, Guid CampaignId, Guid OtherId, DateOnly Day, string? Name, long? Shared = null, double? SharedPercent = null);

/// <summary>How far two segments are the same people.</summary>
/// <param name="Smaller">People of the smaller one.</param>
internal sealed record SegmentOverlap(long Shared, long Smaller)
{
    public double Percent => Smaller == 0 ? 0 : 100.0 * Shared / Smaller;
}

internal static class CalendarConflicts
{
    /// <param name="days">Days that have to lie between two campaigns to the same people.</param>
    /// <param name="overlaps">By pair of segments (see <see cref="Pair"/>), those that share enough people to be told.</param>
    public static IReadOnlyList<CalendarConflict> Find(
        IReadOnlyList<PlannedSend> sends, IReadOnlyList<SpecialDays> special, int days, IReadOnlyDictionary<(Guid, Guid), SegmentOverlap>? overlaps = null)
    {
        var found = new List<CalendarConflict>();
        foreach (var (send, before) in Near(sends, days))
        {
            if (send.SegmentId == before.SegmentId) found.Add(new CalendarConflict("segment", send.CampaignId, before.CampaignId, send.FirstDay, null));
            else if (overlaps?.GetValueOrDefault(Pair(send, before)) is { } overlap)
            {
                found.Add(new CalendarConflict("audience", send.CampaignId, before.CampaignId, send.FirstDay, null, overlap.Shared, Math.Round(overlap.Percent, 1)));
            }
        }

        found.AddRange(
            from send in sends
            from day in special
            where send.FirstDay <= day.LastDay && send.FirstDay >= day.FirstDay
            select new CalendarConflict(day.Kind, send.CampaignId, day.Id, send.FirstDay, day.Name));
        return [.. found.OrderBy(conflict => conflict.Day).ThenBy(conflict => conflict.CampaignId).ThenBy(conflict => conflict.OtherId)];
    }

    /// <summary>Pairs of different segments whose campaigns are near each other: whether they are the same people has to be asked.</summary>
    public static IReadOnlyList<(Guid, Guid)> PairsToCompare(IReadOnlyList<PlannedSend> sends, int days) =>
        [.. Near(sends, days).Where(pair => pair.Send.SegmentId != pair.Before.SegmentId).Select(pair => Pair(pair.Send, pair.Before)).Distinct()];

    private static (Guid, Guid) Pair(PlannedSend one, PlannedSend other)
    {
        var (a, b) = (one.SegmentId!.Value, other.SegmentId!.Value);
        return a.CompareTo(b) < 0 ? (a, b) : (b, a);
    }

    private static IEnumerable<(PlannedSend Send, PlannedSend Before)> Near(IReadOnlyList<PlannedSend> sends, int days)
    {
        // In the order of their first days; only the one with the latest end so far can still be near, so each is compared with those that are open.
        var open = new List<PlannedSend>();
        foreach (var send in sends.Where(send => send.SegmentId is not null).OrderBy(send => send.FirstDay).ThenBy(send => send.CampaignId))
        {
            open.RemoveAll(before => send.FirstDay.DayNumber - before.LastDay.DayNumber > days);
            foreach (var before in open) yield return (send, before);
            open.Add(send);
        }
    }
}

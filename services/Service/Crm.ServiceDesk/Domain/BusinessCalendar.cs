using System.Collections.Concurrent;

namespace Crm.ServiceDesk.Domain;

/// <summary>Open hours of a weekday in local time, at most to midnight.</summary>
/// <param name="From">Time of day, inclusive.</param>
/// <param name="Until">Time of day, exclusive; 24 hours is midnight at the end of the day.</param>
public readonly record struct OpenSpan(DayOfWeek Day, TimeSpan From, TimeSpan Until);

/// <summary>
/// When a department works: spans of open hours on each weekday of a time zone, without the holidays. Open time is real time: where clocks
/// are put forward within a span, the span is an hour shorter. A bound that a day skips is the instant of the change; one that comes twice
/// is its first.
/// </summary>
public sealed class BusinessCalendar
{
    /// <summary>What is not due within ten years is never due.</summary>
    private const int HorizonDays = 3653;

    private readonly OpenSpan[][] _week;
    private readonly HashSet<DateOnly> _holidays;
    private readonly ConcurrentDictionary<DateOnly, (DateTimeOffset Begin, DateTimeOffset End)[]> _days = new();

    /// <param name="zone">An IANA zone.</param>
    /// <param name="spans">In any order; spans of a day do not overlap (<see cref="OverlapOf"/>).</param>
    /// <param name="holidays">Local dates on which nobody works.</param>
    public BusinessCalendar(TimeZoneInfo zone, IEnumerable<OpenSpan> spans, IEnumerable<DateOnly> holidays)
    {
        Zone = zone;
        _holidays = [.. holidays];
        var byDay = spans.ToLookup(span => span.Day);
        _week = [.. Enum.GetValues<DayOfWeek>().Select(day => byDay[day].OrderBy(span => span.From).ToArray())];
        if (OverlapOf(_week.SelectMany(day => day)) is { } overlap) throw new ArgumentException($"Span {overlap} overlaps another or is empty.", nameof(spans));
    }

    public TimeZoneInfo Zone { get; }

    /// <summary>Day and night, every day.</summary>
    public static BusinessCalendar AlwaysOpen(TimeZoneInfo zone) =>
        new(zone, Enum.GetValues<DayOfWeek>().Select(day => new OpenSpan(day, TimeSpan.Zero, TimeSpan.FromDays(1))), []);

    /// <summary>The first span that is empty, leaves its day, or begins before the one before it has ended; null when there is none.</summary>
    public static OpenSpan? OverlapOf(IEnumerable<OpenSpan> spans)
    {
        var ordered = spans.OrderBy(span => span.Day).ThenBy(span => span.From).ToArray();
        for (var i = 0; i < ordered.Length; i++)
        {
            var span = ordered[i];
            if (span.From < TimeSpan.Zero || span.Until <= span.From || span.Until > TimeSpan.FromDays(1)) return span;
            if (i > 0 && ordered[i - 1].Day == span.Day && ordered[i - 1].Until > span.From) return span;
        }

        return null;
    }

    /// <summary>How much of the time from <paramref name="from"/> to <paramref name="to"/> is open; nothing when it ends before it begins.</summary>
    public TimeSpan OpenBetween(DateTimeOffset from, DateTimeOffset to)
    {
        var open = TimeSpan.Zero;
        foreach (var (begin, end) in IntervalsFrom(from, to))
        {
            if (begin >= to) break;
            open += (end < to ? end : to) - begin;
        }

        return open;
    }

    /// <summary>
    /// The first instant by which <paramref name="need"/> of open time has passed since <paramref name="start"/>: the end of a span belongs to
    /// the span (17:00, not 08:00 of the next day). Null when that is never: the calendar has no open hours, or a holiday every day.
    /// </summary>
    public DateTimeOffset? After(DateTimeOffset start, TimeSpan need)
    {
        if (need <= TimeSpan.Zero) return start;
        foreach (var (begin, end) in IntervalsFrom(start, null))
        {
            if (end - begin >= need) return begin + need;
            need -= end - begin;
        }

        return null;
    }

    /// <summary>Open intervals in order, the first cut at <paramref name="from"/>, up to the day of <paramref name="to"/> or the horizon.</summary>
    private IEnumerable<(DateTimeOffset Begin, DateTimeOffset End)> IntervalsFrom(DateTimeOffset from, DateTimeOffset? to)
    {
        from = from.ToUniversalTime();
        // A day earlier: at the change of a clock the local date of an instant can lie behind that of an earlier one.
        var first = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, Zone).DateTime).AddDays(-1);
        var last = to is { } end ? DateOnly.FromDateTime(end.UtcDateTime).AddDays(2) : first.AddDays(HorizonDays);
        for (var day = first; day <= last; day = day.AddDays(1))
        {
            foreach (var (begin, until) in _days.GetOrAdd(day, OpenOn))
            {
                if (until > from) yield return (begin < from ? from : begin, until);
            }
        }
    }

    private (DateTimeOffset Begin, DateTimeOffset End)[] OpenOn(DateOnly day) => _holidays.Contains(day)
        ? []
        : [.. _week[(int)day.DayOfWeek].Select(span => (Begin: InstantOf(day, span.From), End: InstantOf(day, span.Until))).Where(open => open.Begin < open.End)];

    /// <summary>The first instant at which the zone's clocks show this time of that day, or have jumped over it.</summary>
    private DateTimeOffset InstantOf(DateOnly day, TimeSpan time)
    {
        var local = day.ToDateTime(TimeOnly.MinValue) + time;
        if (Zone.IsInvalidTime(local)) return EndOfGap(local);
        var offset = Zone.IsAmbiguousTime(local) ? Zone.GetAmbiguousTimeOffsets(local).Max() : Zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>The instant of the change that skips a local time: the first at which clocks show more than it.</summary>
    private DateTimeOffset EndOfGap(DateTime local)
    {
        var utc = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        var (before, after) = (utc.AddHours(-15).Ticks, utc.AddHours(15).Ticks); // no zone is farther from UTC
        while (after - before > 1)
        {
            var middle = before + ((after - before) / 2);
            if (TimeZoneInfo.ConvertTimeFromUtc(new DateTime(middle, DateTimeKind.Utc), Zone) < local) before = middle;
            else after = middle;
        }

        return new DateTimeOffset(after, TimeSpan.Zero);
    }
}

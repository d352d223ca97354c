namespace Crm.Campaign.Delivery.Pacing;

/// <summary>
/// Wall-clock rules in a person's zone. Each answers with an instant, and an instant has exactly one wall-clock time: a time that a
/// change of the clocks leaves out is met by the first instant after the gap, one that comes twice counts both times.
/// </summary>
public static class LocalTime
{
    /// <summary>The zone by its IANA name, else the fallback.</summary>
    public static TimeZoneInfo Zone(string? name, TimeZoneInfo fallback) =>
        name is { Length: > 0 } && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : fallback;

    /// <summary>The earliest instant from <paramref name="from"/> on that is not quiet: quiet is from..to, across midnight where from is later.</summary>
    public static DateTimeOffset AfterQuiet(DateTimeOffset from, TimeOnly quietFrom, TimeOnly quietTo, TimeZoneInfo zone) =>
        First(from, zone, time => !IsWithin(time, quietFrom, quietTo), quietTo);

    /// <summary>The earliest instant from <paramref name="from"/> on in that hour of the day; where the hour is left out, the first instant after the gap.</summary>
    public static DateTimeOffset AtHour(DateTimeOffset from, int hour, TimeZoneInfo zone)
    {
        var (begin, end) = (new TimeOnly(hour, 0), new TimeOnly((hour + 1) % 24, 0));
        return First(from, zone, time => IsWithin(time, begin, end), begin, isSkipped: (before, after) => IsWithin(begin, before, after) && before != after);
    }

    public static int HourOf(DateTimeOffset instant, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(instant, zone).Hour;

    /// <summary>from &lt;= time &lt; to on the clock's face; equal bounds: never.</summary>
    public static bool IsWithin(TimeOnly time, TimeOnly from, TimeOnly to) => time.IsBetween(from, to) && from != to;

    /// <summary>
    /// Goes from one candidate to the next: between two changes of the zone's offset the clock runs evenly, so the rule can begin to hold
    /// only at the target time or at a change.
    /// </summary>
    private static DateTimeOffset First(
        DateTimeOffset from, TimeZoneInfo zone, Func<TimeOnly, bool> holds, TimeOnly target, Func<TimeOnly, TimeOnly, bool>? isSkipped = null)
    {
        var at = from.ToUniversalTime();
        while (true)
        {
            var time = TimeOfDay(at, zone);
            if (holds(time)) return at;
            var reach = target - time; // around midnight: TimeOnly subtracts on the clock's face
            if (reach == TimeSpan.Zero) reach = TimeSpan.FromDays(1);
            if (NextChange(at, at + reach, zone) is not { } change)
            {
                at += reach;
                continue;
            }

            var before = TimeOfDay(change - TimeSpan.FromTicks(1), zone);
            var after = TimeOfDay(change, zone);
            if (isSkipped is not null && zone.GetUtcOffset(change) > zone.GetUtcOffset(change - TimeSpan.FromTicks(1)) && isSkipped(before, after)) return change;
            at = change;
        }
    }

    /// <summary>The first instant in (from, to] with another offset than the instant before it.</summary>
    private static DateTimeOffset? NextChange(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone)
    {
        // No zone has changed its clocks twice within three hours.
        for (var low = from; low < to;)
        {
            var high = low + TimeSpan.FromHours(3) < to ? low + TimeSpan.FromHours(3) : to;
            var offset = zone.GetUtcOffset(low);
            if (zone.GetUtcOffset(high) != offset)
            {
                while (high - low > TimeSpan.FromTicks(1))
                {
                    var middle = low + (high - low) / 2;
                    if (zone.GetUtcOffset(middle) == offset) low = middle; else high = middle;
                }

                return high;
            }

            low = high;
        }

        return null;
    }

    private static TimeOnly TimeOfDay(DateTimeOffset instant, TimeZoneInfo zone) => TimeOnly.FromTimeSpan(TimeZoneInfo.ConvertTime(instant, zone).TimeOfDay);
}

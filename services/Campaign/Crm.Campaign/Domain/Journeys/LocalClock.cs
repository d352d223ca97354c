namespace Crm.Campaign.Domain.Journeys;

/// <summary>
/// Instants of times of day in a zone. A time that the clocks skip comes when they have skipped it; one that they show twice comes the
/// first time.
/// </summary>
internal static class LocalClock
{
    public static DateTimeOffset Instant(DateOnly date, TimeOnly at, TimeZoneInfo zone)
    {
        var local = date.ToDateTime(at);
        while (zone.IsInvalidTime(local)) local = new DateTime((local.Ticks / TimeSpan.TicksPerMinute + 1) * TimeSpan.TicksPerMinute);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    public static DateOnly DateOf(DateTimeOffset instant, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);

    /// <summary>The first instant not before <paramref name="earliest"/> at which it is that time (of that weekday) there.</summary>
    public static DateTimeOffset Next(DateTimeOffset earliest, TimeOnly at, DayOfWeek? weekday, TimeZoneInfo zone)
    {
        for (var date = DateOf(earliest, zone); ; date = date.AddDays(1))
        {
            if (weekday is not null && date.DayOfWeek != weekday) continue;
            var instant = Instant(date, at, zone);
            if (instant >= earliest) return instant;
        }
    }
}

namespace Crm.Campaign.Domain.Segments;

/// <summary>
/// Zones whose calendar is a day ahead of UTC's at an instant, and those that are a day behind: what "today" is for each customer, without
/// asking the database about zones that it may not know. Customers in other spellings of a zone count in UTC.
/// </summary>
internal static class LocalDays
{
    // The offsets of all zones are quarters of an hour, so within one nobody's date changes.
    private static readonly long QuarterTicks = TimeSpan.FromMinutes(15).Ticks;
    private static volatile Known? _known;

    public static (string[] Ahead, string[] Behind) At(DateTimeOffset now)
    {
        var quarter = now.UtcTicks / QuarterTicks;
        if (_known is not { } known || known.Quarter != quarter) _known = known = Compute(quarter);
        return (known.Ahead, known.Behind);
    }

    private static Known Compute(long quarter)
    {
        var begin = new DateTimeOffset(quarter * QuarterTicks, TimeSpan.Zero);
        var today = DateOnly.FromDateTime(begin.UtcDateTime);
        var zones = TimeZoneInfo.GetSystemTimeZones().ToLookup(zone => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(begin, zone).DateTime).CompareTo(today), zone => zone.Id);
        return new Known(quarter, [.. zones[1]], [.. zones[-1]]);
    }

    private sealed record Known(long Quarter, string[] Ahead, string[] Behind);
}

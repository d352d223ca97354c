namespace Crm.Campaign.Domain.Segments;

/// <summary>
/// Zones whose calendar is a day ahead of UTC's at an instant, and those that are a day behind: what "today" is for each customer, without
/// asking the database about zones that it may not know. Customers in other spellings of a zone count in UTC.
/// </summary>
internal static class LocalDays
{
    public static (string[] Ahead, string[] Behind) At(DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var zones = TimeZoneInfo.GetSystemTimeZones().ToLookup(zone => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime).CompareTo(today), zone => zone.Id);
        return ([.. zones[1]], [.. zones[-1]]);
    }
}

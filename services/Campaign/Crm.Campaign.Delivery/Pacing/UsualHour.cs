namespace Crm.Campaign.Delivery.Pacing;

/// <summary>The hour of the day at which somebody usually opens what they get.</summary>
public static class UsualHour
{
    /// <summary>How far back responses tell something.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(90);

    /// <summary>Fewer responses of one person say nothing about their habits.</summary>
    public const int Least = 3;

    /// <summary>The most frequent local hour; of equally frequent ones the earliest. Null where there are too few.</summary>
    public static int? Of(IEnumerable<(DateTimeOffset At, string? Zone)> responses, TimeZoneInfo defaultZone, int least = Least)
    {
        var hours = new int[24];
        var count = 0;
        foreach (var (at, zone) in responses)
        {
            hours[LocalTime.HourOf(at, LocalTime.Zone(zone, defaultZone))]++;
            count++;
        }

        return count < least || count == 0 ? null : Array.IndexOf(hours, hours.Max());
    }
}

using Crm.Campaign.Delivery.Pacing;

namespace Crm.Campaign.Tests.Pacing;

/// <summary>Against a walk from minute to minute, in every zone, around every change of its clocks and at other times.</summary>
public sealed class LocalTimeTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo[] Zones = [.. TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.HasIanaId)];

    private static readonly (TimeOnly From, TimeOnly To)[] Quiet =
        [(new(21, 0), new(8, 0)), (new(22, 30), new(1, 30)), (new(0, 30), new(2, 15)), (new(1, 0), new(2, 30)), (new(2, 0), new(3, 0))];

    [Fact]
    public void Quiet_hours_end_at_the_first_minute_that_is_not_quiet_in_every_zone()
    {
        Assert.True(Zones.Length > 300);
        var checks = 0;
        foreach (var (zone, at, number) in Moments())
        {
            var (from, to) = Quiet[number % Quiet.Length];
            var next = LocalTime.AfterQuiet(at, from, to, zone);

            Assert.False(IsQuiet(next, from, to, zone), $"{zone.Id} {at:O}: {next:O} is quiet");
            Assert.Equal(Walk(at, minute => !IsQuiet(minute, from, to, zone)), next);
            checks++;
        }

        Assert.True(checks > 2_000);
    }

    [Fact]
    public void The_hour_is_the_first_minute_in_it_or_after_the_gap_that_swallowed_its_beginning()
    {
        foreach (var (zone, at, number) in Moments())
        {
            var hour = (number * 7 + LocalTime.HourOf(at, zone)) % 24;
            var next = LocalTime.AtHour(at, hour, zone);

            Assert.Equal(Walk(at, minute => Local(minute, zone).Hour == hour || Swallows(minute, hour, zone, at)), next);
        }
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29T00:30:00Z", 2, "2026-03-29T01:00:00Z")] // 02:00 to 03:00 is left out
    [InlineData("Europe/Berlin", "2026-10-25T00:10:00Z", 2, "2026-10-25T00:10:00Z")] // 02:10, the first time
    [InlineData("Europe/Berlin", "2026-10-25T01:10:00Z", 2, "2026-10-25T01:10:00Z")] // 02:10, the second time
    [InlineData("Asia/Jakarta", "2026-06-01T04:00:00Z", 10, "2026-06-02T03:00:00Z")]
    [InlineData("Asia/Jayapura", "2026-06-01T00:59:59Z", 10, "2026-06-01T01:00:00Z")]
    public void Examples(string zone, string from, int hour, string expected) => Assert.Equal(
        DateTimeOffset.Parse(expected, null), LocalTime.AtHour(DateTimeOffset.Parse(from, null), hour, TimeZoneInfo.FindSystemTimeZoneById(zone)));

    [Fact]
    public void A_zone_that_does_not_exist_is_the_fallback()
    {
        Assert.Same(TimeZoneInfo.Utc, LocalTime.Zone("Mars/Olympus", TimeZoneInfo.Utc));
        Assert.Same(TimeZoneInfo.Utc, LocalTime.Zone(null, TimeZoneInfo.Utc));
        Assert.Equal("Asia/Makassar", LocalTime.Zone("Asia/Makassar", TimeZoneInfo.Utc).Id);
    }

    private static IEnumerable<(TimeZoneInfo Zone, DateTimeOffset At, int Number)> Moments()
    {
        var number = 0;
        foreach (var zone in Zones)
        {
            var moments = new List<DateTimeOffset> { Begin.AddMinutes(zone.Id.Length * 997), Begin.AddMinutes(250_000 + zone.Id.Length * 131), Begin.AddMinutes(401_111) };
            for (var at = Begin; at < Begin.AddYears(1); at = at.AddHours(6))
            {
                if (zone.GetUtcOffset(at) == zone.GetUtcOffset(at.AddHours(6))) continue;
                moments.AddRange(Enumerable.Range(0, 5).Select(step => at.AddMinutes(step * 83 - 90)));
            }

            foreach (var moment in moments) yield return (zone, moment, number++);
        }
    }

    private static bool IsQuiet(DateTimeOffset at, TimeOnly from, TimeOnly to, TimeZoneInfo zone)
    {
        var time = TimeOnly.FromDateTime(Local(at, zone));
        return from < to ? time >= from && time < to : time >= from || time < to;
    }

    /// <summary>Whether the clocks, at this minute, jump over the beginning of the hour.</summary>
    private static bool Swallows(DateTimeOffset minute, int hour, TimeZoneInfo zone, DateTimeOffset begin)
    {
        var (before, after) = (Local(minute.AddMinutes(-1), zone), Local(minute, zone));
        var start = after.Date.AddHours(hour);
        return minute > begin && after - before > TimeSpan.FromMinutes(1) && start > before && start < after && after - before < TimeSpan.FromHours(12);
    }

    private static DateTimeOffset Walk(DateTimeOffset from, Func<DateTimeOffset, bool> holds)
    {
        var at = from;
        while (!holds(at)) at = at.AddMinutes(1);
        return at;
    }

    private static DateTime Local(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).DateTime;
}

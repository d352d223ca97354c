using Crm.Campaign.Domain.Journeys;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Journeys;

public sealed class AnniversaryTests
{
    private static readonly string[] Zones =
    [
        "Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati",
        "Asia/Kathmandu", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Europe/Dublin", "America/St_Johns", "Antarctica/Troll", "UTC",
    ];

    private static readonly Config Configuration = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20_261_125, 1);

    private static readonly Gen<DateOnly> Dates = Gen.Choose(new DateOnly(1930, 1, 1).DayNumber, new DateOnly(2025, 12, 31).DayNumber).Select(DateOnly.FromDayNumber);

    /// <summary>More leap days among them than there are.</summary>
    private static readonly Gen<DateOnly> Origins = Gen.Frequency((4, Dates), (1, Gen.Choose(0, 20).Select(four => new DateOnly(1940 + 4 * four, 2, 29))));

    [Fact]
    public void Whatever_zone_date_hour_and_rhythm_of_looking_each_year_has_one_greeting_on_its_day_and_after_its_hour() =>
        Check.One(Configuration, Prop.ForAll(
            (from origin in Origins
             from zone in Gen.Elements(Zones)
             from hour in Gen.Choose(0, 23)
             from rule in Gen.Elements(LeapDayRule.Feb28, LeapDayRule.Mar1)
             from minutes in Gen.Choose(7, 55)
             from year in Gen.Choose(2010, 2030)
             select (origin, zone: TimeZoneInfo.FindSystemTimeZoneById(zone), hour, rule, minutes, year)).ToArbitrary(),
            world =>
            {
                var day = Anniversaries.In(world.year, world.origin, world.rule);
                var greeted = new List<DateTimeOffset>();
                var occasions = new HashSet<int>();
                var from = new DateTimeOffset(day.AddDays(-2).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
                for (var now = from; now < from.AddDays(5); now = now.AddMinutes(world.minutes))
                {
                    foreach (var (date, since) in Anniversaries.OpenDates(now, world.hour, world.zone))
                    {
                        Assert.True(since <= now);
                        if (Anniversaries.MonthDaysOn(date, world.rule).Contains(Anniversaries.MonthDay(world.origin)) && occasions.Add(date.Year)) greeted.Add(now);
                    }
                }

                // The last hour of a day may be shorter than the pause between two looks where the clocks go on.
                if (greeted.Count == 0 && world.hour == 23) return;
                var at = Assert.Single(greeted);
                var local = TimeZoneInfo.ConvertTime(at, world.zone);
                var skipped = world.zone.Id == "Pacific/Apia" && day == new DateOnly(2011, 12, 30);
                Assert.Equal(skipped ? day.AddDays(1) : day, DateOnly.FromDateTime(local.DateTime));
                Assert.True(skipped || local.Hour >= world.hour);
            }));

    [Fact]
    public void An_origin_falls_on_exactly_one_day_of_a_year_which_is_its_anniversary() =>
        Check.One(Configuration.WithMaxTest(100), Prop.ForAll(
            (from origin in Origins from rule in Gen.Elements(LeapDayRule.Feb28, LeapDayRule.Mar1) from year in Gen.Choose(1990, 2040) select (origin, rule, year)).ToArbitrary(),
            world =>
            {
                var days = Enumerable.Range(0, DateTime.IsLeapYear(world.year) ? 366 : 365).Select(new DateOnly(world.year, 1, 1).AddDays)
                    .Where(date => Anniversaries.MonthDaysOn(date, world.rule).Contains(Anniversaries.MonthDay(world.origin)));
                Assert.Equal(Anniversaries.In(world.year, world.origin, world.rule), Assert.Single(days));
            }));

    [Theory]
    [InlineData(2027, "feb28", "2027-02-28")]
    [InlineData(2027, "mar1", "2027-03-01")]
    [InlineData(2028, "feb28", "2028-02-29")]
    [InlineData(2028, "mar1", "2028-02-29")]
    public void Who_was_born_on_29_February_is_greeted_by_the_chosen_rule(int year, string rule, string expected) =>
        Assert.Equal(DateOnly.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), Anniversaries.In(year, new DateOnly(2000, 2, 29), rule == "mar1" ? LeapDayRule.Mar1 : LeapDayRule.Feb28));

    [Fact]
    public void A_late_start_does_not_make_up_for_yesterday()
    {
        var jakarta = TimeZoneInfo.FindSystemTimeZoneById("Asia/Jakarta");
        DateOnly[] OpenAt(int day, int hour) => [.. Anniversaries.OpenDates(new DateTimeOffset(2026, 3, day, hour, 0, 0, TimeSpan.FromHours(7)), 9, jakarta).Select(open => open.Date)];

        Assert.Empty(OpenAt(11, 8));
        Assert.Equal([new DateOnly(2026, 3, 11)], OpenAt(11, 9));
        Assert.Equal([new DateOnly(2026, 3, 11)], OpenAt(11, 23));
        Assert.Empty(OpenAt(12, 0));
    }

    [Fact]
    public void A_local_instant_in_utc_is_on_one_of_the_days_that_the_index_is_asked_for() =>
        Check.One(Configuration, Prop.ForAll(
            (from origin in Origins from zone in Gen.Elements(Zones) from minute in Gen.Choose(0, 1439) select (origin, zone, minute)).ToArbitrary(),
            world =>
            {
                var utc = LocalClock.Instant(world.origin, TimeOnly.MinValue.AddMinutes(world.minute), TimeZoneInfo.FindSystemTimeZoneById(world.zone));
                Assert.Contains(Anniversaries.MonthDay(DateOnly.FromDateTime(utc.UtcDateTime)), Anniversaries.Near([Anniversaries.MonthDay(world.origin)]));
            }));

    [Fact]
    public void A_wait_until_a_time_of_day_ends_in_the_future_at_that_time_or_when_the_clocks_have_skipped_it() =>
        Check.One(Configuration, Prop.ForAll(
            (from hours in Gen.Choose(0, 20 * 366 * 24)
             from zone in Gen.Elements(Zones)
             from at in Gen.Choose(0, 1439)
             from weekday in Gen.Choose(-1, 6)
             from wait in Gen.Elements(0, 0, 90, 3 * 24 * 60)
             select (now: new DateTimeOffset(2012, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hours), zone: TimeZoneInfo.FindSystemTimeZoneById(zone), at: TimeOnly.MinValue.AddMinutes(at), weekday, wait)).ToArbitrary(),
            world =>
            {
                DayOfWeek? weekday = world.weekday < 0 ? null : (DayOfWeek)world.weekday;
                var due = new WaitTime(world.wait, weekday, world.at).After(world.now, world.zone);
                var local = TimeZoneInfo.ConvertTime(due, world.zone).DateTime;
                Assert.True(due > world.now && due >= world.now.AddMinutes(world.wait));
                Assert.True(due <= world.now.AddMinutes(world.wait).AddDays(weekday is null ? 2 : 9));
                if (weekday is not null) Assert.Equal(weekday, local.DayOfWeek);
                var wanted = DateOnly.FromDateTime(local).ToDateTime(world.at);
                Assert.True(TimeOnly.FromDateTime(local) == world.at || world.zone.IsInvalidTime(wanted), $"{local} {world.zone.Id}");
            }));

    [Theory]
    [InlineData("2026-03-29", "02:30", "Europe/Berlin", "2026-03-29T01:00:00Z")] // skipped: when the clocks show 3
    [InlineData("2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T00:30:00Z")] // twice: the first time
    [InlineData("2026-06-01", "09:00", "Asia/Jakarta", "2026-06-01T02:00:00Z")]
    public void Times_that_the_clocks_skip_or_show_twice(string date, string at, string zone, string expected) => Assert.Equal(
        DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
        LocalClock.Instant(
            DateOnly.Parse(date, System.Globalization.CultureInfo.InvariantCulture), TimeOnly.Parse(at, System.Globalization.CultureInfo.InvariantCulture),
            TimeZoneInfo.FindSystemTimeZoneById(zone)));
}

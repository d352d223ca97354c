using System.Globalization;
using Crm.ServiceDesk.Domain;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.ServiceDesk.Tests.Domain;

public sealed class SlaClockTests
{
    private static readonly TimeZoneInfo Jakarta = TimeZoneInfo.FindSystemTimeZoneById("Asia/Jakarta");
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private static readonly BusinessCalendar Office = new(
        Jakarta,
        from day in Enumerable.Range(1, 5)
        from span in new[] { (From: 8, Until: 12), (From: 13, Until: 17) }
        select new OpenSpan((DayOfWeek)day, TimeSpan.FromHours(span.From), TimeSpan.FromHours(span.Until)),
        [new DateOnly(2026, 8, 17)]);

    /// <summary>Office hours with lunch, Monday 2026-08-17 a holiday; times are of Jakarta.</summary>
    [Theory]
    [InlineData("2026-08-14 16:30", 60, null, null, "2026-08-18 08:30")] // over a weekend and a holiday
    [InlineData("2026-08-14 12:30", 240, null, null, "2026-08-14 17:00")] // begins at lunch; the end of a span belongs to it
    [InlineData("2026-08-15 10:00", 120, null, null, "2026-08-18 10:00")] // begins on a Saturday
    [InlineData("2026-08-12 11:30", 60, null, null, "2026-08-12 13:30")] // over lunch
    [InlineData("2026-08-13 08:00", 480, null, null, "2026-08-13 17:00")] // a whole day
    [InlineData("2026-08-13 09:00", 960, null, null, "2026-08-18 09:00")] // two days
    [InlineData("2026-08-13 09:00", 240, "2026-08-13 10:00", "2026-08-13 14:00", "2026-08-13 17:00")]
    [InlineData("2026-08-14 16:00", 120, "2026-08-15 09:00", "2026-08-18 09:00", "2026-08-18 10:00")] // the pause begins while it is closed
    public void Due_in_office_hours(string start, int minutes, string? pausedAt, string? resumedAt, string due)
    {
        var changes = new List<ClockChange> { new(1, At(start), ClockState.Running) };
        if (pausedAt is not null) changes.AddRange([new(2, At(pausedAt), ClockState.Paused), new(3, At(resumedAt!), ClockState.Running)]);
        var needed = TimeSpan.FromMinutes(minutes);

        var before = Read(changes, needed, At(due));
        Assert.Equal((At(due), false, needed), (before.DueAt, before.IsBreached, before.Elapsed));
        Assert.True(Read(changes, needed, At(due).AddMicroseconds(1)).IsBreached);
        // Answered at the very end is answered in time, and remembers when it was due.
        var met = Read([.. changes, new(9, At(due), ClockState.Stopped)], needed, At(due).AddYears(1));
        Assert.Equal((At(due), false, needed), (met.DueAt, met.IsBreached, met.Elapsed));

        static DateTimeOffset At(string local) => Local(local, Jakarta);
    }

    [Fact]
    public void A_span_over_the_change_of_the_clocks_is_an_hour_shorter_or_longer()
    {
        var sundays = new BusinessCalendar(Berlin, [new OpenSpan(DayOfWeek.Sunday, TimeSpan.Zero, TimeSpan.FromHours(6))], []);
        var forward = Local("2026-03-29 01:00", Berlin);
        Assert.Equal(DateTimeOffset.Parse("2026-03-29T04:00+02:00", CultureInfo.InvariantCulture), sundays.After(forward, TimeSpan.FromHours(2)));
        Assert.Equal(TimeSpan.FromHours(5), sundays.OpenBetween(forward.AddHours(-1), forward.AddDays(1)));
        var back = Local("2026-10-25 00:00", Berlin);
        Assert.Equal(TimeSpan.FromHours(7), sundays.OpenBetween(back, back.AddDays(1)));
        Assert.Equal(DateTimeOffset.Parse("2026-10-25T02:30+01:00", CultureInfo.InvariantCulture), sundays.After(back, TimeSpan.FromHours(3.5)));
    }

    [Fact]
    public void A_bound_that_the_day_skips_is_the_instant_of_the_change_and_one_that_comes_twice_is_its_first()
    {
        var split = new BusinessCalendar(Berlin, [new(DayOfWeek.Sunday, TimeSpan.Zero, TimeSpan.FromHours(2.5)), new(DayOfWeek.Sunday, TimeSpan.FromHours(2.5), TimeSpan.FromHours(6))], []);
        var forward = Local("2026-03-29 00:00", Berlin);
        Assert.Equal(TimeSpan.FromHours(5), split.OpenBetween(forward, forward.AddDays(1)));
        var late = new BusinessCalendar(Berlin, [new(DayOfWeek.Sunday, TimeSpan.FromHours(2.5), TimeSpan.FromHours(6))], []);
        Assert.Equal(DateTimeOffset.Parse("2026-03-29T03:01+02:00", CultureInfo.InvariantCulture), late.After(forward, TimeSpan.FromMinutes(1)));
        Assert.Equal(DateTimeOffset.Parse("2026-10-25T02:31+02:00", CultureInfo.InvariantCulture), late.After(Local("2026-10-25 00:00", Berlin), TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Day_and_night_is_wall_clock_time_over_the_turn_of_the_year() => Assert.Equal(
        Local("2027-01-01 01:00", Jakarta), BusinessCalendar.AlwaysOpen(Jakarta).After(Local("2026-12-31 23:30", Jakarta), TimeSpan.FromMinutes(90)));

    [Fact]
    public void A_calendar_with_one_working_weekday_works()
    {
        var fridays = new BusinessCalendar(Jakarta, [new(DayOfWeek.Friday, TimeSpan.FromHours(9), TimeSpan.FromHours(10))], []);
        Assert.Equal(Local("2026-08-28 09:30", Jakarta), fridays.After(Local("2026-08-14 09:30", Jakarta), TimeSpan.FromHours(1.5) + TimeSpan.FromMinutes(30)));
    }

    [Fact]
    public void What_is_on_no_open_day_is_never_due_and_says_so()
    {
        var start = Local("2026-08-13 09:00", Jakarta);
        var everyDay = Enumerable.Range(0, 3700).Select(day => new DateOnly(2026, 8, 12).AddDays(day));
        foreach (var closed in new[] { new BusinessCalendar(Jakarta, [], []), new BusinessCalendar(Jakarta, [new(DayOfWeek.Friday, TimeSpan.Zero, TimeSpan.FromDays(1))], everyDay) })
        {
            var clock = SlaClock.Read([new(1, start, ClockState.Running)], closed, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(45), start.AddYears(3));
            Assert.Equal((true, false, (DateTimeOffset?)null, TimeSpan.Zero), (clock.IsNeverDue, clock.IsBreached, clock.DueAt, clock.Elapsed));
        }
    }

    [Theory]
    [InlineData(8, 8)]
    [InlineData(9, 8)]
    [InlineData(8, 25)]
    [InlineData(-1, 8)]
    [InlineData(11, 13)] // overlaps the one from 12
    public void An_empty_or_overlapping_span_is_refused(int from, int until) => Assert.Throws<ArgumentException>(() => new BusinessCalendar(
        Jakarta, [new(DayOfWeek.Monday, TimeSpan.FromHours(12), TimeSpan.FromHours(14)), new(DayOfWeek.Monday, TimeSpan.FromHours(from), TimeSpan.FromHours(until))], []));

    [Fact]
    public void A_pause_tells_no_due_time_until_it_ends()
    {
        var start = Local("2026-08-13 09:00", Jakarta);
        ClockChange[] changes = [new(1, start, ClockState.Running), new(2, start.AddHours(1), ClockState.Paused)];
        var paused = Read(changes, TimeSpan.FromHours(4), start.AddDays(30));
        Assert.Equal((ClockState.Paused, null, false, TimeSpan.FromHours(1)), (paused.State, paused.DueAt, paused.IsBreached, paused.Elapsed));
        // What was due before the pause stays so.
        Assert.Equal(start.AddMinutes(30), Read(changes, TimeSpan.FromMinutes(30), start.AddDays(30)).DueAt);
        Assert.True(Read(changes, TimeSpan.FromMinutes(30), start.AddDays(30)).IsBreached);
    }

    [Fact]
    public void A_machine_whose_time_is_behind_takes_nothing_back_and_counts_nothing_twice()
    {
        var start = Local("2026-08-13 09:00", Jakarta);
        var clock = Read([new(1, start, ClockState.Running), new(2, start.AddHours(1), ClockState.Paused), new(3, start.AddMinutes(30), ClockState.Running)], TimeSpan.FromHours(4), start.AddHours(2));
        Assert.Equal((TimeSpan.FromHours(2), TimeSpan.Zero, Local("2026-08-13 14:00", Jakarta)), (clock.Elapsed, clock.Paused, clock.DueAt));
    }

    /// <summary>Counted minute by minute, which is slow and hard to get wrong.</summary>
    [Fact]
    public void Open_time_is_what_counting_minutes_finds() => Prop.ForAll(Cases(), test =>
    {
        var counted = 0;
        for (var minute = test.From; minute < test.To; minute = minute.AddMinutes(1))
        {
            var local = TimeZoneInfo.ConvertTime(minute, test.Zone);
            if (!test.Holidays.Contains(DateOnly.FromDateTime(local.DateTime)) && test.Spans.Any(span => span.Day == local.DayOfWeek && span.From <= local.TimeOfDay && local.TimeOfDay < span.Until)) counted++;
        }

        return test.Calendar.OpenBetween(test.From, test.To) == TimeSpan.FromMinutes(counted);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Splitting_an_interval_adds_up() => Prop.ForAll(Cases(), test =>
        test.Calendar.OpenBetween(test.From, test.Between) + test.Calendar.OpenBetween(test.Between, test.To) == test.Calendar.OpenBetween(test.From, test.To)).QuickCheckThrowOnFailure();

    [Fact]
    public void By_the_time_it_is_due_what_was_needed_has_elapsed_and_not_before() => Prop.ForAll(Cases(), test =>
    {
        var (needed, due) = (TimeSpan.FromMinutes(test.Minutes), test.Calendar.After(test.From, TimeSpan.FromMinutes(test.Minutes)));
        return due is { } at
            ? test.Calendar.OpenBetween(test.From, at) == needed && test.Calendar.OpenBetween(test.From, at.AddSeconds(-1)) < needed
            : test.Calendar.OpenBetween(test.From, test.From.AddYears(9)) < needed;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Day_and_night_open_time_is_wall_clock_time() => Prop.ForAll(Cases(), test =>
        BusinessCalendar.AlwaysOpen(test.Zone).OpenBetween(test.From, test.To) == test.To - test.From).QuickCheckThrowOnFailure();

    [Fact]
    public void Elapsed_never_falls_a_pause_adds_nothing_and_the_order_of_arrival_does_not_matter() => Prop.ForAll(Cases(), test =>
    {
        var (states, at) = (new[] { ClockState.Running, ClockState.Paused, ClockState.Running, ClockState.Stopped, ClockState.Running }, test.From);
        // Steps of the time may be none, and may go back.
        var changes = states.Select((state, i) => new ClockChange(i, at += TimeSpan.FromMinutes(test.Steps[i]), state)).ToArray();
        var shuffled = changes.OrderBy(change => HashCode.Combine(change.Sequence, test.Minutes)).ToArray();
        var (elapsed, paused, due) = (TimeSpan.Zero, TimeSpan.Zero, (DateTimeOffset?)null);
        for (var now = changes.Max(change => change.At); now < test.To.AddDays(2); now = now.AddHours(7))
        {
            var clock = SlaClock.Read(changes, test.Calendar, TimeSpan.FromMinutes(test.Minutes), TimeSpan.FromMinutes(test.Minutes * 0.75), now);
            if (clock != SlaClock.Read(shuffled, test.Calendar, TimeSpan.FromMinutes(test.Minutes), TimeSpan.FromMinutes(test.Minutes * 0.75), now)) return false;
            if (clock.Elapsed < elapsed || (paused > TimeSpan.Zero && clock.Paused != paused) || clock.WarnAt > clock.DueAt) return false;
            if (due is not null && clock.DueAt != due) return false; // nothing happened: the due time stands
            (elapsed, paused, due) = (clock.Elapsed, clock.Paused, clock.DueAt);
        }

        // What ran and what was paused are the open time apart from when it was stopped.
        var (first, stopped, again) = (changes[0].At, Later(3), Later(4));
        var whole = SlaClock.Read(changes, test.Calendar, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), test.To.AddDays(9));
        return whole.Elapsed + whole.Paused == test.Calendar.OpenBetween(first, stopped) + test.Calendar.OpenBetween(again, test.To.AddDays(9));

        DateTimeOffset Later(int index) => changes[..(index + 1)].Max(change => change.At);
    }).QuickCheckThrowOnFailure();

    private static SlaClock Read(IEnumerable<ClockChange> changes, TimeSpan target, DateTimeOffset now) => SlaClock.Read(changes, Office, target, target * 0.75, now);

    private static DateTimeOffset Local(string local, TimeZoneInfo zone)
    {
        var time = DateTime.Parse(local, CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, zone.GetUtcOffset(time));
    }

    /// <summary>Zones with and without change of clocks, near the changes of 2026; bounds of spans are not in the hours that come twice.</summary>
    private static Arbitrary<Sample> Cases() => (
        from zone in Gen.Elements("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
        from start in Gen.Elements("2026-01-01", "2026-03-06", "2026-03-27", "2026-04-03", "2026-08-14", "2026-10-02", "2026-10-23", "2026-10-30")
        from offset in Gen.Choose(0, 3 * 24 * 60)
        from length in Gen.Choose(0, 4 * 24 * 60)
        from part in Gen.Choose(0, 100)
        from minutes in Gen.Choose(1, 3_000)
        from bounds in Gen.ArrayOf(Gen.Elements(0, 60, 240, 300, 481, 720, 725, 780, 1_020, 1_439, 1_440), 14)
        from closed in Gen.ArrayOf(Gen.Choose(0, 7), 2)
        from steps in Gen.ArrayOf(Gen.Choose(-600, 1_500), 5)
        select new Sample(zone, DateTimeOffset.Parse(start + "T00:00Z", CultureInfo.InvariantCulture).AddMinutes(offset), length, part, minutes, bounds, closed, steps)).ToArbitrary();

    private sealed record Sample(string ZoneId, DateTimeOffset From, int Length, int Part, int Minutes, int[] Bounds, int[] Closed, int[] Steps)
    {
        public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(ZoneId);

        public DateTimeOffset To => From.AddMinutes(Length);

        public DateTimeOffset Between => From.AddMinutes(Length * Part / 100);

        public HashSet<DateOnly> Holidays => [.. Closed.Select(day => DateOnly.FromDateTime(From.UtcDateTime).AddDays(day))];

        /// <summary>Two bounds make a day's span, or none; some days have a second.</summary>
        public IEnumerable<OpenSpan> Spans =>
            from day in Enumerable.Range(0, 7)
            let low = Math.Min(Bounds[day * 2], Bounds[(day * 2) + 1])
            let high = Math.Max(Bounds[day * 2], Bounds[(day * 2) + 1])
            from span in high - low > 300 ? new[] { (From: low, Until: low + 60), (From: high - 90, Until: high) } : low < high ? [(low, high)] : []
            select new OpenSpan((DayOfWeek)day, TimeSpan.FromMinutes(span.From), TimeSpan.FromMinutes(span.Until));

        public BusinessCalendar Calendar => new(Zone, Spans, Holidays);
    }
}

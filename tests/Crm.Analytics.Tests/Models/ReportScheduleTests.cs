using Crm.Analytics.Domain;

namespace Crm.Analytics.Tests.Models;

public sealed class ReportScheduleTests
{
    private static DateTimeOffset At(string instant) => DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("day", "06:30", "Asia/Jakarta", null, null, "2026-03-01T00:00:00Z", "2026-03-01T23:30:00Z")]
    [InlineData("day", "06:30", "Asia/Jakarta", null, null, "2026-03-01T23:30:00Z", "2026-03-02T23:30:00Z")] // strictly after
    [InlineData("week", "08:00", "Asia/Jakarta", 1, null, "2026-03-01T12:00:00Z", "2026-03-02T01:00:00Z")] // the 1st is a Sunday
    [InlineData("week", "08:00", "Asia/Jakarta", 7, null, "2026-03-01T12:00:00Z", "2026-03-08T01:00:00Z")]
    [InlineData("month", "00:00", "Asia/Jakarta", null, 31, "2026-02-01T00:00:00Z", "2026-02-27T17:00:00Z")] // the last of February
    [InlineData("month", "00:00", "Asia/Jakarta", null, 31, "2026-02-27T17:00:00Z", "2026-03-30T17:00:00Z")]
    [InlineData("day", "02:30", "Europe/Berlin", null, null, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z")] // 02:30 is skipped: 03:30
    [InlineData("day", "02:30", "Europe/Berlin", null, null, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")] // 02:30 comes twice: the first
    [InlineData("day", "02:30", "Europe/Berlin", null, null, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    public void The_next_due_time(string every, string at, string zone, int? weekday, int? dayOfMonth, string after, string due)
    {
        var schedule = new ReportSchedule(every, TimeOnly.Parse(at, System.Globalization.CultureInfo.InvariantCulture), zone, weekday, dayOfMonth);
        Assert.Null(schedule.Check("schedule"));
        Assert.Equal(At(due), schedule.NextAfter(At(after)));
    }

    [Theory]
    [InlineData("day", "Mars/Olympus", null, null, "analytics.unknown_time_zone", "schedule.timeZone")]
    [InlineData("day", "Asia/Jakarta", 1, null, "analytics.schedule_invalid", "schedule")]
    [InlineData("week", "Asia/Jakarta", null, null, "analytics.schedule_invalid", "schedule.weekday")]
    [InlineData("week", "Asia/Jakarta", 8, null, "analytics.schedule_invalid", "schedule.weekday")]
    [InlineData("month", "Asia/Jakarta", null, 32, "analytics.schedule_invalid", "schedule.dayOfMonth")]
    [InlineData("hour", "Asia/Jakarta", null, null, "analytics.schedule_invalid", "schedule.every")]
    public void A_schedule_that_makes_no_sense_is_refused(string every, string zone, int? weekday, int? dayOfMonth, string code, string field)
    {
        var refusal = new ReportSchedule(every, new TimeOnly(6, 0), zone, weekday, dayOfMonth).Check("schedule");
        Assert.Equal((code, field), (refusal?.Code, refusal?.Field));
    }

    [Theory]
    [InlineData("previous_day", "2026-03-04", "2026-03-03", "2026-03-04")]
    [InlineData("previous_week", "2026-03-04", "2026-02-23", "2026-03-02")]
    [InlineData("previous_month", "2026-03-04", "2026-02-01", "2026-03-01")]
    [InlineData("previous_quarter", "2026-03-04", "2025-10-01", "2026-01-01")]
    [InlineData("last_7_days", "2026-03-04", "2026-02-25", "2026-03-04")]
    [InlineData("month_to_date", "2026-03-04", "2026-03-01", "2026-03-04")]
    [InlineData("month_to_date", "2026-03-01", "2026-02-01", "2026-03-01")]
    [InlineData("year_to_date", "2026-03-04", "2026-01-01", "2026-03-04")]
    [InlineData("year_to_date", "2026-01-01", "2025-01-01", "2026-01-01")]
    public void A_period_holds_complete_days(string period, string today, string from, string to) =>
        Assert.Equal((Day(from), Day(to)), ReportPeriod.Of(period, Day(today)));

    [Fact]
    public void No_period_is_ever_empty_or_ahead() => Assert.All(
        from period in ReportPeriod.Names from day in Enumerable.Range(0, 800) select (period, Today: new DateOnly(2027, 1, 1).AddDays(day)),
        item =>
        {
            var (from, to) = ReportPeriod.Of(item.period, item.Today);
            Assert.True(from < to && to <= item.Today, $"{item}");
        });

    private static DateOnly Day(string day) => DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture);
}

using Crm.ServiceDefaults.Errors;

namespace Crm.Analytics.Domain;

/// <summary>When a report is made by itself.</summary>
/// <param name="Every">day, week or month.</param>
/// <param name="At">Wall-clock time in the zone.</param>
/// <param name="TimeZone">IANA.</param>
/// <param name="Weekday">Of a weekly one, 1 Monday to 7 Sunday.</param>
/// <param name="DayOfMonth">Of a monthly one; in a shorter month its last day.</param>
internal sealed record ReportSchedule(string Every, TimeOnly At, string TimeZone, int? Weekday = null, int? DayOfMonth = null)
{
    public Error? Check(string field)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone ?? "", out var zone) || !zone.HasIanaId)
        {
            return Error.Invalid("analytics.unknown_time_zone", "timeZone is an IANA zone, for instance Asia/Jakarta.", field + ".timeZone");
        }

        return Every switch
        {
            "day" when Weekday is null && DayOfMonth is null => null,
            "week" when Weekday is >= 1 and <= 7 && DayOfMonth is null => null,
            "month" when DayOfMonth is >= 1 and <= 31 && Weekday is null => null,
            "day" => Error.Invalid("analytics.schedule_invalid", "A daily schedule has no weekday and no day of the month.", field),
            "week" => Error.Invalid("analytics.schedule_invalid", "A weekly schedule has a weekday from 1 (Monday) to 7, and no day of the month.", field + ".weekday"),
            "month" => Error.Invalid("analytics.schedule_invalid", "A monthly schedule has a day of the month from 1 to 31, and no weekday.", field + ".dayOfMonth"),
            _ => Error.Invalid("analytics.schedule_invalid", "every is day, week or month.", field + ".every"),
        };
    }

    /// <summary>
    /// The first due instant after the given one. A time that a change of the clock skips is as much later as the clock was put forward; one
    /// that comes twice is its first.
    /// </summary>
    public DateTimeOffset NextAfter(DateTimeOffset instant)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);
        for (var day = today.AddDays(-1); ; day = day.AddDays(1))
        {
            if (IsDueOn(day) && InstantOf(day, zone) is var due && due > instant) return due;
        }
    }

    /// <summary>The calendar day of an instant in the schedule's zone.</summary>
    public DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).DateTime);

    private bool IsDueOn(DateOnly day) => Every switch
    {
        "day" => true,
        "week" => ((int)day.DayOfWeek + 6) % 7 == Weekday - 1,
        _ => day.Day == Math.Min(DayOfMonth!.Value, DateTime.DaysInMonth(day.Year, day.Month)),
    };

    private DateTimeOffset InstantOf(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(At);
        // A skipped time has the offset of before the change.
        var offset = zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-3))
            : zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}

/// <summary>Periods that are told from the day of the run: complete days only, today is not among them.</summary>
internal static class ReportPeriod
{
    public static readonly string[] Names =
        ["previous_day", "previous_week", "previous_month", "previous_quarter", "last_7_days", "last_30_days", "last_90_days", "last_365_days", "month_to_date", "year_to_date"];

    /// <summary>First day, and first day after.</summary>
    public static (DateOnly From, DateOnly To) Of(string period, DateOnly today)
    {
        var (monday, month) = (today.AddDays(-(((int)today.DayOfWeek + 6) % 7)), new DateOnly(today.Year, today.Month, 1));
        var quarter = new DateOnly(today.Year, ((today.Month - 1) / 3 * 3) + 1, 1);
        return period switch
        {
            "previous_day" => (today.AddDays(-1), today),
            "previous_week" => (monday.AddDays(-7), monday),
            "previous_month" => (month.AddMonths(-1), month),
            "previous_quarter" => (quarter.AddMonths(-3), quarter),
            "last_7_days" => (today.AddDays(-7), today),
            "last_30_days" => (today.AddDays(-30), today),
            "last_90_days" => (today.AddDays(-90), today),
            "last_365_days" => (today.AddDays(-365), today),
            // On the first day there is none yet: then the period before.
            "month_to_date" => today.Day == 1 ? (month.AddMonths(-1), month) : (month, today),
            _ => today.DayOfYear == 1 ? (today.AddYears(-1), today) : (new DateOnly(today.Year, 1, 1), today),
        };
    }
}

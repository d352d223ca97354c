using System.Text.RegularExpressions;

namespace Crm.Campaign.Domain.Journeys;

/// <summary>When somebody of 29 February has their day in a year without one.</summary>
internal enum LeapDayRule
{
    Feb28,
    Mar1,
}

/// <summary>A date of a customer that comes round every year.</summary>
internal sealed partial record DateField(string Name, string Sql, bool IsInstant, string MonthDaySql)
{
    private const string Own = "custom.";

    private static readonly DateField[] All =
    [
        OfDate("birthDate", "a.birth_date"),
        OfInstant("registeredAt", "a.registered_at"),
        OfInstant("firstPurchaseAt", "a.first_purchased_at"),
        OfInstant("lastPurchaseAt", "a.last_purchased_at"),
    ];

    public static IEnumerable<string> Names => All.Select(one => one.Name).Append(Own + "NAME");

    /// <summary>One of the audience's own, or a custom field of type date: its name is checked because it becomes part of the SQL text.</summary>
    public static DateField? Find(string name) => All.FirstOrDefault(field => field.Name == name)
        ?? (name.StartsWith(Own, StringComparison.Ordinal) && OwnName().IsMatch(name[Own.Length..])
            ? OfDate(name, $"((a.custom_fields->'{name[Own.Length..]}'->>'date')::date)")
            : null);

    /// <summary>Condition over the audience row <c>a</c>: month and day are among those of the parameter. Each field has an index for it.</summary>
    public string On(string parameter) => Name.StartsWith(Own, StringComparison.Ordinal)
        ? $"a.customer_id IN (SELECT x.customer_id FROM audience_custom_dates x WHERE x.field = '{Name[Own.Length..]}' AND x.month_day = ANY({parameter}))"
        : $"{MonthDaySql} = ANY({parameter})";

    /// <summary>Month and day as one number, 229 for 29 February: what the indexes of the migration hold, of instants by UTC.</summary>
    public static string MonthDay(string date) => $"(extract(month FROM {date})::int * 100 + extract(day FROM {date})::int)";

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,50}\z")]
    private static partial Regex OwnName();

    private static DateField OfDate(string name, string sql) => new(name, sql, false, MonthDay(sql));

    private static DateField OfInstant(string name, string sql) => new(name, sql, true, MonthDay($"({sql} AT TIME ZONE 'UTC')"));
}

internal static class Anniversaries
{
    private const int LeapDay = 229;

    /// <summary>Month and day (229: 29 February) of the dates whose anniversary is on that date.</summary>
    public static int[] MonthDaysOn(DateOnly date, LeapDayRule rule)
    {
        var own = MonthDay(date);
        return !DateTime.IsLeapYear(date.Year) && own == (rule == LeapDayRule.Feb28 ? 228 : 301) ? [own, LeapDay] : [own];
    }

    /// <summary>The anniversary of a date in a year.</summary>
    public static DateOnly In(int year, DateOnly origin, LeapDayRule rule) =>
        origin is { Month: 2, Day: 29 } && !DateTime.IsLeapYear(year)
            ? rule == LeapDayRule.Feb28 ? new DateOnly(year, 2, 28) : new DateOnly(year, 3, 1)
            : new DateOnly(year, origin.Month, origin.Day);

    /// <summary>
    /// The local date on which it is past the hour now: today, and the date that a change of the zone's offset skipped as a whole. Null
    /// before the hour. What was due yesterday is never among them: a late start does not make up for it.
    /// </summary>
    public static IEnumerable<(DateOnly Date, DateTimeOffset Since)> OpenDates(DateTimeOffset now, int hour, TimeZoneInfo zone)
    {
        var today = LocalClock.DateOf(now, zone);
        for (var date = today.AddDays(-1); date <= today; date = date.AddDays(1))
        {
            var since = LocalClock.Instant(date, new TimeOnly(hour, 0), zone);
            if (since <= now && LocalClock.DateOf(since, zone) == today) yield return (date, since);
        }
    }

    /// <summary>The month-days that an instant may have in UTC when it has one of these somewhere: a day more on either side.</summary>
    public static int[] Near(IEnumerable<int> monthDays) =>
        [.. monthDays.SelectMany(key => new[] { 2023, 2024 }
            .Where(year => key != LeapDay || DateTime.IsLeapYear(year))
            .Select(year => new DateOnly(year, key / 100, key % 100))
            .SelectMany(date => new[] { MonthDay(date.AddDays(-1)), key, MonthDay(date.AddDays(1)) })).Distinct().Order()];

    public static int MonthDay(DateOnly date) => date.Month * 100 + date.Day;
}

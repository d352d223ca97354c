using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Crm.ServiceDefaults.Errors;

namespace Crm.ServiceDesk.Domain;

/// <summary>A business calendar as people write it and as it is stored.</summary>
/// <param name="TimeZone">IANA name, such as Asia/Jakarta.</param>
/// <param name="Spans">Open hours; several a day. A weekday without any is closed.</param>
/// <param name="Holidays">Dates on which nobody works.</param>
public sealed record CalendarDefinition(
    [property: Required, StringLength(100, MinimumLength = 1)] string TimeZone,
    [property: MaxLength(70)] IReadOnlyList<CalendarDefinition.Span> Spans,
    [property: MaxLength(1_000)] IReadOnlyList<CalendarDefinition.Holiday> Holidays)
{
    /// <param name="From">HH:mm.</param>
    /// <param name="Until">HH:mm; 24:00 is the end of the day.</param>
    public sealed record Span(DayOfWeek Day, string From, string Until);

    public sealed record Holiday(DateOnly Date, [property: StringLength(100)] string Name = "");

    public Result<BusinessCalendar> ToCalendar()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) || !zone.HasIanaId) return SlaErrors.UnknownTimeZone(TimeZone);

        var spans = new List<OpenSpan>();
        foreach (var (i, span) in Spans.Index())
        {
            if (TimeOf(span.From) is not { } from || from == TimeSpan.FromDays(1)) return SlaErrors.NoTimeOfDay(span.From, $"spans[{i}].from");
            if (TimeOf(span.Until) is not { } until) return SlaErrors.NoTimeOfDay(span.Until, $"spans[{i}].until");
            spans.Add(new OpenSpan(span.Day, from, until));
        }

        if (BusinessCalendar.OverlapOf(spans) is { } overlap) return SlaErrors.SpansOverlap($"spans[{spans.LastIndexOf(overlap)}]");
        foreach (var (i, holiday) in Holidays.Index())
        {
            if (Holidays.Take(i).Any(other => other.Date == holiday.Date)) return SlaErrors.HolidayTwice(holiday.Date, $"holidays[{i}].date");
        }

        return new BusinessCalendar(zone, spans, Holidays.Select(holiday => holiday.Date));
    }

    private static TimeSpan? TimeOf(string text) =>
        text == "24:00" ? TimeSpan.FromDays(1)
        : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToTimeSpan()
        : null;
}

using System.Globalization;
using Crm.ServiceDefaults.Errors;

namespace Crm.ServiceDesk.Domain;

internal static class SlaErrors
{
    public static readonly Error NotFound = Error.NotFound("service.sla_version_not_found", "There is no such version.");
    public static readonly Error Stale = Error.Stale("service.sla_version_stale", "There is a newer version. Read it again.");
    public static readonly Error TargetsIncomplete = Error.Invalid("service.sla_targets_incomplete", "Give each priority one target: low, normal, high and urgent.", "targets");

    public static Error UnknownTimeZone(string zone) => Error.Invalid("service.unknown_time_zone", $"'{zone}' is no IANA time zone.", "timeZone");

    public static Error NoTimeOfDay(string text, string field) => Error.Invalid("service.time_of_day_invalid", $"'{text}' is no time of day as HH:mm.", field);

    public static Error SpansOverlap(string field) => Error.Invalid("service.calendar_spans_overlap", "A span ends after it begins and before the next of that day.", field);

    public static Error HolidayTwice(DateOnly date, string field) =>
        Error.Invalid("service.calendar_holiday_twice", string.Create(CultureInfo.InvariantCulture, $"{date:yyyy-MM-dd} is a holiday already."), field);

    public static Error TargetOutOfRange(string field, int from, int to) =>
        Error.Invalid("service.sla_target_out_of_range", string.Create(CultureInfo.InvariantCulture, $"A target is from {from} to {to} minutes of open time; the resolution's is not shorter than the first response's."), field);
}

using System.Globalization;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Planning;

/// <summary>When something is to happen: an instant, or what the clocks of a place show.</summary>
internal static class LaunchTime
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    /// <summary>
    /// The instant at which the clocks of an IANA zone show that date and time. Where they show it twice, the first; a time that they skip
    /// is refused.
    /// </summary>
    /// <param name="field">Path of the local time in the request; its sibling <c>zone</c> is named in refusals of the zone.</param>
    public static Result<DateTimeOffset> FromLocal(string local, string? zone, string field)
    {
        var siblings = field[..(field.LastIndexOf('.') + 1)];
        if (!DateTime.TryParseExact(local, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            return Error.Unprocessable("campaign.local_time_invalid", "A local time is written as 2026-12-24T09:00, without an offset.", field);
        }

        // Windows' own names of zones ("SE Asia Standard Time") would be found on some machines only.
        if (zone is null || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var place) || !place.HasIanaId)
        {
            return Error.Unprocessable("campaign.unknown_zone", "A local time needs its IANA zone, such as Asia/Jakarta.", $"{siblings}zone");
        }

        if (place.IsInvalidTime(clock))
        {
            return Error.Unprocessable("campaign.local_time_skipped", $"The clocks of {zone} skip {local}.", field);
        }

        var offset = place.IsAmbiguousTime(clock) ? place.GetAmbiguousTimeOffsets(clock).Max() : place.GetUtcOffset(clock);
        return new DateTimeOffset(clock, offset).ToUniversalTime();
    }
}

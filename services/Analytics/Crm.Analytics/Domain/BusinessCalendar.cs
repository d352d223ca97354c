using Microsoft.Extensions.Options;

namespace Crm.Analytics.Domain;

/// <summary>Days of the business zone.</summary>
public sealed class BusinessCalendar(IOptions<AnalyticsOptions> options, TimeProvider time)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(options.Value.TimeZone);

    public DateTimeOffset Now => time.GetUtcNow();

    public DateOnly Today => DayOf(time.GetUtcNow());

    public TimeOnly TimeOfDay => TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(time.GetUtcNow(), _zone).DateTime);

    public DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, _zone).DateTime);

    /// <summary>The instant before which everything is in an observation that ends with this day: its midnight, or now where that is ahead.</summary>
    public DateTimeOffset ObservedUntil(DateOnly day)
    {
        var midnight = day.AddDays(1).ToDateTime(TimeOnly.MinValue);
        var end = new DateTimeOffset(midnight, _zone.GetUtcOffset(midnight)).ToUniversalTime();
        var now = time.GetUtcNow();
        return end < now ? end : now;
    }
}

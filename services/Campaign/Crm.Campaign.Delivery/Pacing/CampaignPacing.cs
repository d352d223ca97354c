namespace Crm.Campaign.Delivery.Pacing;

/// <summary>When a campaign's recipients may be written to; a row of <c>campaign_pacing</c>.</summary>
/// <param name="QuietFrom">Minute of the recipient's day; may be later than <paramref name="QuietTo"/>.</param>
/// <param name="SendTime">soon, local_hour or usual_hour.</param>
/// <param name="OverCap">Whom a frequency cap stops: defer, skip; exempt: no cap stops anybody.</param>
/// <param name="OnUnknown">hold or resend.</param>
public sealed record CampaignPacing(
    string DefaultZone, int? QuietFrom, int? QuietTo, string SendTime, int? LocalHour, int? WarmUpFirst, double? WarmUpGrowth, int? WarmUpMax,
    string OverCap, string OnUnknown)
{
    public const string Columns =
        "default_zone, quiet_from, quiet_to, send_time, local_hour, warm_up_first, warm_up_growth, warm_up_max, over_cap, on_unknown";

    /// <summary>Of a campaign that nobody set anything for.</summary>
    public static readonly CampaignPacing None = new("Asia/Jakarta", null, null, "soon", null, null, null, null, "defer", "hold");

    /// <summary>Whether recipients must be looked at one by one.</summary>
    public bool TimesRecipients => QuietFrom is not null || SendTime != "soon";

    /// <summary>Messages of day <paramref name="day"/> (from 0) of a warm-up: first, first * growth, first * growth², ... up to the maximum.</summary>
    public int DailyLimit(int day) => WarmUpFirst is { } first
        ? (int)Math.Min(WarmUpMax!.Value, Math.Floor(first * Math.Pow(WarmUpGrowth!.Value, Math.Min(day, 10_000))))
        : int.MaxValue;

    /// <summary>When this person may next be written to, if their send time has (<paramref name="timed"/>) or has not yet been chosen.</summary>
    /// <param name="usualHour">At which they usually open; null: not known.</param>
    public DateTimeOffset NextFor(DateTimeOffset from, string? zoneName, int? usualHour, bool timed)
    {
        var zone = LocalTime.Zone(zoneName, TimeZoneInfo.FindSystemTimeZoneById(DefaultZone));
        var at = from;
        if (!timed && (SendTime == "local_hour" ? LocalHour : SendTime == "usual_hour" ? usualHour : null) is { } hour) at = LocalTime.AtHour(at, hour, zone);
        return QuietFrom is { } quietFrom ? LocalTime.AfterQuiet(at, Minute(quietFrom), Minute(QuietTo!.Value), zone) : at;
    }

    private static TimeOnly Minute(int ofDay) => new(ofDay / 60, ofDay % 60);
}

using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>Local times of the recipient, <c>HH:mm</c>; from may be later than to (21:00 to 08:00).</summary>
public sealed record QuietHours([property: Required] string From, [property: Required] string To);

/// <param name="FirstDay">Messages in the first 24 hours after the launch.</param>
/// <param name="Growth">Factor from day to day.</param>
/// <param name="Max">Never more on any day.</param>
public sealed record WarmUp([property: Range(1, 100_000_000)] int FirstDay, [property: Range(1.0, 10.0)] double Growth, [property: Range(1, 100_000_000)] int Max);

/// <param name="TimeZone">IANA name; of recipients whose zone is not known.</param>
/// <param name="SendTime">soon; localHour: at the hour given, of the recipient's day; usualHour: at which they usually open.</param>
/// <param name="OverCap">Whom a frequency cap stops: defer, skip; exempt: the caps do not hold for this campaign.</param>
/// <param name="OnUnknown">Deliveries that may have arrived or not, where nobody can tell: hold, or resend.</param>
public sealed record PacingRequest(
    [property: Required, StringLength(64, MinimumLength = 1)] string TimeZone = "Asia/Jakarta",
    QuietHours? QuietHours = null,
    [property: RegularExpression("soon|localHour|usualHour", ErrorMessage = "The send time is soon, localHour or usualHour.")] string SendTime = "soon",
    [property: Range(0, 23)] int? LocalHour = null,
    WarmUp? WarmUp = null,
    [property: RegularExpression("defer|skip|exempt", ErrorMessage = "Over a cap means defer, skip or exempt.")] string OverCap = "defer",
    [property: RegularExpression("hold|resend", ErrorMessage = "Unknown deliveries are on hold or resend.")] string OnUnknown = "hold")
{
    /// <summary>The rules that go beyond shape.</summary>
    internal Result<CampaignPacing> ToPacing()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) || !zone.HasIanaId) return CampaignErrors.UnknownTimeZone("timeZone");
        if ((SendTime == "localHour") != LocalHour is not null) return CampaignErrors.LocalHourOfSendTime;
        var (from, to) = (Minute(QuietHours?.From), Minute(QuietHours?.To));
        if (QuietHours is not null && from is null) return CampaignErrors.TimeOfDay("quietHours.from");
        if (QuietHours is not null && to is null) return CampaignErrors.TimeOfDay("quietHours.to");
        if (from is not null && from == to) return CampaignErrors.EmptyQuietHours;
        if (WarmUp is not null && WarmUp.Max < WarmUp.FirstDay) return CampaignErrors.WarmUpBounds;
        return new CampaignPacing(
            TimeZone, from, to, SendTime switch { "localHour" => "local_hour", "usualHour" => "usual_hour", _ => "soon" }, LocalHour,
            WarmUp?.FirstDay, WarmUp?.Growth, WarmUp?.Max, OverCap, OnUnknown);
    }

    private static int? Minute(string? text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.Hour * 60 + time.Minute : null;
}

/// <param name="Version">Of the campaign.</param>
public sealed record PacingResponse(
    Guid CampaignId, long Version, string TimeZone, QuietHours? QuietHours, string SendTime, int? LocalHour, WarmUp? WarmUp, string OverCap, string OnUnknown) : IVersioned
{
    internal static PacingResponse From(CampaignResponse campaign, CampaignPacing pacing) => new(
        campaign.Id, campaign.Version, pacing.DefaultZone,
        pacing.QuietFrom is { } from ? new QuietHours(Text(from), Text(pacing.QuietTo!.Value)) : null,
        pacing.SendTime switch { "local_hour" => "localHour", "usual_hour" => "usualHour", _ => "soon" }, pacing.LocalHour,
        pacing.WarmUpFirst is { } first ? new WarmUp(first, pacing.WarmUpGrowth!.Value, pacing.WarmUpMax!.Value) : null, pacing.OverCap, pacing.OnUnknown);

    private static string Text(int minute) => new TimeOnly(minute / 60, minute % 60).ToString("HH:mm", CultureInfo.InvariantCulture);
}

using System.Globalization;
using Crm.Campaign.Domain.Planning;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Management;

public sealed class LaunchTimeTests
{
    [Theory]
    [InlineData("2026-12-24T09:00", "Asia/Jakarta", "2026-12-24T02:00:00Z")]
    [InlineData("2026-12-24T09:00:30", "Asia/Jayapura", "2026-12-24T00:00:30Z")]
    [InlineData("2026-07-01T00:30", "Europe/Amsterdam", "2026-06-30T22:30:00Z")]
    [InlineData("2026-10-25T02:30", "Europe/Amsterdam", "2026-10-25T00:30:00Z")] // twice that night: the first
    public void A_local_time_means_what_the_clocks_there_show(string local, string zone, string instant) => Assert.Equal(
        DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture), LaunchTime.FromLocal(local, zone, "launch.local").Value);

    [Theory]
    [InlineData("2026-03-29T02:30", "Europe/Amsterdam", "campaign.local_time_skipped", "launch.local")]
    [InlineData("2026-03-29T02:30+01:00", "Europe/Amsterdam", "campaign.local_time_invalid", "launch.local")]
    [InlineData("2026-02-30T09:00", "Asia/Jakarta", "campaign.local_time_invalid", "launch.local")]
    [InlineData("2026-12-24T09:00", "Asia/Bandung", "campaign.unknown_zone", "launch.zone")]
    [InlineData("2026-12-24T09:00", "SE Asia Standard Time", "campaign.unknown_zone", "launch.zone")]
    [InlineData("2026-12-24T09:00", null, "campaign.unknown_zone", "launch.zone")]
    public void A_time_that_does_not_exist_is_refused(string local, string? zone, string code, string field)
    {
        var error = LaunchTime.FromLocal(local, zone, "launch.local").Error;
        Assert.Equal((code, field), (error!.Code, error.Field));
    }

    [Fact]
    public void Whatever_the_zone_the_clocks_show_the_time_asked_for_or_skip_it()
    {
        var zones = TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.HasIanaId).Select(zone => zone.Id).ToArray();
        var cases = from zone in Gen.Elements(zones) from minutes in Gen.Choose(0, 20 * 366 * 24 * 60) select (zone, minutes);
        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var clock = new DateTime(2020, 1, 1).AddMinutes(one.minutes);
            var result = LaunchTime.FromLocal(clock.ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture), one.zone, "launch.local");
            var zone = TimeZoneInfo.FindSystemTimeZoneById(one.zone);
            return result.TryGet(out var instant, out var error)
                ? TimeZoneInfo.ConvertTime(instant, zone).DateTime == clock
                : error.Code == "campaign.local_time_skipped" && zone.IsInvalidTime(clock);
        }).QuickCheckThrowOnFailure();
    }
}

using Crm.Campaign.Delivery.Pacing;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Pacing;

public sealed class FrequencyCapTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<FrequencyCap> Cap =
        from day in Gen.Choose(0, 3)
        from week in Gen.Choose(0, 6)
        from month in Gen.Choose(0, 12)
        select new FrequencyCap { PerDay = day, PerWeek = week, PerMonth = month };

    private static readonly Gen<(FrequencyCapOptions Caps, (int Minutes, string Channel)[] Attempts)> Histories =
        from overall in Cap
        from email in Cap
        from sms in Cap
        from count in Gen.Choose(1, 120)
        from gaps in Gen.Choose(0, 1_500).ListOf(count)
        from channels in Gen.Elements("email", "sms", "push").ListOf(count)
        select (
            new FrequencyCapOptions { Overall = overall, Channels = new(StringComparer.Ordinal) { ["email"] = email, ["sms"] = sms } },
            gaps.Zip(channels, (gap, channel) => (gap, channel)).ToArray());

    [Fact]
    public void Whoever_is_written_to_only_when_allowed_never_gets_more_than_any_cap_and_never_waits_longer_than_needed() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20_260_101, 1),
        Prop.ForAll(Histories.ToArbitrary(), history =>
        {
            var now = Start;
            var sent = new List<(DateTimeOffset At, string Channel)>();
            foreach (var (minutes, channel) in history.Attempts)
            {
                now = now.AddMinutes(minutes);
                var next = history.Caps.NextAllowed(now, channel, sent);
                if (next == now)
                {
                    sent.Add((now, channel));
                }
                else
                {
                    // At that instant, not a tick earlier.
                    Assert.Equal(next, history.Caps.NextAllowed(next, channel, sent));
                    Assert.NotEqual(next.AddTicks(-1), history.Caps.NextAllowed(next.AddTicks(-1), channel, sent));
                }
            }

            Keeps(history.Caps.Overall, [.. sent.Select(contact => contact.At)]);
            foreach (var (channel, cap) in history.Caps.Channels) Keeps(cap, [.. sent.Where(contact => contact.Channel == channel).Select(contact => contact.At)]);
        }));

    [Fact]
    public void Without_limits_nobody_is_looked_at()
    {
        Assert.False(new FrequencyCapOptions().Apply("email"));
        Assert.True(new FrequencyCapOptions { Overall = new FrequencyCap { PerMonth = 4 } }.Apply("email"));
        var channel = new FrequencyCapOptions { Channels = new(StringComparer.Ordinal) { ["sms"] = new FrequencyCap { PerDay = 1 } } };
        Assert.Equal((true, false), (channel.Apply("sms"), channel.Apply("email")));
    }

    private static void Keeps(FrequencyCap cap, DateTimeOffset[] at)
    {
        foreach (var (limit, window) in new[] { (cap.PerDay, TimeSpan.FromDays(1)), (cap.PerWeek, TimeSpan.FromDays(7)), (cap.PerMonth, TimeSpan.FromDays(30)) })
        {
            for (var i = 0; limit > 0 && i + limit < at.Length; i++) Assert.True(at[i + limit] - at[i] >= window, $"{limit + 1} messages within {window}");
        }
    }
}

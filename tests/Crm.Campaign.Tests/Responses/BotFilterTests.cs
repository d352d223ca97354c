using Crm.Campaign.Domain.Responses;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Responses;

public sealed class BotFilterTests
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private static readonly DateTimeOffset Sent = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid Delivery = CampaignHost.NewId();
    private static readonly ResponseSignals Signals = new(new ResponseOptions { ScannerNetworks = ["198.51.100.0/24", "2001:db8::/32"] });

    [Theory]
    [InlineData("opened", 1.9, "too_fast", "machine")]
    [InlineData("opened", 2.0, "", "human")]
    [InlineData("clicked", 0.5, "", "human")]
    [InlineData("probed", 60, "head", "bot")]
    public void A_response_on_its_own_tells_by_kind_and_time_since_sending(string kind, double seconds, string expected, string verdict)
    {
        var visit = At(kind, seconds);
        var signals = Signals.Of(visit, [visit]);

        Assert.Equal(expected, string.Join(' ', signals));
        Assert.Equal(verdict, ResponseRule.Current.Decide(signals));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1)", "203.0.113.0/24", "scanner_agent", "bot")]
    [InlineData("python-requests/2.32", "203.0.113.0/24", "scanner_agent", "bot")]
    [InlineData(Browser, "198.51.100.0/24", "scanner_network", "bot")]
    [InlineData(Browser, "2001:db8:7::/48", "scanner_network", "bot")]
    [InlineData("Mozilla/5.0", "203.0.113.0/24", "privacy_proxy", "machine")]
    [InlineData(Browser, "17.58.3.0/24", "privacy_proxy", "machine")]
    [InlineData("", "203.0.113.0/24", "no_agent", "human")]
    [InlineData(Browser, "203.0.113.0/24", "", "human")]
    public void An_opening_tells_by_who_asked(string agent, string network, string expected, string verdict)
    {
        var visit = At("opened", 3600) with { UserAgent = agent, Network = network };
        var signals = Signals.Of(visit, [visit]);

        Assert.Equal(expected, string.Join(' ', signals));
        Assert.Equal(verdict, ResponseRule.Current.Decide(signals));
    }

    [Fact]
    public void Three_links_within_a_second_are_a_burst_and_each_of_them_shows_it()
    {
        Visit[] burst = [At("clicked", 10, 0), At("clicked", 10.4, 1), At("clicked", 11, 2), At("opened", 10.2)];
        Visit[] slow = [At("clicked", 10, 0), At("clicked", 10.4, 1), At("clicked", 11.1, 2)];
        Visit[] same = [At("clicked", 10, 0), At("clicked", 10.1, 0), At("clicked", 10.2, 1), At("clicked", 10.3, 1)];

        Assert.All(burst, visit => Assert.Contains(ResponseSignals.Burst, Signals.Of(visit, burst)));
        Assert.All(slow.Concat(same), visit => Assert.DoesNotContain(ResponseSignals.Burst, Signals.Of(visit, [.. slow, .. same.Select(other => other with { OccurredAt = other.OccurredAt.AddHours(1) })])));
        Assert.All(same, visit => Assert.Empty(Signals.Of(visit, same)));
    }

    [Fact]
    public void The_hidden_link_tells_about_what_happened_around_it_and_not_about_what_comes_later()
    {
        var (before, trap, later) = (At("clicked", 10), At("trapped", 15), At("clicked", 26));
        Visit[] all = [before, trap, later];

        Assert.Equal(["trap"], Signals.Of(before, all));
        Assert.Equal(["trap"], Signals.Of(trap, all));
        Assert.Empty(Signals.Of(later, all));
    }

    [Fact]
    public void Only_a_probe_of_the_same_program_before_the_click_tells_about_it()
    {
        var probe = At("probed", 10);
        Assert.Equal(["probed"], Signals.Of(At("clicked", 12), [probe, At("clicked", 12)]));
        Assert.Empty(Signals.Of(At("clicked", 9), [probe]));
        Assert.Empty(Signals.Of(At("clicked", 12, 1), [probe]));
        Assert.Empty(Signals.Of(At("clicked", 12) with { Network = "192.0.2.0/24" }, [probe]));
    }

    [Fact]
    public void A_further_signal_never_makes_a_response_more_human()
    {
        string[] all =
        [
            ResponseSignals.TooFast, ResponseSignals.Burst, ResponseSignals.Trap, ResponseSignals.Head, ResponseSignals.Probed, ResponseSignals.ScannerAgent,
            ResponseSignals.ScannerNetwork, ResponseSignals.PrivacyProxy, ResponseSignals.NoAgent,
        ];
        string[] order = [ResponseRule.HumanVerdict, ResponseRule.MachineVerdict, ResponseRule.BotVerdict];
        Prop.ForAll(Gen.SubListOf(all).ToArbitrary(), Gen.Elements(all).ToArbitrary(), (some, more) => ResponseRule.All.All(rule =>
            Array.IndexOf(order, rule.Decide([.. some])) <= Array.IndexOf(order, rule.Decide([.. some, more])))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0/24")]
    [InlineData("2001:db8:7:9::1", "2001:db8:7::/48")]
    public void An_address_is_kept_without_the_part_that_names_a_device(string address, string network) =>
        Assert.Equal(network, AddressList.Coarsen(System.Net.IPAddress.Parse(address)));

    private static Visit At(string kind, double seconds, int? link = null) => new(
        CampaignHost.NewId(), Delivery, kind, kind is "clicked" or "probed" ? link ?? 0 : null, Sent.AddSeconds(seconds), Browser, "203.0.113.0/24", Sent);
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Loyalty.Tests.Features;

/// <summary>Points that journeys give.</summary>
public sealed class AwardTests(LoyaltyHost host) : IClassFixture<LoyaltyHost>
{
    [Fact]
    public async Task Members_get_what_was_asked_for_once_and_what_they_owe_is_settled_first()
    {
        var (first, second) = (await host.EnrolAsync(), await host.EnrolAsync());
        var (award, stranger) = (new RequestedPoints(LoyaltyHost.Ids.Next(), first.CustomerId, 50), new RequestedPoints(LoyaltyHost.Ids.Next(), LoyaltyHost.Ids.Next(), 50));

        // The second spent what was returned, and owes 20.
        var purchase = LoyaltyHost.Purchase(second.CustomerId, [200_000]);
        await host.PublishAsync(purchase);
        await host.BalanceBecomesAsync(second.MemberId, 20, 0, 20);
        await host.RedeemAsync(second.MemberId, new { points = 20, source = "shop", sourceId = LoyaltyHost.Ids.Next().ToString() }).OkJsonAsync();
        await host.PublishAsync(LoyaltyHost.Return(purchase, 1, 200_000, 0));
        await host.BalanceBecomesAsync(second.MemberId, 0, 20, 0);

        // One award is told in three messages, twice within one of them; whoever is no member gets nothing.
        await AskAsync(award, stranger);
        await AskAsync(award, award, new RequestedPoints(LoyaltyHost.Ids.Next(), second.CustomerId, 30));
        await AskAsync(award);

        await host.BalanceBecomesAsync(second.MemberId, 10, 0, 30);
        await host.BalanceBecomesAsync(first.MemberId, 50, 0, 50);
        Assert.Equal("adjust", Assert.Single(await host.LedgerAsync(first.MemberId)).GetProperty("kind").GetString());
        await Eventually.Holds(() =>
        {
            var journal = Assert.Single(host.Bus.Seen<PointsPosted>().SelectMany(posted => posted.Journals), journal => journal.MemberId == first.MemberId);
            Assert.Equal(("adjust", 50, $"award:campaign:{award.AwardId}"), (journal.Kind, journal.Points, journal.Reference));
            return Task.CompletedTask;
        });

        // They are spent like any others.
        await host.RedeemAsync(first.MemberId, new { points = 50, source = "shop", sourceId = LoyaltyHost.Ids.Next().ToString() }).OkJsonAsync();
        await host.BalanceBecomesAsync(first.MemberId, 0, 0, 50);
        await host.AssertSoundAsync();
    }

    private Task AskAsync(params RequestedPoints[] awards) => host.Bus.PublishAsync(
        new PointsRequested(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined.AddDays(200), LoyaltyHost.Ids.Next(), "Welcome", "Selamat datang", awards), LoyaltyHost.Ids.Next());
}

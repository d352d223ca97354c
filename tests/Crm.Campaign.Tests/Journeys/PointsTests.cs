using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Tests.Management;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

/// <summary>Journeys that give loyalty points.</summary>
[Collection(CampaignCollection.Name)]
public sealed class PointsTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await host.EndAllAsync();
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task Everybody_is_asked_for_once_and_what_Loyalty_posts_is_a_cost_of_the_message()
    {
        var tag = CampaignHost.NewTag();
        var text = await host.CreateTextAsync(tag);
        var journey = await host.StartJourneyAsync(tag, Definition(
            Manual(tag), "gift", """{"id":"gift","kind":"points","points":150,"reason":"Selamat datang","message":"thanks","next":"thanks"}""", Send("thanks", text, "x"), Exit));
        var campaign = await host.QueryAsync<Guid>("SELECT campaign_id FROM journey_sends WHERE journey_id = @journey", new { journey });
        await host.Marketer.PutAsync(ManagementHost.Path(campaign, "/plan"), new { currency = "IDR", messageCosts = new { email = 10 }, pointCost = 2 }, 1).OkJsonAsync();
        var ids = (await host.RegisterAsync(tag, 30)).Select(customer => customer.CustomerId).ToArray();
        await host.EnterAsync(journey, ids);
        await Eventually.Holds(async () => Assert.Equal(30, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND state = 'exited'", new { journey })));

        await Eventually.Holds(() =>
        {
            Assert.Equal(ids.Order(), Asked(journey).Select(award => award.CustomerId).Order());
            return Task.CompletedTask;
        });
        var asked = Asked(journey);
        Assert.All(asked, award => Assert.Equal(150, award.Points));
        Assert.Equal(30, asked.Select(award => award.AwardId).Distinct().Count());
        Assert.Equal("gift:points_requested thanks:planned x:exit", await host.WayAsync(journey, ids[0]));
        Assert.Equal(0m, await PointsCostAsync(campaign)); // nobody has got any

        // Two are members. The same journal told again counts once; another's journals do not count.
        var journals = asked.Take(2).Select(award => new PostedJournal(
            CampaignHost.NewId(), CampaignHost.NewId(), award.CustomerId, "adjust", award.Points, award.Points, 2, $"award:campaign:{award.AwardId}", Now)).ToArray();
        var other = journals[0] with { JournalId = CampaignHost.NewId(), Reference = "purchase:shop:1", Kind = "earn" };
        foreach (var posted in new[] { journals, [journals[0], other] }) await host.Bus.PublishAsync(new PointsPosted(CampaignHost.NewId(), Now, posted), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(600m, await PointsCostAsync(campaign)));
    }

    [Theory]
    [InlineData("""{"id":"p","kind":"points","points":0,"reason":"x","next":"x"}""", "campaign.journey_malformed", "definition.nodes[0].points")]
    [InlineData("""{"id":"p","kind":"points","points":5,"next":"x"}""", "campaign.journey_malformed", "definition.nodes[0].reason")]
    [InlineData("""{"id":"p","kind":"points","points":5,"reason":"x","message":"x","next":"x"}""", "campaign.journey_unknown_node", "definition.nodes[0].message")]
    public async Task Points_that_say_nothing_or_belong_to_no_message_are_refused(string node, string code, string field)
    {
        Assert.Equal((422, code, field), await host.Marketer.PostAsync(Route, Body("points", Definition("""{"on":"manual"}""", "p", node, Exit))).ProblemAsync());
    }

    private RequestedPoints[] Asked(Guid journey) => [.. host.Bus.Seen<PointsRequested>().Where(requested => requested.JourneyId == journey).SelectMany(requested => requested.Awards)];

    private async Task<decimal> PointsCostAsync(Guid campaign)
    {
        var figures = await host.Marketer.GetAsync(ManagementHost.Path(campaign, "/figures")).OkJsonAsync();
        Assert.Equal("no_holdout", figures.GetProperty("roiReason").GetString());
        return figures.GetProperty("money")[0].GetProperty("costs").GetProperty("points").GetDecimal();
    }
}

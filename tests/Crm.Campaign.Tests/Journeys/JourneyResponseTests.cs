using Crm.Campaign.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

[Collection(CampaignCollection.Name)]
public sealed class JourneyResponseTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await host.EndAllAsync();
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task Who_waits_for_a_click_waits_for_a_persons_and_not_for_a_scanners()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition(
            Manual(tag), "hello", Send("hello", await host.CreateTextAsync(tag), "clicks"),
            """{"id":"clicks","kind":"waitUntil","event":"messageClicked","days":7,"next":"x","otherwise":"y"}""", Exit, """{"id":"y","kind":"exit"}"""));
        var customer = (await host.RegisterAsync(tag, 1))[0].CustomerId;
        Assert.Equal(1, await host.EnterAsync(journey, [customer]));
        await Eventually.Holds(async () => Assert.Equal(1, await host.WaitingAtAsync(journey, "clicks")));
        var campaign = await host.QueryAsync<Guid>("SELECT campaign_id FROM journey_sends WHERE journey_id = @journey", new { journey });

        await ClickAsync(campaign, customer, automated: true);
        Assert.Equal(1, await host.WaitingAtAsync(journey, "clicks"));
        await ClickAsync(campaign, customer, automated: false);
        await host.WentAsync(journey, customer, "hello:planned clicks:happened x:exit");
    }

    /// <summary>Returns when it has been consumed.</summary>
    private async Task ClickAsync(Guid campaign, Guid customer, bool automated)
    {
        var messageId = CampaignHost.NewId();
        await host.Bus.PublishAsync(
            new CampaignResponded(
                CampaignHost.NewId(), Now.AddMinutes(1), campaign, "Promo", CampaignHost.NewId(), customer, "email", ResponseKind.Clicked, "https://toko.example/", automated),
            messageId);
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM inbox WHERE message_id = @messageId AND consumer LIKE '%journey%'", new { messageId })));
    }
}

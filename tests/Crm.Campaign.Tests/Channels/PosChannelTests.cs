using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Tests.Smtp;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Campaign.Tests.Channels;

[Collection(CampaignCollection.Name)]
public sealed class PosChannelTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Members_get_a_message_for_the_till_and_that_it_was_shown_is_a_response()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterReachableAsync(tag, 3);
        await host.Bus.PublishAsync(
            new MembersEnrolled(CampaignHost.NewId(), CampaignHost.Registered, [.. customers.Take(2).Select((customer, number) => new EnrolledMember(CampaignHost.NewId(), customer.CustomerId, $"MBR-{number}", CampaignHost.Registered))]),
            CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(2, await host.QueryAsync<long>("SELECT count(*) FROM audience WHERE is_member AND customer_id = ANY(@ids)", new { ids = customers.Select(customer => customer.CustomerId).ToArray() })));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, ("Pos:ValidDays", "7"));

        var campaign = await host.LaunchAsync(tag, "pos", "", "Promo", "Halo {{firstName}}");
        await host.FinishedAsync(campaign);
        var prepared = await Eventually.Answers(() => Task.FromResult(host.Bus.Seen<PosMessagesPrepared>().SingleOrDefault(messages => messages.CampaignId == campaign)));

        Assert.Equal(customers.Take(2).Select(customer => customer.CustomerId).Order(), prepared.Messages.Select(message => message.CustomerId).Order());
        Assert.Contains(prepared.Messages, message => message is { Language: "id", Title: "Promo", Text: "Halo Siti" });
        Assert.InRange(prepared.ValidUntil - prepared.OccurredAt, TimeSpan.FromDays(6.9), TimeSpan.FromDays(7.1));
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND reason = 'not_member'", new { campaign }));

        var shown = prepared.Messages[0];
        await host.Bus.PublishAsync(
            new PosMessagesShown(CampaignHost.NewId(), CampaignHost.Registered, CampaignHost.NewId(), shown.CustomerId, "Kasir 3", [new ShownPosMessage(shown.DeliveryId, campaign)]), CampaignHost.NewId());
        var told = await Eventually.Answers(() => Task.FromResult(host.Bus.Seen<CampaignResponded>().SingleOrDefault(responded => responded.DeliveryId == shown.DeliveryId)));
        Assert.Equal((ResponseKind.Shown, "Kasir 3"), (told.Kind, told.Detail));
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM responses WHERE campaign_id = @campaign AND kind = 'shown'", new { campaign }));
    }
}

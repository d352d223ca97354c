using Crm.Campaign.Dispatching;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Postgres;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Campaigns;

[Collection(CampaignCollection.Name)]
public sealed class TriggeredCampaignTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task A_triggered_campaign_is_sent_to_whom_it_is_given_once_per_occasion_and_goes_on()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 2);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateTriggeredAsync(tag);
        await host.ActAsync(campaign, "launch");

        var (first, second) = (customers[0].CustomerId, customers[1].CustomerId);
        Assert.Equal(2, await WriteAsync(campaign, new LedgerMember(first, "id", null, "2025"), new LedgerMember(second, "en", "no_consent", "2025")));
        Assert.Equal(0, await WriteAsync(campaign, new LedgerMember(first, "id", null, "2025")));
        Assert.Equal(1, await WriteAsync(campaign, new LedgerMember(first, "id", null, "2025"), new LedgerMember(first, "id", null, "2026")));

        await Eventually.Holds(async () => Assert.Equal(2, (await host.StatisticsAsync(campaign)).GetProperty("sent").GetInt64()));
        Assert.Equal(2, relay.MessageIds().Distinct().Count());
        Assert.Equal(2, relay.WireContents.Count);
        Assert.Equal(1, (await host.StatisticsAsync(campaign)).GetProperty("skippedBy").GetProperty("no_consent").GetInt64());
        Assert.Equal("sending", (await host.StatisticsAsync(campaign)).GetProperty("state").GetString());
        await host.CountersAgreeAsync(campaign);
    }

    [Theory]
    [InlineData("triggered", true)]
    [InlineData("broadcast", false)]
    public async Task A_broadcast_has_a_segment_and_a_triggered_campaign_has_none(string kind, bool withSegment)
    {
        var problem = await host.Marketer.PostAsync("/api/campaign/v1/campaigns", new
        {
            name = "k", kind, segmentId = withSegment ? CampaignHost.NewId() : (Guid?)null, templateId = CampaignHost.NewId(),
            senderName = "Toko", fromAddress = "promo@toko.example",
        }).ProblemAsync();

        Assert.Equal((400, "campaign.segment_of_kind", "segmentId"), problem);
    }

    private async Task<int> WriteAsync(Guid campaignId, params LedgerMember[] members)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var campaign = await RunningCampaign.FindAsync(campaignId, unitOfWork, CancellationToken.None);
        var written = await scope.ServiceProvider.GetRequiredService<LedgerWriter>().WriteAsync(campaign!, members, CancellationToken.None);
        await unitOfWork.CommitAsync(CancellationToken.None);
        return written.Count;
    }
}

using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Tests.Smtp;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Campaign.Tests.Responses;

[Collection(CampaignCollection.Name)]
public sealed class ConversionTests(CampaignHost host)
{
    private const string Api = "/api/campaign/v1";

    [Fact]
    public async Task Purchases_count_once_per_campaign_whatever_came_first_and_returns_lessen_them()
    {
        var (campaign, customers) = await SentAsync(5, days: 10);
        var sentAt = await host.QueryAsync<DateTimeOffset>("SELECT min(sent_at) FROM deliveries WHERE campaign_id = @campaign", new { campaign });

        // 0 clicked and bought; 1 bought, and the click before it becomes known later; 2 bought without a click; 3 bought too late; 4 before.
        await ClickAsync(campaign, customers[0], sentAt.AddDays(1));
        var first = Purchase(customers[0], sentAt.AddDays(2), 100_000);
        var second = Purchase(customers[1], sentAt.AddDays(3), 200_000);
        await RecordAsync(first, second, Purchase(customers[2], sentAt.AddDays(4), 50_000), Purchase(customers[2], sentAt.AddDays(5), 25_000), Purchase(customers[3], sentAt.AddDays(15), 900_000), Purchase(customers[4], sentAt.AddDays(-1), 900_000));
        await Eventually.Holds(async () => Assert.Equal((3, 4, 375_000m, 3), await FiguresAsync(campaign)));
        await Eventually.Holds(async () => Assert.Equal(["clicked", "sent"], await BasesAsync(campaign, customers[0], customers[1])));

        await ClickAsync(campaign, customers[1], sentAt.AddDays(1));
        await Eventually.Holds(async () => Assert.Equal(["clicked", "clicked"], await BasesAsync(campaign, customers[0], customers[1])));
        Assert.Equal((3, 4, 375_000m, 3), await FiguresAsync(campaign));

        // A part comes back, then the rest; what is left of nothing does not count.
        await ReturnAsync(first, 40_000, 60_000);
        await Eventually.Holds(async () => Assert.Equal((3, 4, 335_000m, 3), await FiguresAsync(campaign)));
        await ReturnAsync(first, 60_000, 0);
        await Eventually.Holds(async () => Assert.Equal((2, 3, 275_000m, 2), await FiguresAsync(campaign)));
        await Eventually.Holds(() =>
        {
            Assert.Equal(4, host.Bus.Seen<CampaignResponded>().Count(told => told.CampaignId == campaign && told.Kind == ResponseKind.Converted));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Of_two_campaigns_the_last_click_is_credited_else_the_message_sent_last()
    {
        var (earlier, customers) = await SentAsync(2, days: 6);
        var later = await SendAsync(await host.QueryAsync<string>("SELECT name FROM campaigns WHERE id = @earlier", new { earlier }) ?? "", days: 3, window: 5);
        var sentAt = await host.QueryAsync<DateTimeOffset>("SELECT min(sent_at) FROM deliveries WHERE campaign_id = @later", new { later });
        await ClickAsync(earlier, customers[0], sentAt.AddHours(1));
        await RecordAsync(Purchase(customers[0], sentAt.AddDays(1), 70_000), Purchase(customers[1], sentAt.AddDays(1), 30_000));

        await Eventually.Holds(async () =>
        {
            Assert.Equal((2, 2, 100_000m, 2), await FiguresAsync(earlier));
            Assert.Equal((2, 2, 100_000m, 2), await FiguresAsync(later));
        });
        await Eventually.Holds(async () =>
        {
            Assert.Equal((1, 70_000m), await CreditAsync(earlier));
            Assert.Equal((1, 30_000m), await CreditAsync(later));
        });
        Assert.Equal((5, "last_click_else_last_sent"), ((await ConversionsAsync(later)).GetProperty("windowDays").GetInt32(), (await ConversionsAsync(later)).GetProperty("rule").GetString()));
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PutAsync($"{Api}/campaigns/{later}/attribution", new { windowDays = 3 }, 3).ProblemAsync());
    }

    private async Task<(Guid Campaign, IReadOnlyList<Guid> Customers)> SentAsync(int recipients, int days)
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, recipients);
        return (await SendAsync(tag, days), [.. customers.Select(customer => customer.CustomerId)]);
    }

    /// <summary>Sent so many days ago.</summary>
    private async Task<Guid> SendAsync(string tag, int days, int? window = null)
    {
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag);
        if (window is not null) await host.Marketer.PutAsync($"{Api}/campaigns/{campaign}/attribution", new { windowDays = window }, 1).OkJsonAsync();
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);
        await host.ListAsync<int>("UPDATE deliveries SET sent_at = date_trunc('second', now()) - make_interval(days => @days) WHERE campaign_id = @campaign RETURNING 1", new { campaign, days });
        return campaign;
    }

    private Task<IReadOnlyList<int>> ClickAsync(Guid campaign, Guid customer, DateTimeOffset at) => host.ListAsync<int>(
        """
        INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, link, occurred_at, user_agent)
        SELECT @id, delivery_id, campaign_id, customer_id, 'clicked', 0, @at, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'
        FROM deliveries WHERE campaign_id = @campaign AND customer_id = @customer RETURNING 1
        """,
        new { id = CampaignHost.NewId(), campaign, customer, at });

    private static RecordedPurchase Purchase(Guid customer, DateTimeOffset at, decimal total) => new(
        CampaignHost.NewId(), customer, "test", CampaignHost.NewId().ToString(), at, "IDR", total,
        [new RecordedLine(1, "SKU-1", "Kopi", "Minuman", 1, total, 0, 0, total, null, null)]);

    private Task RecordAsync(params RecordedPurchase[] purchases) =>
        host.Bus.PublishAsync(new PurchasesRecorded(CampaignHost.NewId(), CampaignHost.Registered, purchases), CampaignHost.NewId());

    private Task ReturnAsync(RecordedPurchase purchase, decimal amount, decimal left) => host.Bus.PublishAsync(
        new PurchaseReturned(
            CampaignHost.NewId(), CampaignHost.Registered, CampaignHost.NewId(), purchase.PurchaseId, purchase.CustomerId, purchase.Source, purchase.SourceId,
            purchase.PurchasedAt.AddDays(1), "IDR", amount, left, [new ReturnedLine(1, "SKU-1", 0.5m, amount, "other")]),
        CampaignHost.NewId());

    private async Task<JsonElement> ConversionsAsync(Guid campaign) => (await host.StatisticsAsync(campaign)).GetProperty("conversions");

    private async Task<(long Customers, long Purchases, decimal Revenue, long Funnel)> FiguresAsync(Guid campaign)
    {
        var statistics = await host.StatisticsAsync(campaign);
        var conversions = statistics.GetProperty("conversions");
        return (
            conversions.GetProperty("customers").GetInt64(), conversions.GetProperty("purchases").GetInt64(),
            conversions.GetProperty("revenue").EnumerateArray().Sum(money => money.GetProperty("revenue").GetDecimal()), statistics.GetProperty("funnel").GetProperty("converted").GetInt64());
    }

    private async Task<(long Purchases, decimal Revenue)> CreditAsync(Guid campaign)
    {
        var money = Assert.Single((await ConversionsAsync(campaign)).GetProperty("revenue").EnumerateArray());
        return (money.GetProperty("creditedPurchases").GetInt64(), money.GetProperty("creditedRevenue").GetDecimal());
    }

    private async Task<string[]> BasesAsync(Guid campaign, params Guid[] customers) =>
    [
        .. await Task.WhenAll(customers.Select(async customer =>
            await host.QueryAsync<string>("SELECT basis FROM conversions WHERE campaign_id = @campaign AND customer_id = @customer", new { campaign, customer }) ?? "")),
    ];
}

using System.Net;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Contracts.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Campaigns;

[Collection(CampaignCollection.Name)]
public sealed class ResponseTests(CampaignHost host)
{
    [Fact]
    public async Task A_click_leads_to_the_stored_target_and_is_recorded()
    {
        var (campaign, customer, delivery) = await SentAsync();
        var path = PathOf(Tokens.LinkUrl(delivery, 0));

        var response = await host.Anonymous().GetAsync(path);
        await host.Anonymous().GetAsync(path);
        await host.Anonymous().SendAsync(new HttpRequestMessage(HttpMethod.Head, path));

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("https://toko.example/promo?a=1&b=2", response.Headers.Location!.AbsoluteUri);
        var clicked = (await host.StatisticsAsync(campaign)).GetProperty("clicked");
        Assert.Equal((1, 2), (clicked.GetProperty("unique").GetInt64(), clicked.GetProperty("total").GetInt64()));
        await Eventually.Holds(() =>
        {
            var told = Assert.Single(host.Bus.Seen<CampaignResponded>(), responded => responded.DeliveryId == delivery);
            Assert.Equal((ResponseKind.Clicked, customer, "https://toko.example/promo?a=1&b=2"), (told.Kind, told.CustomerId, told.LinkUrl));
            return Task.CompletedTask;
        });

        var reads = new CampaignReads.CampaignReadsClient(host.GrpcFrom("gateway"));
        var overview = Assert.Single((await reads.ListDeliveriesAsync(new ListDeliveriesRequest { CustomerId = customer.ToString() })).Deliveries);
        Assert.Equal("sent", overview.State);
        Assert.NotNull(overview.FirstClickedAt);
        Assert.Null(overview.FirstOpenedAt);
    }

    [Fact]
    public async Task A_token_changed_in_any_character_or_used_for_something_else_leads_nowhere()
    {
        var (campaign, _, delivery) = await SentAsync();
        var token = Tokens.Write(TokenPurpose.Link, delivery);
        var client = host.Anonymous();
        for (var position = 0; position < token.Length; position++)
        {
            var altered = token[..position] + (token[position] == 'A' ? 'B' : 'A') + token[(position + 1)..];
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/t/{altered}")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/t/{Tokens.Write(TokenPurpose.Unsubscribe, delivery)}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/p/unsubscribe/{token}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/t/{Tokens.Write(TokenPurpose.Link, delivery, 1)}")).StatusCode);
        Assert.Equal("toko.example", (await client.GetAsync($"/t/{token}?url=https://evil.example")).Headers.Location!.Host);
        Assert.Equal(0, (await host.StatisticsAsync(campaign)).GetProperty("unsubscribed").GetInt64());
    }

    [Fact]
    public async Task The_pixel_records_the_first_opening()
    {
        var (campaign, _, delivery) = await SentAsync();
        var response = await host.Anonymous().GetAsync(PathOf(Tokens.OpenUrl(delivery)));
        await host.Anonymous().GetAsync(PathOf(Tokens.OpenUrl(delivery)));

        Assert.Equal("image/gif", response.Content.Headers.ContentType!.MediaType);
        var opened = (await host.StatisticsAsync(campaign)).GetProperty("opened");
        Assert.Equal((1, 2), (opened.GetProperty("unique").GetInt64(), opened.GetProperty("total").GetInt64()));
        await Eventually.Holds(() => Task.FromResult(Assert.Single(host.Bus.Seen<CampaignResponded>(), responded => responded.DeliveryId == delivery)));
    }

    [Fact]
    public async Task Looking_at_the_unsubscribe_page_does_nothing_and_its_button_ends_the_subscription()
    {
        var (campaign, customer, delivery) = await SentAsync();
        var path = PathOf(Tokens.UnsubscribeUrl(delivery));
        var client = host.Anonymous();

        var page = await client.GetAsync(path);
        Assert.Contains("<form method=\"post\">", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(await SuppressedAsync(customer));

        using var oneClick = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(path, oneClick)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(path, null)).StatusCode);
        Assert.True(await SuppressedAsync(customer));
        Assert.Equal(1, (await host.StatisticsAsync(campaign)).GetProperty("unsubscribed").GetInt64());
        await Eventually.Holds(() => Task.FromResult(
            Assert.Single(host.Bus.Seen<CampaignResponded>(), responded => responded.DeliveryId == delivery && responded.Kind == ResponseKind.Unsubscribed)));

        // Who consents anew afterwards is written to again.
        var renewed = new ConsentState("email", "marketing", true, TimeProvider.System.GetUtcNow().AddMinutes(1));
        await host.Bus.PublishAsync(new ConsentChanged(CampaignHost.NewId(), CampaignHost.Registered, customer, renewed, "v2", "form"), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.False(await SuppressedAsync(customer)));
    }

    [Theory]
    [InlineData("sms", "marketing text messages (SMS)", "SMS pemasaran")]
    [InlineData("whatsapp", "marketing messages on WhatsApp", "pesan pemasaran di WhatsApp")]
    [InlineData("email", "marketing e-mail", "e-mail pemasaran")]
    public async Task The_unsubscribe_page_says_which_channel_ends(string channel, string english, string indonesian)
    {
        var (_, customer, delivery) = await SentAsync();
        foreach (var (language, words) in new[] { ("en", english), ("id", indonesian) })
        {
            await host.ListAsync<int>("UPDATE deliveries SET channel = @channel, language = @language WHERE delivery_id = @delivery RETURNING 1", new { channel, language, delivery });
            Assert.Contains(words, await host.Anonymous().GetStringAsync(PathOf(Tokens.UnsubscribeUrl(delivery))), StringComparison.Ordinal);
        }

        using var done = await host.Anonymous().PostAsync(PathOf(Tokens.UnsubscribeUrl(delivery)), null);
        Assert.Contains(indonesian, await done.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal([channel], await host.ListAsync<string>("SELECT channel FROM suppressions WHERE customer_id = @customer", new { customer }));
    }

    private TrackingTokens Tokens => host.Services.GetRequiredService<TrackingTokens>();

    private static string PathOf(string url) => new Uri(url).AbsolutePath;

    private async Task<bool> SuppressedAsync(Guid customer) =>
        await host.QueryAsync<bool>("SELECT EXISTS (SELECT 1 FROM suppressions WHERE customer_id = @customer AND channel = 'email')", new { customer });

    private async Task<(Guid Campaign, Guid Customer, Guid Delivery)> SentAsync()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1)).Single();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag);
        await host.FinishedAsync(campaign);
        return (campaign, customer.CustomerId, await host.QueryAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign", new { campaign }));
    }
}

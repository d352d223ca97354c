using System.Net;
using Crm.Campaign.Delivery;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Management;

public sealed class ReceiptTests(ManagementHost host) : IClassFixture<ManagementHost>
{
    [Fact]
    public async Task A_receipt_tells_what_counted_when_it_was_decided_whatever_changed_since()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1)).Single();
        var decided = new ConsentState("email", "marketing", true, CampaignHost.Registered.AddDays(9));
        await host.Bus.PublishAsync(new ConsentChanged(CampaignHost.NewId(), CampaignHost.Registered, customer.CustomerId, decided, "notice-7", "form"), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>(
            "SELECT count(*) FROM consent_notices n JOIN audience a USING (customer_id) WHERE customer_id = @CustomerId AND a.consent_email_at = n.effective_at", new { customer.CustomerId })));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        var campaign = await SentAsync(tag, relay);
        var delivery = await host.QueryAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign", new { campaign });
        await host.Anonymous().GetAsync(new Uri(Tokens.LinkUrl(delivery, 0)).AbsolutePath);

        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), CampaignHost.Registered, [customer with { Version = 2, City = "Medan", Tags = [] }]), CampaignHost.NewId());
        await host.Bus.PublishAsync(new ConsentChanged(CampaignHost.NewId(), CampaignHost.Registered, customer.CustomerId, decided with { Granted = false, EffectiveAt = decided.EffectiveAt.AddDays(1) }, "notice-8", "agent"), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.True(await host.QueryAsync<bool>("SELECT city = 'Medan' AND NOT consent_email FROM audience WHERE customer_id = @CustomerId", new { customer.CustomerId })));

        var receipt = await host.Marketer.GetAsync(ManagementHost.Path(campaign, $"/receipts/{customer.CustomerId}")).OkJsonAsync();

        Assert.Equal("sent", receipt.GetProperty("state").GetString());
        var message = receipt.GetProperty("message");
        Assert.Equal(customer.Email, message.GetProperty("address").GetString());
        Assert.Equal($"<{message.GetProperty("messageId").GetString()}>", Assert.Single(relay.MessageIds()));
        Assert.Equal((1, 1, "id"), (message.GetProperty("templateVersion").GetInt32(), message.GetProperty("attempts").GetInt32(), message.GetProperty("language").GetString()));
        Assert.Equal(
            ["tags contains True", "city eq True", "age gt False", "purchaseCount gt False"],
            receipt.GetProperty("rule").GetProperty("facts").EnumerateArray().Select(fact => $"{fact.GetProperty("field").GetString()} {fact.GetProperty("op").GetString()} {fact.GetProperty("holds").GetBoolean()}"));
        Assert.Equal("Bandung", receipt.GetProperty("rule").GetProperty("facts")[1].GetProperty("actual").GetString());
        var consent = receipt.GetProperty("consent");
        Assert.Equal((true, "notice-7", "form", false), (consent.GetProperty("granted").GetBoolean(), consent.GetProperty("notice").GetString(), consent.GetProperty("source").GetString(), consent.GetProperty("grantedNow").GetBoolean()));
        Assert.Equal(decided.EffectiveAt, consent.GetProperty("decidedAt").GetDateTimeOffset());
        Assert.Equal("https://toko.example/promo?a=1&b=2", Assert.Single(receipt.GetProperty("responses").EnumerateArray()).GetProperty("link").GetString());

        var byDelivery = await host.ClientFor(Roles.ServiceAgent).GetAsync($"/api/campaign/v1/deliveries/{delivery}/receipt").OkJsonAsync();
        Assert.Equal(receipt.GetRawText(), byDelivery.GetRawText());
        Assert.Equal(HttpStatusCode.Forbidden, (await host.ClientFor(Roles.LoyaltyOperator).GetAsync($"/api/campaign/v1/deliveries/{delivery}/receipt")).StatusCode);
    }

    [Fact]
    public async Task A_receipt_tells_why_there_was_no_message()
    {
        var tag = CampaignHost.NewTag();
        var (refuses, elsewhere) = (CampaignHost.Customer(tag, 0, consent: false), CampaignHost.Customer("other", 1, $"{tag}.1@example.com"));
        await host.RegisterAsync(tag, 3, number => number switch { 0 => refuses, 1 => elsewhere, _ => CampaignHost.Customer(tag, number) });
        var campaign = await CreateAsync(tag);
        Assert.Equal("none not_launched", await StateAndReasonAsync(campaign, refuses.CustomerId));
        await host.ActAsync(campaign, "launch");
        await Eventually.Holds(async () => Assert.NotNull(await host.QueryAsync<DateTimeOffset?>("SELECT dispatched_at FROM campaigns WHERE id = @campaign", new { campaign })));

        Assert.Equal("skipped no_consent", await StateAndReasonAsync(campaign, refuses.CustomerId));
        Assert.Equal("none not_in_segment", await StateAndReasonAsync(campaign, elsewhere.CustomerId));
        var facts = (await host.Marketer.GetAsync(ManagementHost.Path(campaign, $"/receipts/{elsewhere.CustomerId}")).OkJsonAsync()).GetProperty("rule").GetProperty("facts");
        Assert.Equal((false, true), (facts[0].GetProperty("holds").GetBoolean(), facts[1].GetProperty("holds").GetBoolean()));
        Assert.Equal((404, "campaign.receipt_not_found", null), await host.Marketer.GetAsync(ManagementHost.Path(campaign, $"/receipts/{CampaignHost.NewId()}")).ProblemAsync());
        Assert.Equal((404, "campaign.receipt_not_found", null), await host.Marketer.GetAsync(ManagementHost.Path(CampaignHost.NewId(), $"/receipts/{elsewhere.CustomerId}")).ProblemAsync());
        await host.ActAsync(campaign, "cancel");
    }

    [Fact]
    public async Task What_is_kept_of_a_chunk_is_each_persons_own_and_an_erasure_takes_one_out_of_it()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 3);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        var campaign = await SentAsync(tag, relay);
        Assert.Equal("1 3", await host.QueryAsync<string>("SELECT count(*) || ' ' || sum(cardinality(deliveries)) FROM chunk_evidence WHERE campaign_id = @campaign", new { campaign }));
        var reason = Assert.Single((await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customers[1].CustomerId))["delivery_reasons"]);
        Assert.Equal(await host.QueryAsync<Guid>("SELECT delivery_id FROM deliveries WHERE customer_id = @CustomerId", new { customers[1].CustomerId }), reason.GetProperty("delivery_id").GetGuid());
        Assert.True(reason.GetProperty("facts")[0].GetProperty("holds").GetBoolean());

        await host.Bus.PublishAsync(new ErasureRequested(CampaignHost.NewId(), CampaignHost.Registered, CampaignHost.NewId(), [customers[1].CustomerId]), CampaignHost.NewId());
        await Eventually.Holds(async () =>
        {
            var kept = new List<bool>();
            foreach (var customer in customers)
            {
                var receipt = await host.Marketer.GetAsync(ManagementHost.Path(campaign, $"/receipts/{customer.CustomerId}")).OkJsonAsync();
                kept.Add(receipt.GetProperty("rule").GetProperty("facts")[1].GetProperty("actual").ValueKind == System.Text.Json.JsonValueKind.String);
            }

            Assert.Equal([true, false, true], kept);
        });
        Assert.Equal("3 1", await host.QueryAsync<string>(
            "SELECT cardinality(facts) || ' ' || (SELECT count(*) FROM unnest(facts, consents) AS m (fact, at) WHERE fact IS NULL AND at IS NULL) FROM chunk_evidence WHERE campaign_id = @campaign", new { campaign }));
    }

    [Theory]
    [InlineData(0, "Mengapa saya menerima ini?", "daerah tempat tinggal Anda", "Berhenti berlangganan")]
    [InlineData(1, "Why did I get this?", "where you live", "Unsubscribe")]
    public async Task The_link_in_the_mail_leads_to_a_page_in_the_recipients_language_without_rules_of_ours(int number, string title, string ground, string unsubscribe)
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1, _ => CampaignHost.Customer(tag, number));
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await SentAsync(tag, relay);
        var mail = Assert.Single(await PythonMailReader.ReadAsync(relay.Contents));
        Assert.Contains(title, mail.Parts[1].Body, StringComparison.Ordinal);
        var url = mail.Parts[0].Body.Split(title + " ")[1].Split(['\r', '\n'])[0];

        var response = await host.Anonymous().GetAsync(new Uri(url).AbsolutePath);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());
        Assert.Contains($"<h1>{title}</h1>", page, StringComparison.Ordinal);
        Assert.Contains("Toko Sejahtera", page, StringComparison.Ordinal);
        Assert.Contains($"<li>{ground}</li>", page, StringComparison.Ordinal);
        Assert.Contains($">{unsubscribe}</a>", page, StringComparison.Ordinal);
        Assert.Contains("2026", page, StringComparison.Ordinal); // the day of the consent
        Assert.All(new[] { tag, "purchaseCount", "Bandung", "criteria", "segment" }, inner => Assert.DoesNotContain(inner, page, StringComparison.OrdinalIgnoreCase));
        var unsubscribePath = page.Split("href=\"")[1].Split('"')[0];
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().GetAsync(new Uri(unsubscribePath).AbsolutePath)).StatusCode);
    }

    [Fact]
    public async Task A_token_of_another_kind_or_altered_shows_nothing()
    {
        var delivery = CampaignHost.NewId();
        foreach (var token in new[] { Tokens.Write(TokenPurpose.Unsubscribe, delivery), Tokens.Write(TokenPurpose.Why, delivery), Tokens.Write(TokenPurpose.Why, delivery)[..^1] + "_", "x" })
        {
            Assert.Equal((404, "campaign.link_not_found", null), await host.Anonymous().GetAsync($"/p/why/{token}").ProblemAsync());
        }
    }

    private TrackingTokens Tokens => host.Services.GetRequiredService<TrackingTokens>();

    private async Task<string> StateAndReasonAsync(Guid campaign, Guid customer)
    {
        var receipt = await host.Marketer.GetAsync(ManagementHost.Path(campaign, $"/receipts/{customer}")).OkJsonAsync();
        return $"{receipt.GetProperty("state").GetString()} {receipt.GetProperty("reason").GetString()}";
    }

    private async Task<Guid> SentAsync(string tag, ScriptedSmtpServer relay)
    {
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await CreateAsync(tag);
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);
        return campaign;
    }

    /// <summary>To those with the tag who live in Bandung or have bought very often.</summary>
    private async Task<Guid> CreateAsync(string tag)
    {
        var campaign = await host.CreateCampaignAsync(tag);
        var segment = (await host.CampaignAsync(campaign)).GetProperty("segmentId").GetGuid();
        object[] parts =
        [
            new { field = "tags", op = "contains", value = tag },
            new { any = new object[] { new { field = "city", op = "eq", value = "Bandung" }, new { field = "age", op = "gt", value = 150 }, new { field = "purchaseCount", op = "gt", value = 1_000 } } },
        ];
        await host.Marketer.PutAsync($"/api/campaign/v1/segments/{segment}", new { name = tag, criteria = new { all = parts } }, 1).OkJsonAsync();
        return campaign;
    }
}

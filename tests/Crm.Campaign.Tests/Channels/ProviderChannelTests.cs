using Crm.Campaign.Tests.Smtp;
using Crm.ProviderSimulator;
using Crm.Testing;

namespace Crm.Campaign.Tests.Channels;

/// <summary>Whole campaigns by SMS, WhatsApp, push and webhook, through the sender, to the simulator and back.</summary>
[Collection(CampaignCollection.Name)]
public sealed class ProviderChannelTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Every_customer_gets_one_sms_in_their_language_while_the_gateway_drops_answers_and_refuses_now_and_then()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 40);
        await using var simulator = await SimulatorHost.StartAsync();
        simulator.Switches["sms"] = new ChannelSwitches(Status: 429, StatusCount: 5, DropCount: 8);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, simulator.Provider("sms", ("Idempotent", "true")));

        var campaign = await host.LaunchAsync(tag, "sms", "TOKO", null, "Halo {{firstName}}, promo {{link \"https://toko.example/promo\"}}");
        await host.FinishedAsync(campaign);

        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal((40, 0), (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("unknown").GetInt64()));
        var messages = simulator.Inbox.Messages;
        Assert.Equal(40, messages.Count);
        Assert.All(messages, message => Assert.Equal(1, message.Copies));
        Assert.Equal(8, messages.Sum(message => message.Repeats));
        var bodies = simulator.Bodies("sms");
        Assert.Equal(40, bodies.Select(body => body.GetProperty("to").GetString()).Distinct().Count());
        Assert.Equal(20, bodies.Count(body => body.GetProperty("text").GetString()!.StartsWith("EN Halo Siti, promo http://localhost:8080/t/", StringComparison.Ordinal)));
        Assert.All(bodies, body => Assert.Equal("TOKO", body.GetProperty("from").GetString()));
        Assert.Equal(
            messages.Select(message => message.Id).Order(),
            (await host.ListAsync<string>("SELECT reply FROM deliveries WHERE campaign_id = @campaign AND provider = 'sms-simulator'", new { campaign })).Order());
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task Without_keys_a_lost_answer_stays_unknown_until_the_receipt_says_that_it_was_sent()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 6);
        await using var simulator = await SimulatorHost.StartAsync(host);
        simulator.Switches["sms"] = new ChannelSwitches(DropCount: 2, Receipts: "delivered", ReceiptCopies: 2);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, simulator.Provider("sms"));

        var campaign = await host.LaunchAsync(tag, "sms", "+62215000", null, "Halo");
        await Eventually.Holds(async () =>
        {
            var statistics = await host.StatisticsAsync(campaign);
            Assert.Equal((6, 0), (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("unknown").GetInt64()));
            Assert.Equal(12, simulator.Receipts.Sent.Count(receipt => receipt.Answer == 204));
        });

        Assert.Equal(6, simulator.Inbox.Messages.Count);
        Assert.Equal(6, await host.QueryAsync<long>("SELECT count(*) FROM responses WHERE campaign_id = @campaign AND kind = 'delivered'", new { campaign }));
        Assert.Equal(6, await host.QueryAsync<long>("SELECT count(*) FROM responses WHERE campaign_id = @campaign", new { campaign }));
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_message_that_the_provider_could_not_deliver_is_a_response_that_other_services_hear_of()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterReachableAsync(tag, 1);
        await using var simulator = await SimulatorHost.StartAsync(host);
        simulator.Switches["sms"] = new ChannelSwitches(Receipts: "failed");
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, simulator.Provider("sms"));

        await host.LaunchAsync(tag, "sms", "TOKO", null, "Halo");
        var told = await Eventually.Answers(() => Task.FromResult(host.Bus.Seen<Contracts.Events.V1.CampaignResponded>().SingleOrDefault(responded => responded.CustomerId == customers[0].CustomerId)));

        Assert.Equal((Contracts.Events.V1.ResponseKind.Undelivered, "sms"), (told.Kind, told.Channel));
        Assert.Contains("switched off", told.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatsApp_push_and_webhook_have_their_own_queues_shapes_and_signatures()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterReachableAsync(tag, 2);
        await using var simulator = await SimulatorHost.StartAsync();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay,
        [
            .. simulator.Provider("whatsapp", ("Authentication:Kind", "Bearer"), ("Authentication:Token", "t0ken")), .. simulator.Provider("push"),
            .. simulator.Provider("webhook", ("Authentication:Kind", "Hmac"), ("Authentication:Secret", SimulatorHost.Secret)),
        ]);

        var campaigns = new[]
        {
            await host.LaunchAsync(tag, "whatsapp", "1055001", "promo_november", "{{firstName}}\n{{city}}"),
            await host.LaunchAsync(tag, "push", "", "Promo", "Halo {{firstName}} {{link \"https://toko.example/\"}}"),
            await host.LaunchAsync(tag, "webhook", "", "Promo", "Halo {{firstName}}"),
        };
        foreach (var campaign in campaigns) await host.FinishedAsync(campaign);

        var whatsapp = simulator.Bodies("whatsapp");
        Assert.Equal(2, whatsapp.Count);
        Assert.All(whatsapp, body => Assert.StartsWith("62812", body.GetProperty("to").GetString(), StringComparison.Ordinal));
        Assert.Contains(whatsapp, body => body.GetProperty("template").GetProperty("components")[0].GetProperty("parameters").GetArrayLength() == 2);
        Assert.Equal(customers.Select(customer => customer.CustomerId.ToString()).Order(), simulator.Bodies("push").Select(body => body.GetProperty("to").GetString()!).Order());
        Assert.All(simulator.Bodies("push"), body => Assert.StartsWith("http://localhost:8080/t/", body.GetProperty("link").GetString(), StringComparison.Ordinal));
        Assert.All(simulator.Inbox.Messages.Where(message => message.Channel == "webhook"), message => Assert.Equal(64, message.Headers["X-Signature"].Length));
        Assert.All(simulator.Inbox.Messages.Where(message => message.Channel == "whatsapp"), message => Assert.Equal("Bearer ***", message.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_sender_that_is_stopped_in_the_middle_leaves_nothing_unknown_and_another_sends_the_rest_once()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 40);
        await using var simulator = await SimulatorHost.StartAsync();
        simulator.Switches["sms"] = new ChannelSwitches(DelayMilliseconds: 200); // eight seconds for all, so that the stop comes in their middle
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        Guid campaign;
        await using (await SenderHost.StartAsync(host, relay, simulator.Provider("sms", ("Concurrency", "1"))))
        {
            campaign = await host.LaunchAsync(tag, "sms", "TOKO", null, "Halo");
            await Eventually.Holds(() => Task.FromResult(simulator.Inbox.Messages.Count > 5 ? 0 : throw new InvalidOperationException("Not begun.")));
        }

        Assert.InRange(simulator.Inbox.Messages.Count, 6, 39);
        simulator.Switches["sms"] = new ChannelSwitches();
        Assert.Equal((0, 0), ((await host.StatisticsAsync(campaign)).GetProperty("sending").GetInt64(), (await host.StatisticsAsync(campaign)).GetProperty("unknown").GetInt64()));
        await using var successor = await SenderHost.StartAsync(host, relay, simulator.Provider("sms"));
        await host.FinishedAsync(campaign);

        Assert.Equal(40, (await host.StatisticsAsync(campaign)).GetProperty("sent").GetInt64());
        Assert.Equal(40, simulator.Inbox.Messages.Count);
        Assert.All(simulator.Inbox.Messages, message => Assert.Equal((1, 0), (message.Copies, message.Repeats)));
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_providers_rate_is_kept()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 20);
        await using var simulator = await SimulatorHost.StartAsync();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(
            host, relay, [.. simulator.Provider("sms"), ("RateLimits:Providers:sms-simulator:PerSecond", "20"), ("RateLimits:Providers:sms-simulator:Burst", "2")]);

        await host.FinishedAsync(await host.LaunchAsync(tag, "sms", "TOKO", null, "Halo"));

        var taken = simulator.Inbox.Messages.Select(message => message.At).ToArray();
        Assert.Equal(20, taken.Length);
        Assert.True(taken.Max() - taken.Min() > TimeSpan.FromSeconds(0.6), $"{taken.Length} messages in {taken.Max() - taken.Min()}");
    }

    [Fact]
    public async Task While_the_first_provider_cannot_be_reached_the_second_takes_the_messages()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 4);
        await using var simulator = await SimulatorHost.StartAsync();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay,
            [("Providers:a-away:Channel", "sms"), ("Providers:a-away:Url", "http://127.0.0.1:9/"), .. simulator.Provider("sms")]);

        var campaign = await host.LaunchAsync(tag, "sms", "TOKO", null, "Halo");
        await host.FinishedAsync(campaign);

        Assert.Equal(4, simulator.Inbox.Messages.Count);
        Assert.Equal(["sms-simulator"], await host.ListAsync<string>("SELECT DISTINCT provider FROM deliveries WHERE campaign_id = @campaign", new { campaign }));
    }
}

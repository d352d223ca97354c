using System.Collections.Concurrent;
using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Campaign.Tests.Campaigns;

[Collection(CampaignCollection.Name)]
public sealed class SendingTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>A campaign that a failed test leaves behind must not go out through the next test's relay.</summary>
    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Each_recipient_gets_one_mail_with_two_senders_and_every_chunk_delivered_twice()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 200);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMilliseconds(2)) : null };
        await using var first = await SenderHost.StartAsync(host, relay);
        await using var second = await SenderHost.StartAsync(host, relay);

        var campaign = await host.LaunchAsync(tag);
        var chunks = await Eventually.Answers(async () =>
        {
            var rows = await host.ListAsync<int>("SELECT k.seq FROM chunks k JOIN campaigns c ON c.id = k.campaign_id WHERE c.id = @campaign AND c.dispatched_at IS NOT NULL", new { campaign });
            return rows.Count > 0 ? rows : null;
        });
        foreach (var seq in chunks) await host.Bus.PublishAsync(new SendEmailChunk(campaign, 1, seq), CampaignHost.NewId());
        await host.FinishedAsync(campaign);

        var recipients = relay.Contents.Select(content => Relay.Header(content, "To")).ToArray();
        Assert.Equal(200, recipients.Length);
        Assert.Equal(200, recipients.Distinct().Count());
        Assert.Equal(200, relay.MessageIds().Distinct().Count());
        Assert.True(await host.QueryAsync<long>("SELECT count(DISTINCT worker) FROM deliveries WHERE campaign_id = @campaign", new { campaign }) == 2, "Both senders take part.");
        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal(200, statistics.GetProperty("sent").GetInt64());
        Assert.Equal(0, statistics.GetProperty("unknown").GetInt64());
        await host.CountersAgreeAsync(campaign);
        await Eventually.Holds(() =>
        {
            var told = host.Bus.Seen<MessagesSent>().Where(sent => sent.CampaignId == campaign).SelectMany(sent => sent.Messages).ToArray();
            Assert.Equal(200, told.Select(message => message.DeliveryId).Distinct().Count());
            return Task.CompletedTask;
        });
    }

    /// <summary>A claim that waits for a lock must not keep the sign of life of its own sender from being given.</summary>
    [Fact]
    public async Task A_lease_is_renewed_while_a_claim_under_it_waits()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 3);
        var campaign = await host.LaunchAsync(tag);
        await Eventually.Holds(async () => Assert.Equal(3, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND state = 'planned'", new { campaign })));
        await host.ListAsync<int>( // whom the claim skips it counts in the chunk's row, which is locked below
            "UPDATE audience SET consent_email = false WHERE customer_id = (SELECT min(customer_id::text)::uuid FROM deliveries WHERE campaign_id = @campaign) RETURNING 1", new { campaign });
        await using var holder = await host.Database.OpenConnectionAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("SELECT 1 FROM chunks WHERE campaign_id = @campaign FOR UPDATE", new { campaign }, holding);

        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        await Eventually.Holds(async () => Assert.Equal(1, await host.QueryAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH lease%'", null)));
        var before = await host.QueryAsync<DateTime>("SELECT max(lease_until) FROM sender_leases", null);
        await Eventually.Holds(async () => Assert.True(await host.QueryAsync<DateTime>("SELECT max(lease_until) FROM sender_leases", null) > before.AddSeconds(1)), TimeSpan.FromSeconds(10));

        await holding.CommitAsync();
        await host.FinishedAsync(campaign);
        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal((2, 0), (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("unknown").GetInt64()));
        Assert.Equal(2, relay.MessageIds().Distinct().Count());
    }

    [Fact]
    public async Task A_mail_is_personal_in_the_recipients_language_with_tracked_link_and_one_click_unsubscription()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 2);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        await host.FinishedAsync(await host.LaunchAsync(tag));

        var mails = await PythonMailReader.ReadAsync(relay.Contents);

        Assert.Equal(["Halo Budi <0>", "Hello Budi <1>"], mails.Select(mail => mail.Subject).Order());
        Assert.All(mails, mail =>
        {
            Assert.Empty(mail.Defects);
            Assert.Equal(["text/plain", "text/html"], mail.Parts.Select(part => part.Type));
            Assert.Contains("Halo Budi", mail.Parts[0].Body, StringComparison.Ordinal);
            Assert.Contains("http://localhost:8080/t/", mail.Parts[0].Body, StringComparison.Ordinal);
            Assert.Contains("href=\"http://localhost:8080/t/", mail.Parts[1].Body, StringComparison.Ordinal);
            Assert.DoesNotContain("toko.example/promo", mail.Parts[1].Body, StringComparison.Ordinal);
            Assert.StartsWith("<http://localhost:8080/p/unsubscribe/", Assert.Single(mail.HeaderValues("List-Unsubscribe")), StringComparison.Ordinal);
            Assert.Equal("List-Unsubscribe=One-Click", Assert.Single(mail.HeaderValues("List-Unsubscribe-Post")));
            Assert.EndsWith("@mail.toko.example>", Assert.Single(mail.HeaderValues("Message-ID")), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_sender_killed_in_the_middle_leaves_its_claims_unknown_and_the_rest_is_sent_once_by_another()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 60);
        var hang = true;
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities)
        {
            // From the 21st message on the relay takes the content and says nothing.
            Script = step => hang && step is { Name: "CONTENT", Occurrence: > 20 } ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMinutes(5)) : null,
        };
        Guid campaign;
        using (var process = SenderHost.StartProcess(SenderHost.Settings(host, relay)))
        {
            try
            {
                campaign = await host.LaunchAsync(tag);
                await Eventually.Holds(async () =>
                {
                    Assert.False(process.HasExited);
                    Assert.True(await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND state = 'sent'", new { campaign }) >= 10);
                    Assert.True(relay.WireContents.Count > 20);
                }, TimeSpan.FromSeconds(90)); // a process starts cold
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync();
            }
        }

        hang = false;
        await using var survivor = await SenderHost.StartAsync(host, relay);
        await host.FinishedAsync(campaign);

        var statistics = await host.StatisticsAsync(campaign);
        var unknown = statistics.GetProperty("unknown").GetInt64();
        Assert.InRange(unknown, 1, 2 * 10); // slots times micro-batch
        Assert.Equal(unknown, statistics.GetProperty("unknownBy").GetProperty("sender_lost").GetInt64());
        Assert.Equal(60 - unknown, statistics.GetProperty("sent").GetInt64());
        await host.CountersAgreeAsync(campaign);

        // The desk tells of the one that was lost, and of the one that works.
        var senders = (await host.ClientFor(Roles.Ops).GetAsync("/api/campaign/v1/senders?limit=200").OkJsonAsync()).GetProperty("items").EnumerateArray().ToList();
        Assert.Contains(senders, one => one.GetProperty("state").GetString() == "lost" && one.GetProperty("unknown").GetInt64() == unknown && one.GetProperty("lostAt").ValueKind == JsonValueKind.String);
        Assert.Contains(senders, one => one.GetProperty("state").GetString() == "working" && one.GetProperty("lostAt").ValueKind == JsonValueKind.Null);
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.SalesRep).GetAsync("/api/campaign/v1/senders").ProblemAsync());

        var tokens = host.Services.GetService(typeof(TrackingTokens)) as TrackingTokens;
        var arrived = relay.MessageIds();
        Assert.Equal(arrived.Count, arrived.Distinct().Count());
        var sent = await host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'sent'", new { campaign });
        Assert.All(sent, delivery => Assert.Contains($"<{tokens!.MessageId(delivery)}>", arrived));
    }

    [Fact]
    public async Task A_sender_that_is_stopped_in_the_middle_leaves_nothing_unknown_and_another_sends_the_rest_once()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 100);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMilliseconds(20)) : null };
        Guid campaign;
        int atStop;
        await using (await SenderHost.StartAsync(host, relay))
        {
            campaign = await host.LaunchAsync(tag);
            await Eventually.Holds(() => Task.FromResult(relay.WireContents.Count > 15 ? 0 : throw new InvalidOperationException("Not begun.")));
            atStop = relay.WireContents.Count;
        }

        Assert.InRange(atStop, 16, 99);
        Assert.Equal(0, (await host.StatisticsAsync(campaign)).GetProperty("sending").GetInt64());
        await using var successor = await SenderHost.StartAsync(host, relay);
        await host.FinishedAsync(campaign);

        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal((100, 0), (statistics.GetProperty("sent").GetInt64(), statistics.GetProperty("unknown").GetInt64()));
        Assert.Equal(100, relay.WireContents.Count);
        Assert.Equal(100, relay.MessageIds().Distinct().Count());
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_pause_stops_within_the_micro_batch_and_a_resume_sends_the_rest_once()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 120);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMilliseconds(20)) : null };
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag);
        await Eventually.Holds(() => Task.FromResult(relay.WireContents.Count > 5 ? 0 : throw new InvalidOperationException("Nothing sent yet.")));

        await host.ActAsync(campaign, "pause");
        var atPause = relay.WireContents.Count;
        await Eventually.Holds(async () => Assert.Equal(0, (await host.StatisticsAsync(campaign)).GetProperty("sending").GetInt64()));
        var afterPause = relay.WireContents.Count;
        await Task.Delay(1_500);

        Assert.InRange(afterPause - atPause, 0, 2 * 10 + 2); // what the slots had claimed
        Assert.Equal(afterPause, relay.WireContents.Count);
        Assert.True(afterPause < 120);
        Assert.Equal(120 - afterPause, (await host.StatisticsAsync(campaign)).GetProperty("planned").GetInt64());

        await host.ActAsync(campaign, "resume");
        await host.FinishedAsync(campaign);
        Assert.Equal(120, relay.MessageIds().Distinct().Count());
        Assert.Equal(120, relay.WireContents.Count);
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task Who_withdraws_consent_while_the_campaign_is_sent_is_not_written_to()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 50);
        using var answering = new ManualResetEventSlim();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities)
        {
            // Says nothing to the first message, so that one micro-batch is on the wire and the rest of the chunk waits behind it.
            Script = step => step.Name == "CONTENT" && !answering.Wait(TimeSpan.FromSeconds(60)) ? new ScriptedReply(null) : null,
        };
        await using var sender = await SenderHost.StartAsync(host, relay, ("Send:Slots", "1"));
        var campaign = await host.LaunchAsync(tag);
        await Eventually.Holds(async () =>
        {
            var progress = await host.StatisticsAsync(campaign);
            Assert.Equal((50, true), (progress.GetProperty("recipients").GetInt64(), progress.GetProperty("sending").GetInt64() > 0));
        });

        var leaving = await host.ListAsync<Guid>("SELECT customer_id FROM deliveries WHERE campaign_id = @campaign AND state = 'planned' ORDER BY customer_id DESC LIMIT 5", new { campaign });
        foreach (var customer in leaving)
        {
            var withdrawal = new ConsentState("email", "marketing", false, CampaignHost.Registered.AddDays(1));
            await host.Bus.PublishAsync(new ConsentChanged(CampaignHost.NewId(), CampaignHost.Registered, customer, withdrawal, "v1", "agent"), CampaignHost.NewId());
        }

        await Eventually.Holds(async () => Assert.Equal(
            5, await host.QueryAsync<long>("SELECT count(*) FROM audience WHERE customer_id = ANY(@leaving) AND NOT consent_email", new { leaving = leaving.ToArray() })));
        answering.Set();
        await host.FinishedAsync(campaign);

        Assert.Equal(45, relay.WireContents.Count);
        Assert.Equal(
            ["skipped"], await host.ListAsync<string>("SELECT DISTINCT state FROM deliveries WHERE campaign_id = @campaign AND customer_id = ANY(@leaving)", new { campaign, leaving = leaving.ToArray() }));
        Assert.Equal(5, (await host.StatisticsAsync(campaign)).GetProperty("skippedBy").GetProperty("no_consent").GetInt64());
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_refused_recipient_fails_one_put_off_is_tried_again_and_a_lost_reply_is_unknown()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 4);
        var seen = new ConcurrentDictionary<string, int>();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities)
        {
            Script = step =>
            {
                if (step.Name != "RCPT") return null;
                var again = seen.AddOrUpdate(step.Line, 1, (_, times) => times + 1) > 1;
                if (step.Line.Contains(".1@", StringComparison.Ordinal)) return new ScriptedReply("550 5.1.1 no such user");
                return step.Line.Contains(".2@", StringComparison.Ordinal) && !again ? new ScriptedReply("451 4.2.1 later") : null;
            },
        };
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag);
        await host.FinishedAsync(campaign);

        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal(3, statistics.GetProperty("sent").GetInt64());
        Assert.Equal(1, statistics.GetProperty("failedBy").GetProperty("recipient_rejected").GetInt64());
        Assert.Equal(3, relay.MessageIds().Distinct().Count());
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task A_reply_that_never_comes_leaves_exactly_that_message_unknown_and_it_is_not_sent_again()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 10);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step is { Name: "CONTENT", Occurrence: 3 } ? new ScriptedReply(null) : null };
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag);
        await host.FinishedAsync(campaign);

        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal(9, statistics.GetProperty("sent").GetInt64());
        Assert.Equal(1, statistics.GetProperty("unknownBy").GetProperty("reply_lost").GetInt64());
        Assert.Equal(10, relay.MessageIds().Distinct().Count());
        Assert.Equal(10, relay.WireContents.Count);
    }

    [Fact]
    public async Task The_hold_out_gets_nothing_and_is_the_same_when_it_is_computed_again()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 150);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag, holdout: 20);
        await host.FinishedAsync(campaign);

        var held = await host.ListAsync<Guid>("SELECT customer_id FROM deliveries WHERE campaign_id = @campaign AND reason = 'holdout'", new { campaign });
        var all = await host.ListAsync<Guid>("SELECT customer_id FROM deliveries WHERE campaign_id = @campaign", new { campaign });
        Assert.Equal(held.Order(), all.Where(customer => Domain.Holdout.Contains(campaign, customer, 20)).Order());
        Assert.InRange(held.Count, 10, 55); // 30 expected, 5 standard deviations
        Assert.Equal(150 - held.Count, relay.WireContents.Count);
    }

    [Fact]
    public async Task Without_anybody_to_write_to_a_launch_is_refused()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 2, number => CampaignHost.Customer(tag, number, consent: false));
        var campaign = await host.CreateCampaignAsync(tag);

        Assert.Equal((422, "campaign.no_recipients", "segmentId"), await host.Marketer.PostAsync($"/api/campaign/v1/campaigns/{campaign}/launch", new { }).ProblemAsync());
    }

    [Fact]
    public async Task A_campaign_is_launched_once()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1);
        var campaign = await host.LaunchAsync(tag);

        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PostAsync($"/api/campaign/v1/campaigns/{campaign}/launch", new { }).ProblemAsync());
        await host.ActAsync(campaign, "cancel");
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Inbound;

[Collection(CampaignCollection.Name)]
public sealed class InboundTests(CampaignHost host)
{
    [Fact]
    public async Task A_hard_bounce_by_smtp_ends_writing_to_the_address_and_is_told_once()
    {
        var sent = await SentAsync();
        // The return path that went out is the one that the bounce comes back to.
        Assert.Contains(sent.Commands, command => command.StartsWith($"MAIL FROM:<{sent.ReturnPath}>", StringComparison.Ordinal));
        await using var client = await ReceiverClient.ConnectAsync(host.ReceiverPort);
        var mail = Mail("hard_bounce--postfix-user-unknown", sent);

        Assert.Equal("250", (await client.SendAsync("", sent.ReturnPath, mail))[..3]);
        Assert.Equal("250", (await client.SendAsync("", sent.ReturnPath, mail))[..3]);

        Assert.Equal("bounced", await SuppressionAsync(sent.Customer));
        Assert.StartsWith("bounced hard 5.1.1 550 5.1.1", Assert.Single(await ResponsesAsync(sent.Delivery)), StringComparison.Ordinal);
        await ToldAsync(sent, ResponseKind.Bounced, "hard");
        var refused = await host.Marketer.PostAsync($"/api/campaign/v1/campaigns/{await host.CreateCampaignAsync(sent.Tag)}/launch", new { });
        Assert.Equal("campaign.no_recipients", (await CodedAsync(refused)).Item2);
    }

    [Fact]
    public async Task A_mail_to_the_address_of_List_Unsubscribe_ends_the_subscription_and_no_other_does()
    {
        var sent = await SentAsync();
        var address = Paths.WriteUnsubscribe(sent.Delivery)!;
        await using var client = await ReceiverClient.ConnectAsync(host.ReceiverPort);
        var mail = Encoding.UTF8.GetBytes($"From: sri@example.com\r\nTo: {address}\r\nSubject: unsubscribe\r\n\r\n\r\n");

        // Not by a return path, nor by another delivery's signature, nor by a mail that could not be delivered.
        var refused = await client.CommandsAsync("EHLO client.test", "MAIL FROM:<sri@example.com>", $"RCPT TO:<u+{sent.ReturnPath[2..]}>", "RSET");
        Assert.StartsWith("550 5.1.1", refused[2], StringComparison.Ordinal);
        await PostAsync(Mail("hard_bounce--qmail", sent with { Delivery = CampaignHost.NewId() }), "", address);
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM suppressions WHERE customer_id = @Customer", sent));

        Assert.Equal("250", (await client.SendAsync("sri@example.com", address, mail))[..3]);
        Assert.Equal("250", (await client.SendAsync("sri@example.com", address.ToUpperInvariant(), [.. mail, .. "stop"u8]))[..3]);

        Assert.Equal("email unsubscribed", await host.QueryAsync<string>("SELECT channel || ' ' || reason FROM suppressions WHERE customer_id = @Customer", sent));
        Assert.Equal("unsubscribed  ", Assert.Single(await ResponsesAsync(sent.Delivery)));
        await ToldAsync(sent, ResponseKind.Unsubscribed, null);
        Assert.Equal(["unsubscribe", "unsubscribe"], await host.ListAsync<string>("SELECT kind FROM inbound_mail WHERE delivery_id = @Delivery", sent));

        // A mail system's pipe that does not know the envelope: the mail says whom it was for.
        var other = await SentAsync();
        var piped = Encoding.UTF8.GetBytes($"From: sri@example.com\r\nTo: <{Paths.WriteUnsubscribe(other.Delivery)}>\r\nSubject: unsubscribe\r\n\r\n");
        Assert.Equal("unsubscribe", (await PostAsync(piped, "sri@example.com")).GetProperty("kind").GetString());
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM suppressions WHERE customer_id = @Customer", other));
    }

    [Fact]
    public async Task Every_mail_names_both_ways_to_unsubscribe()
    {
        var sent = await SentAsync();
        var field = Relay.Header(sent.Content, "List-Unsubscribe");

        Assert.Equal($"<{Tokens.UnsubscribeUrl(sent.Delivery)}>, <mailto:{Paths.WriteUnsubscribe(sent.Delivery)!.Replace("+", "%2B", StringComparison.Ordinal)}>", field);
        Assert.Equal("List-Unsubscribe=One-Click", Relay.Header(sent.Content, "List-Unsubscribe-Post"));
    }

    [Fact]
    public async Task What_comes_back_for_an_unknown_delivery_shows_that_it_was_sent()
    {
        var sent = await SentAsync();
        await host.ListAsync<int>("UPDATE deliveries SET state = 'unknown', reason = 'worker_lost', sent_at = NULL WHERE delivery_id = @Delivery RETURNING 1", sent);
        await host.ListAsync<int>("UPDATE chunks SET sent = 0, unknown = 1 WHERE campaign_id = (SELECT campaign_id FROM deliveries WHERE delivery_id = @Delivery) RETURNING 1", sent);

        await PostAsync(Mail("hard_bounce--postfix-user-unknown", sent), "");

        Assert.Equal("sent settled: hard_bounce came back", await host.QueryAsync<string>("SELECT state || ' ' || reply FROM deliveries WHERE delivery_id = @Delivery", sent));
        Assert.Equal("1 0", await host.QueryAsync<string>("SELECT sent || ' ' || unknown FROM chunks WHERE campaign_id = (SELECT campaign_id FROM deliveries WHERE delivery_id = @Delivery)", sent));
        Assert.StartsWith("bounced hard", Assert.Single(await ResponsesAsync(sent.Delivery)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stripped_bounce_is_known_by_its_return_path_alone()
    {
        var sent = await SentAsync();
        await using var client = await ReceiverClient.ConnectAsync(host.ReceiverPort);

        Assert.Equal("250", (await client.SendAsync("", sent.ReturnPath.ToUpperInvariant(), "Subject: returned mail\r\n\r\nno such user\r\n"u8.ToArray()))[..3]);

        Assert.Equal("bounced", await SuppressionAsync(sent.Customer));
    }

    [Fact]
    public async Task Soft_bounces_suppress_when_there_were_several_of_different_messages()
    {
        var first = await SentAsync();
        var deliveries = new List<Guid> { first.Delivery };
        for (var i = 0; i < 2; i++) deliveries.Add(await LaunchAgainAsync(first.Tag));

        foreach (var delivery in deliveries[..2])
        {
            await PostAsync(Mail("soft_bounce--postfix-mailbox-full", first with { Delivery = delivery }), "");
            await PostAsync(Mail("soft_bounce--postfix-expired", first with { Delivery = delivery }), "");
        }

        Assert.Null(await SuppressionAsync(first.Customer));
        await PostAsync(Mail("soft_bounce--postfix-mailbox-full", first with { Delivery = deliveries[2] }), "");
        Assert.Equal("bounced_softly", await SuppressionAsync(first.Customer));
        await host.CancelAllAsync();
    }

    [Fact]
    public async Task A_complaint_suppresses_at_once_and_a_reply_or_a_responder_does_not()
    {
        var sent = await SentAsync();

        var reply = await PostAsync(Mail("reply--plain", sent), "sri@example.com");
        var automatic = await PostAsync(Mail("automatic_reply--rfc3834", sent), "sri@example.com");
        Assert.Equal(("reply", "automatic_reply"), (reply.GetProperty("kind").GetString(), automatic.GetProperty("kind").GetString()));
        Assert.Null(await SuppressionAsync(sent.Customer));
        await ToldAsync(sent, ResponseKind.Replied, null);

        Assert.Equal("complaint", (await PostAsync(Mail("complaint--arf-full", sent), "fbl@provider.example")).GetProperty("kind").GetString());
        Assert.Equal("complained", await SuppressionAsync(sent.Customer));
        await ToldAsync(sent, ResponseKind.Complained, null);
        Assert.Equal("complained", await host.QueryAsync<string>("SELECT reason FROM suppressions WHERE customer_id = @Customer", sent));
        Assert.Equal(["complained  abuse", "replied  "], await ResponsesAsync(sent.Delivery));
        // What a person wrote is nowhere in the database.
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM inbound_quarantine q JOIN inbound_mail m USING (id) WHERE m.delivery_id = @Delivery", sent));
    }

    [Fact]
    public async Task What_cannot_be_understood_or_is_nobodys_is_put_aside_with_the_reason_and_the_next_mail_is_taken()
    {
        var nobody = Corpus.Mail("hard_bounce--qmail", CampaignHost.NewId(), Paths, Tokens);
        var junk = RandomNumberGenerator.GetBytes(2000);
        var forged = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(nobody).Replace("b+", "b+x", StringComparison.Ordinal) + CampaignHost.NewId());

        Assert.Equal("no_delivery", (await PostAsync(nobody, "")).GetProperty("quarantined").GetString());
        Assert.Equal("no_header", (await PostAsync([.. "\n"u8, .. junk], "")).GetProperty("quarantined").GetString());
        Assert.Equal("no_delivery", (await PostAsync(forged, "")).GetProperty("quarantined").GetString());

        var listed = await host.ClientFor(Roles.Ops).GetAsync("/api/campaign/v1/inbound-quarantine?limit=3").OkJsonAsync();
        Assert.Equal(["no_delivery", "no_header", "no_delivery"], listed.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("reason").GetString()));
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Marketer.GetAsync("/api/campaign/v1/inbound-quarantine")).StatusCode);
    }

    [Fact]
    public async Task The_receiver_relays_nothing_and_keeps_to_its_limits()
    {
        var sent = await SentAsync();
        await using var client = await ReceiverClient.ConnectAsync(host.ReceiverPort);

        Assert.Contains("SIZE 65536", await client.CommandAsync("EHLO client.test"), StringComparison.Ordinal);
        Assert.StartsWith("503", await client.CommandAsync($"RCPT TO:<{sent.ReturnPath}>"), StringComparison.Ordinal);
        Assert.StartsWith("552", await client.CommandAsync("MAIL FROM:<> SIZE=70000"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.CommandAsync("MAIL FROM:<> BODY=8BITMIME"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.7.1", await client.CommandAsync("RCPT TO:<somebody@elsewhere.example>"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1", await client.CommandAsync($"RCPT TO:<b+{new string('a', 48)}@{Paths.Domain}>"), StringComparison.Ordinal);
        Assert.StartsWith("503", await client.CommandAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.CommandAsync($"RCPT TO:<{sent.ReturnPath}>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.CommandAsync($"RCPT TO:<postmaster@{Paths.Domain}>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.CommandAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("552", await client.CommandAsync(string.Concat(Enumerable.Repeat(new string('x', 78) + "\r\n", 1000)) + "."), StringComparison.Ordinal);
        // The dialogue is in step after the mail that was too large; commands may come at once.
        Assert.Equal(["250", "250", "354"], (await client.CommandsAsync("MAIL FROM:<>", $"RCPT TO:<{sent.ReturnPath}>", "DATA")).Select(reply => reply[..3]));
        Assert.StartsWith("250", await client.CommandAsync("From: postmaster@x.example\r\nSubject: undeliverable\r\n\r\n..\n.\nno such user\r\n."), StringComparison.Ordinal);
        Assert.Equal("bounced", await SuppressionAsync(sent.Customer));
        for (var i = 0; i < 5; i++) await client.CommandAsync("NONSENSE");
        Assert.StartsWith("421", await client.CommandAsync("NONSENSE", expectMore: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_drips_its_command_is_cut_off()
    {
        await using var client = await ReceiverClient.ConnectAsync(host.ReceiverPort);
        Assert.True(await client.IsCutOffWhileDrippingAsync("EHLO a-name-that-never-ends-"));
    }

    [Fact]
    public async Task A_signed_webhook_has_its_effect_once_and_an_unsigned_or_old_one_none()
    {
        var sent = await SentAsync();
        var body = JsonSerializer.Serialize(new object[]
        {
            new { type = "bounced", messageId = $"<{Tokens.MessageId(sent.Delivery)}>", status = "5.1.1", diagnostic = "550 5.1.1 unknown" },
            new { type = "complained", messageId = "somebody@elsewhere.example" },
        });
        var now = TimeProvider.System.GetUtcNow();

        Assert.Equal(HttpStatusCode.Unauthorized, (await HookAsync("mailer", "m1", now, body, key: new byte[32])).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await HookAsync("mailer", "m1", now.AddMinutes(-10), body)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await HookAsync("mailer", "m1", now.AddMinutes(10), body)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await HookAsync("stranger", "m1", now, body)).Status);
        Assert.Null(await SuppressionAsync(sent.Customer));
        var id = CampaignHost.NewId().ToString();
        Assert.Equal((HttpStatusCode.BadRequest, "inbound.events_invalid"), Coded(await HookAsync("mailer", id, now, "[{\"type\":\"exploded\",\"messageId\":\"x\"}]")));
        Assert.Equal((HttpStatusCode.BadRequest, "inbound.events_invalid"), Coded(await HookAsync("mailer", id, now, "{")));

        var (status, first) = await HookAsync("mailer", id, now, body);
        Assert.Equal((HttpStatusCode.OK, 1, 1, false), (status, first.GetProperty("applied").GetInt32(), first.GetProperty("passedOver").GetInt32(), first.GetProperty("duplicate").GetBoolean()));
        Assert.True((await HookAsync("mailer", id, now, body)).Body.GetProperty("duplicate").GetBoolean());
        Assert.Equal("bounced", await SuppressionAsync(sent.Customer));
        Assert.Single(await ResponsesAsync(sent.Delivery));
    }

    [Fact]
    public async Task Only_who_may_hands_mail_in_and_its_size_is_limited()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(host.Marketer, "x"u8.ToArray(), null)).StatusCode);
        Assert.Equal((HttpStatusCode.BadRequest, "inbound.mail_too_large"), await CodedAsync(await SendAsync(host.ClientFor(Roles.Integration), new byte[70_000], null)));
        Assert.Equal((HttpStatusCode.BadRequest, "inbound.mail_empty"), await CodedAsync(await SendAsync(host.ClientFor(Roles.Integration), [], null)));
    }

    private sealed record Sent(string Tag, Guid Campaign, Guid Customer, Guid Delivery, string ReturnPath, string[] Commands, byte[] Content);

    private TrackingTokens Tokens => host.Services.GetRequiredService<TrackingTokens>();

    private ReturnPaths Paths => host.Services.GetRequiredService<ReturnPaths>();

    private byte[] Mail(string name, Sent sent) => Corpus.Mail(name, sent.Delivery, Paths, Tokens);

    private async Task<Sent> SentAsync()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1)).Single().CustomerId;
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag);
        await host.FinishedAsync(campaign);
        var delivery = await host.QueryAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign", new { campaign });
        return new Sent(tag, campaign, customer, delivery, Paths.Write(delivery, ""), [.. relay.Commands], relay.Contents[0]);
    }

    /// <summary>The same people once more, as if it had been sent.</summary>
    private async Task<Guid> LaunchAgainAsync(string tag)
    {
        var campaign = await host.LaunchAsync(tag);
        var delivery = Guid.Empty;
        await Eventually.Holds(async () => Assert.NotEqual(Guid.Empty, delivery = await host.QueryAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign", new { campaign })));
        await host.ListAsync<int>("UPDATE deliveries SET email = (SELECT email FROM audience a WHERE a.customer_id = deliveries.customer_id) WHERE delivery_id = @delivery RETURNING 1", new { delivery });
        return delivery;
    }

    private Task<string?> SuppressionAsync(Guid customer) => host.QueryAsync<string>(
        "SELECT reason FROM suppressed_addresses WHERE channel = 'email' AND address = (SELECT lower(email) FROM audience WHERE customer_id = @customer)", new { customer });

    private Task<IReadOnlyList<string>> ResponsesAsync(Guid delivery) => host.ListAsync<string>(
        """
        SELECT concat(kind, ' ', bounce, ' ', detail) FROM responses
        WHERE delivery_id = @delivery AND kind IN ('bounced', 'complained', 'replied', 'unsubscribed') ORDER BY 1
        """,
        new { delivery });

    private Task ToldAsync(Sent sent, ResponseKind kind, string? bounce) => Eventually.Holds(() =>
    {
        var told = Assert.Single(host.Bus.Seen<CampaignResponded>(), responded => responded.DeliveryId == sent.Delivery && responded.Kind == kind);
        Assert.Equal((sent.Customer, sent.Campaign, bounce), (told.CustomerId, told.CampaignId, told.Bounce));
        return Task.CompletedTask;
    });

    private async Task<JsonElement> PostAsync(byte[] mail, string? sender, string? recipient = null) =>
        await Task.FromResult(await SendAsync(host.ClientFor(Roles.Integration), mail, sender, recipient)).OkJsonAsync();

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, byte[] mail, string? sender, string? recipient = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/campaign/v1/inbound-mail" + (sender is null ? "" : "?sender=" + Uri.EscapeDataString(sender) + (recipient is null ? "" : "&recipient=" + Uri.EscapeDataString(recipient))));
        request.Content = new ByteArrayContent(mail);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("message/rfc822");
        request.Headers.Add("Idempotency-Key", CampaignHost.NewId().ToString());
        return await client.SendAsync(request);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> HookAsync(string provider, string id, DateTimeOffset at, string body, byte[]? key = null)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/p/provider-events/{provider}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,AAAA v1,{Convert.ToBase64String(HMACSHA256.HashData(key ?? CampaignHost.ProviderKey, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")))}");
        using var response = await host.Anonymous().SendAsync(request);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()));
    }

    private static (HttpStatusCode, string?) Coded((HttpStatusCode Status, JsonElement Body) answer) => (answer.Status, answer.Body.GetProperty("code").GetString());

    private static async Task<(HttpStatusCode, string?)> CodedAsync(HttpResponseMessage response) =>
        (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("code").GetString());
}

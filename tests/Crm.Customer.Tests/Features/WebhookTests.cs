using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Customer.Domain.Webhooks;
using Crm.Customer.Features.Webhooks;
using Crm.OutboundHttp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class WebhookTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Subscriptions = "/api/customer/v1/webhook-subscriptions";
    private const string Deliveries = "/api/customer/v1/webhook-deliveries";

    [Fact]
    public async Task An_event_is_delivered_signed_naming_only_ids_and_repeated_after_failures()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answers.Enqueue(500);
        receiver.Answers.Enqueue(302);
        var (subscription, secret) = await SubscribeAsync(receiver, "customers.registered");
        var id = await host.RegisterIdAsync(new { displayName = Unique("Kait"), email = "hook@example.com" });
        await Eventually.Holds(async () => Assert.Equal("delivered", (await DeliveryAsync(subscription, id)).GetProperty("state").GetString()));

        var mine = receiver.Received.Where(message => message.Body.Contains(id.ToString(), StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, mine.Length);
        Assert.Single(mine.Select(message => message.Id).Distinct());
        Assert.All(mine, message => Assert.Equal("v1," + Hmac(secret, $"{message.Id}.{message.Timestamp}.{message.Body}"), message.Signature));
        var body = JsonSerializer.Deserialize<JsonElement>(mine[0].Body);
        Assert.Equal(("customers.registered", id), (body.GetProperty("type").GetString(), body.GetProperty("data").GetProperty("customers")[0].GetProperty("customerId").GetGuid()));
        Assert.DoesNotContain("hook@example.com", mine[0].Body, StringComparison.Ordinal);
        Assert.Equal((3, 200), ((await DeliveryAsync(subscription, id)).GetProperty("attempts").GetInt32(), (await DeliveryAsync(subscription, id)).GetProperty("lastStatus").GetInt32()));
    }

    [Fact]
    public async Task What_fails_to_the_end_is_dead_and_can_be_replayed_and_a_receiver_that_is_gone_is_switched_off()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        foreach (var status in new[] { 500, 500, 500 }) receiver.Answers.Enqueue(status);
        var (subscription, _) = await SubscribeAsync(receiver, "customer.merged");
        var sent = await Ops.PostAsync($"{Subscriptions}/{subscription}/tests", new { }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal(("dead", 3), await StateAsync()));
        Assert.Equal(3, receiver.Received.Count);
        await Ops.PostAsync($"{Deliveries}/{sent.GetProperty("id").GetGuid()}/replay", new { }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal(("delivered", 1), await StateAsync()));

        receiver.Answers.Enqueue(410);
        await Ops.PostAsync($"{Subscriptions}/{subscription}/tests", new { }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.False((await Ops.GetAsync($"{Subscriptions}/{subscription}").OkJsonAsync()).GetProperty("isActive").GetBoolean()));
        Assert.Equal((404, "customer.webhook_delivery_not_found", null), await Ops.PostAsync($"{Deliveries}/{subscription}/replay", new { }).ProblemAsync());

        async Task<(string?, int)> StateAsync()
        {
            var row = (await Ops.GetAsync($"{Subscriptions}/{subscription}/deliveries").OkJsonAsync()).GetProperty("items").EnumerateArray().Single(item => item.GetProperty("id").GetGuid() == sent.GetProperty("id").GetGuid());
            return (row.GetProperty("state").GetString(), row.GetProperty("attempts").GetInt32());
        }
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_sign()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var (subscription, before) = await SubscribeAsync(receiver, "customer.merged");
        await Ops.PostAsync($"{Subscriptions}/{subscription}/secret-rotations", new { }).OkJsonAsync();
        var after = await SecretAsync($"{Subscriptions}/{subscription}");
        Assert.NotEqual(Convert.ToBase64String(before), Convert.ToBase64String(after));
        await Ops.PostAsync($"{Subscriptions}/{subscription}/tests", new { }).OkJsonAsync();
        await Eventually.Holds(() =>
        {
            var message = Assert.Single(receiver.Received);
            var content = $"{message.Id}.{message.Timestamp}.{message.Body}";
            Assert.Equal($"v1,{Hmac(after, content)} v1,{Hmac(before, content)}", message.Signature);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_name_is_judged_by_where_it_leads_when_it_is_connected_to()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        using var http = WebhookConnections.Client(new WebhookOptions());
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync(receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), JsonContent.Create(new { })));
        Assert.IsType<RefusedAddressException>(refused.InnerException);
        Assert.Empty(receiver.Received);
        using var inside = WebhookConnections.Client(new WebhookOptions { AllowPrivateAddresses = true });
        Assert.Equal(200, (int)(await inside.PostAsync(receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), JsonContent.Create(new { }))).StatusCode);
    }

    [Fact]
    public async Task An_address_that_is_not_to_be_called_is_refused_when_it_is_written_down_and_when_it_is_called()
    {
        Assert.Equal((422, "customer.webhook_url_refused", "url"), await Ops.PostAsync(Subscriptions, new { url = "http://169.254.169.254/latest", eventTypes = new[] { "customer.merged" } }).ProblemAsync());
        Assert.Equal((400, "customer.value_unknown", "eventTypes[0]"), await Ops.PostAsync(Subscriptions, new { url = "https://example.com/", eventTypes = new[] { "everything" } }).ProblemAsync());
        var id = (await Ops.PostAsync(Subscriptions, new { url = "https://example.com/", eventTypes = new[] { "customer.merged" } }).OkJsonAsync()).GetProperty("id").GetGuid();
        // As if the name had led elsewhere when it was written down.
        await using (var command = host.Database.CreateCommand($"UPDATE webhook_subscriptions SET url = 'http://0.0.0.0:1/' WHERE id = '{id}'")) await command.ExecuteNonQueryAsync();
        await Ops.PostAsync($"{Subscriptions}/{id}/tests", new { }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal(
            "address_refused", (await Ops.GetAsync($"{Subscriptions}/{id}/deliveries?state=dead").OkJsonAsync()).GetProperty("items")[0].GetProperty("lastFailure").GetString()));
        Assert.Equal(403, (int)(await host.ClientFor(Roles.Integration).GetAsync(Subscriptions)).StatusCode);
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("https://example.com:8443/")]
    [InlineData("https://user:pw@example.com/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://localhost/")]
    [InlineData("https://internal/")]
    [InlineData("file:///etc/passwd")]
    public void An_address_inside_is_refused_when_it_is_written_down(string url) => Assert.False(WebhookConnections.MayBe(url, allowPrivate: false, out _));

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    public void Only_the_public_internet_is_connected_to(string address, bool allowed) => Assert.Equal(allowed, OutboundAddress.IsAllowed(System.Net.IPAddress.Parse(address), Reach.Public));

    [Fact]
    public void The_signature_is_that_of_the_specification() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.Sign([Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), "{\"test\": 2432232314}"u8));

    [Fact]
    public async Task A_signed_message_is_taken_in_once_and_one_that_is_forged_old_or_foreign_is_not()
    {
        var source = Unique("partner");
        await Ops.PutAsync($"/api/customer/v1/webhook-sources/{source}", JsonContent.Create(new { })).OkJsonAsync();
        var secret = await SecretAsync($"/api/customer/v1/webhook-sources/{source}");
        var body = """{"externalId":"P-1","kind":"other","fields":{"displayName":"Dari Mitra","city":"Medan"}}""";
        var first = await SendAsync(source, secret, "m1", body).OkJsonAsync();
        Assert.Equal("created", first.GetProperty("outcome").GetString());
        Assert.Equal("repeated", (await SendAsync(source, secret, "m1", body.Replace("Medan", "Palu", StringComparison.Ordinal)).OkJsonAsync()).GetProperty("outcome").GetString());
        Assert.Equal("Medan", (await host.GetAsync($"{Customers}/{first.GetProperty("customerId").GetGuid()}")).GetProperty("address").GetProperty("city").GetString());

        var invalid = (401, "customer.webhook_signature_invalid", (string?)null);
        Assert.Equal(invalid, await SendAsync(source, new byte[32], "m2", body).ProblemAsync());
        Assert.Equal(invalid, await SendAsync(source, secret, "m2", body, age: TimeSpan.FromMinutes(10)).ProblemAsync());
        Assert.Equal(invalid, await SendAsync(source, secret, "m2", body, age: TimeSpan.FromMinutes(-10)).ProblemAsync());
        Assert.Equal(invalid, await SendAsync("nobody", secret, "m2", body).ProblemAsync());
        Assert.Equal((400, "customer.name_required", "fields.displayName"), await SendAsync(source, secret, "m3", """{"externalId":"P-2","kind":"other","fields":{}}""").ProblemAsync());
        Assert.Equal((400, "request.malformed", null), await SendAsync(source, secret, "m3", "{").ProblemAsync() with { Field = null });
        Assert.Equal("created", (await SendAsync(source, secret, "m3", body.Replace("P-1", "P-2", StringComparison.Ordinal)).OkJsonAsync()).GetProperty("outcome").GetString());

        await Ops.PostAsync($"/api/customer/v1/webhook-sources/{source}/secret-rotations", new { }).OkJsonAsync();
        Assert.Equal("unchanged", (await SendAsync(source, secret, "m4", body).OkJsonAsync()).GetProperty("outcome").GetString());
        Assert.Equal("unchanged", (await SendAsync(source, await SecretAsync($"/api/customer/v1/webhook-sources/{source}"), "m5", body).OkJsonAsync()).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Sources_are_listed_page_by_page_for_operators_only()
    {
        const string path = "/api/customer/v1/webhook-sources";
        string[] sources = [Unique("list-b"), Unique("list-a"), Unique("list-c")];
        foreach (var source in sources) await Ops.PutAsync($"{path}/{source}", JsonContent.Create(new { isActive = source != sources[0] })).OkJsonAsync();
        var seen = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await Ops.GetAsync($"{path}?limit=2{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}").OkJsonAsync();
            Assert.InRange(page.GetProperty("items").GetArrayLength(), 1, 2);
            seen.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        var mine = seen.Where(one => sources.Contains(one.GetProperty("name").GetString())).Select(one => (one.GetProperty("name").GetString()!, one.GetProperty("isActive").GetBoolean()));
        Assert.Equal([(sources[1], true), (sources[0], false), (sources[2], true)], mine);
        Assert.All(seen, one => Assert.EndsWith("/p/webhooks/" + one.GetProperty("name").GetString(), one.GetProperty("url").GetString(), StringComparison.Ordinal));
        Assert.Equal(403, (int)(await host.Rep().GetAsync(path)).StatusCode);
    }

    private HttpClient Ops => host.ClientFor(Roles.Ops);

    private async Task<HttpResponseMessage> SendAsync(string source, byte[] secret, string id, string body, TimeSpan age = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/p/webhooks/" + source) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        var at = (TimeProvider.System.GetUtcNow() - age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", at);
        request.Headers.Add("webhook-signature", "v1,AAAA v1," + Hmac(secret, $"{id}.{at}.{body}"));
        return await host.Anonymous().SendAsync(request);
    }

    private async Task<(Guid Id, byte[] Secret)> SubscribeAsync(WebhookReceiver receiver, string type)
    {
        var id = (await Ops.PostAsync(Subscriptions, new { url = receiver.Url, eventTypes = new[] { type } }).OkJsonAsync()).GetProperty("id").GetGuid();
        return (id, await SecretAsync($"{Subscriptions}/{id}"));
    }

    private async Task<byte[]> SecretAsync(string path) =>
        Convert.FromBase64String((await Ops.GetAsync(path + "/secret").OkJsonAsync()).GetProperty("value").GetString()!["whsec_".Length..]);

    private async Task<JsonElement> DeliveryAsync(Guid subscription, Guid customer) =>
        (await Ops.GetAsync($"{Subscriptions}/{subscription}/deliveries").OkJsonAsync()).GetProperty("items").EnumerateArray().Single(item => item.GetProperty("body").GetString()!.Contains(customer.ToString(), StringComparison.Ordinal));

    private static string Hmac(byte[] secret, string content) => Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(content)));
}

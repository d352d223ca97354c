using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Crm.Testing;

namespace Crm.Campaign.Tests.Channels;

[Collection(CampaignCollection.Name)]
public sealed class ReceiptTests(CampaignHost host)
{
    private const string Path = "/p/provider-receipts/sms-simulator";

    [Fact]
    public async Task What_is_not_signed_in_the_last_five_minutes_is_refused()
    {
        var body = """{"receiptId":"r","reference":"0198b0b4-0000-7000-8000-000000000001","status":"delivered"}""";
        Assert.Equal((401, "campaign.receipt_signature", null), await PostAsync(body, signature: new string('0', 64)).ProblemAsync());
        Assert.Equal((401, "campaign.receipt_signature", null), await PostAsync(body, signature: "nonsense").ProblemAsync());
        Assert.Equal((401, "campaign.receipt_signature", null), await PostAsync(body, age: TimeSpan.FromMinutes(6)).ProblemAsync());
        Assert.Equal((401, "campaign.receipt_signature", null), await PostAsync(body, age: TimeSpan.FromMinutes(-6)).ProblemAsync());
        Assert.Equal((401, "campaign.receipt_signature", null), await PostAsync(body, timestamp: "99999999999999999999").ProblemAsync());
        Assert.Equal((404, "campaign.provider_not_found", null), await PostAsync(body, path: "/p/provider-receipts/nobody").ProblemAsync());
    }

    [Theory]
    [InlineData("""{"status":"delivered"}""")]
    [InlineData("""{"id":"x"}""")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("")]
    public async Task What_is_no_receipt_is_refused(string body) => Assert.Equal((400, "campaign.receipt_malformed", null), await PostAsync(body).ProblemAsync());

    [Fact]
    public async Task One_for_a_message_that_is_not_settled_is_asked_for_again_and_one_that_is_on_the_way_changes_nothing()
    {
        using var early = await PostAsync($$"""{"receiptId":"r1","reference":"{{CampaignHost.NewId()}}","status":"delivered"}""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "2"), (early.StatusCode, early.Headers.GetValues("Retry-After").Single()));
        using var onTheWay = await PostAsync($$"""{"receiptId":"r2","reference":"{{CampaignHost.NewId()}}","status":"queued"}""");
        Assert.Equal(HttpStatusCode.NoContent, onTheWay.StatusCode);
    }

    [Fact]
    public async Task More_than_a_provider_needs_to_say_is_not_read() => Assert.Equal((413, "request.too_large", null), await PostAsync(new string('x', 70_000)).ProblemAsync());

    private Task<HttpResponseMessage> PostAsync(string body, TimeSpan age = default, string? signature = null, string? timestamp = null, string path = Path)
    {
        timestamp ??= (TimeProvider.System.GetUtcNow() - age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Timestamp", timestamp);
        request.Headers.Add("X-Signature", signature ?? Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromBase64String(SimulatorHost.Secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}"))));
        return host.Anonymous().SendAsync(request);
    }
}

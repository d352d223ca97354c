using Crm.Campaign.Tests.Smtp;
using Crm.Testing;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class TestSendTests(CampaignHost host)
{
    [Fact]
    public async Task A_test_goes_to_the_test_list_only_marked_untracked_and_not_counted()
    {
        var address = $"uji-{CampaignHost.NewTag()}@toko.example";
        await host.Marketer.PostAsync("/api/campaign/v1/test-recipients", new { email = address, name = "Uji Coba" }).OkJsonAsync();
        Assert.Equal((409, "campaign.test_recipient_exists", "email"), await host.Marketer.PostAsync("/api/campaign/v1/test-recipients", new { email = address.ToUpperInvariant(), name = "x" }).ProblemAsync());
        var template = await host.Marketer.PostAsync("/api/campaign/v1/templates", new
        {
            name = "t",
            contents = new { id = new { subject = "Halo {{firstName}}", html = "<p>x</p><a href=\"https://toko.example/promo\">Promo</a>" }, en = new { subject = "Hi {{firstName}}", html = "<p>x</p>" } },
        }).OkJsonAsync();
        var path = $"/api/campaign/v1/templates/{template.GetProperty("id").GetGuid()}/test-sends";
        var before = await host.QueryAsync<long>("SELECT count(*) FROM deliveries");
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);

        Assert.Equal(
            (422, "campaign.not_a_test_recipient", "recipients[1]"),
            await host.Marketer.PostAsync(path, new { recipients = new[] { address, "customer@example.com" }, senderName = "Toko", fromAddress = "promo@toko.example" }).ProblemAsync());
        await host.Marketer.PostAsync(path, new { recipients = new[] { address }, senderName = "Toko", fromAddress = "promo@toko.example" }).OkJsonAsync();
        await Eventually.Holds(async () =>
        {
            var sends = (await host.Marketer.GetAsync(path).OkJsonAsync()).GetProperty("items").EnumerateArray().ToArray();
            Assert.Equal(["sent", "sent"], sends.Select(send => send.GetProperty("state").GetString()));
        });

        var mails = await PythonMailReader.ReadAsync(relay.Contents);
        Assert.Equal(["[Test] Hi Siti", "[Uji] Halo Siti"], mails.Select(mail => mail.Subject).Order());
        Assert.All(mails, mail => Assert.Equal(address, mail.To.Single()[1]));
        Assert.Contains(mails, mail => mail.Parts[1].Body.Contains("href=\"https://toko.example/promo\"", StringComparison.Ordinal));
        Assert.DoesNotContain(mails, mail => mail.Parts[1].Body.Contains("/t/", StringComparison.Ordinal));
        Assert.Equal(before, await host.QueryAsync<long>("SELECT count(*) FROM deliveries"));
    }
}

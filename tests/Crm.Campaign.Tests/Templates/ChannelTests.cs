using Crm.Campaign.Delivery.Templates;
using Crm.Testing;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class ChannelTests(CampaignHost host)
{
    private const string Templates = "/api/campaign/v1/templates";

    [Fact]
    public async Task A_short_message_is_a_text_with_its_price_in_segments_and_a_preview_for_a_person()
    {
        var customer = (await host.RegisterAsync(CampaignHost.NewTag(), 1)).Single();
        var template = await host.Marketer.PostAsync(Templates, new
        {
            name = "sms",
            channel = "sms",
            contents = new { id = new { text = "Halo {{firstName}}, promo: {{link \"https://toko.example/promo\"}}" }, en = new { text = "Hi {{firstName}} 🎁" } },
        }).OkJsonAsync();

        var sms = template.GetProperty("sms");
        Assert.Equal(("gsm7", 1), (sms.GetProperty("id").GetProperty("encoding").GetString(), sms.GetProperty("id").GetProperty("segments").GetInt32()));
        Assert.Equal(("ucs2", "🎁"), (sms.GetProperty("en").GetProperty("encoding").GetString(), sms.GetProperty("en").GetProperty("notGsm7").GetString()));
        Assert.Equal("sms", (await host.Marketer.GetAsync($"{Templates}/{template.GetProperty("id").GetGuid()}").OkJsonAsync()).GetProperty("channel").GetString());
        var preview = await host.Marketer.PostAsync($"{Templates}/{template.GetProperty("id").GetGuid()}/preview", new { customerId = customer.CustomerId }).OkJsonAsync();
        Assert.Equal("Halo Budi, promo: https://toko.example/promo", preview.GetProperty("text").GetString());
        Assert.Equal("", preview.GetProperty("html").GetString());
        Assert.Equal(44, preview.GetProperty("sms").GetProperty("units").GetInt32());
    }

    [Theory]
    [InlineData("sms", """{"text":"x","html":"<p>x</p>"}""", "campaign.part_not_for_channel", "contents.id.html")]
    [InlineData("sms", """{"text":"x","subject":"x"}""", "campaign.part_not_for_channel", "contents.id.subject")]
    [InlineData("push", """{"subject":"x"}""", "campaign.text_missing", "contents.id.text")]
    [InlineData("push", """{"subject":"a\r\nb","text":"x"}""", "campaign.subject_invalid", "contents.id.subject")]
    [InlineData("post", """{"text":"{{shoeSize}}"}""", "campaign.unknown_merge_field", "contents.id.text")]
    [InlineData("post", """{"text":"{{link \"javascript:alert(1)\"}}"}""", "campaign.link_invalid", "contents.id.text")]
    [InlineData("email", """{"subject":"x","text":"x"}""", "campaign.html_missing", "contents.id.html")]
    [InlineData("fax", """{"text":"x"}""", "campaign.unknown_channel", "channel")]
    public async Task A_text_that_its_channel_cannot_carry_is_refused(string channel, string content, string code, string field) => Assert.Equal(
        (422, code, field),
        await host.Marketer.PostAsync(Templates, $$$"""{"name":"t","channel":"{{{channel}}}","contents":{"id":{{{content}}} } }""").ProblemAsync());

    [Theory]
    [InlineData("sms", 1_540, "campaign.sms_too_long")]
    [InlineData("pos", 501, "campaign.text_too_long")]
    public async Task A_text_too_long_for_its_channel_is_refused(string channel, int length, string code)
    {
        object Template(int characters) => new { name = "t", channel, contents = new { en = new { text = new string('x', characters) } } };

        Assert.Equal((422, code, "contents.en.text"), await host.Marketer.PostAsync(Templates, Template(length)).ProblemAsync());
        await host.Marketer.PostAsync(Templates, Template(length - 10)).OkJsonAsync();
    }

    [Fact]
    public async Task A_template_stays_on_its_channel_and_a_campaign_takes_none_of_another()
    {
        var template = await host.Marketer.PostAsync(Templates, new { name = "t", channel = "sms", contents = new { id = new { text = "Halo" } } }).OkJsonAsync();
        var segment = await host.Marketer.PostAsync("/api/campaign/v1/segments", new { name = "s", criteria = new { field = "purchaseCount", op = "gt", value = 0 } }).OkJsonAsync();
        var id = template.GetProperty("id").GetGuid();

        Assert.Equal(
            (409, "campaign.template_channel_fixed", "channel"),
            await host.Marketer.PutAsync($"{Templates}/{id}", new { name = "t", channel = "push", contents = new { id = new { text = "Halo" } } }, 1).ProblemAsync());
        Assert.Equal(
            (422, "campaign.template_channel", "templateId"),
            await host.Marketer.PostAsync("/api/campaign/v1/campaigns", new
            {
                name = "c", segmentId = segment.GetProperty("id").GetGuid(), templateId = id, senderName = "Toko", fromAddress = "promo@toko.example",
            }).ProblemAsync());
    }
}

public sealed class SmsSizeTests
{
    [Theory]
    [InlineData(160, "x", "gsm7", 160, 1)]
    [InlineData(161, "x", "gsm7", 161, 2)]
    [InlineData(306, "x", "gsm7", 306, 2)]
    [InlineData(307, "x", "gsm7", 307, 3)]
    [InlineData(80, "€", "gsm7", 160, 1)]
    [InlineData(153, "€", "gsm7", 306, 3)] // 76 whole characters fit into 153 septets, one is left over
    [InlineData(70, "ş", "ucs2", 70, 1)]
    [InlineData(71, "ş", "ucs2", 71, 2)]
    [InlineData(35, "🎁", "ucs2", 70, 1)]
    [InlineData(67, "🎁", "ucs2", 134, 3)] // 33 pairs fit into 67 units
    [InlineData(1, "é\n", "gsm7", 2, 1)]
    [InlineData(1, "`", "ucs2", 1, 1)]
    [InlineData(0, "x", "gsm7", 0, 1)]
    public void Counts_as_the_standard_does(int times, string what, string encoding, int units, int segments)
    {
        var size = SmsSize.Of(string.Concat(Enumerable.Repeat(what, times)));

        Assert.Equal((encoding, units, segments), (size.Encoding, size.Units, size.Segments));
    }
}

using Crm.Campaign.Delivery.Templates;
using Crm.Testing;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class TemplateTests(CampaignHost host)
{
    [Theory]
    [InlineData("Hi {{shoeSize}}", "<p>x</p>", "campaign.unknown_merge_field", "contents.id.subject")]
    [InlineData("Hi", "<p>{{#if cities}}x{{/if}}</p>", "campaign.unknown_merge_field", "contents.id.html")]
    [InlineData("Hi", "<p>{{{displayName}}}</p>", "campaign.unescaped_merge_field", "contents.id.html")]
    [InlineData("Hi", "<p>{{&displayName}}</p>", "campaign.template_syntax", "contents.id.html")]
    [InlineData("Hi", "<p>{{> partial}}</p>", "campaign.template_syntax", "contents.id.html")]
    [InlineData("Hi", "<p>{{lookup displayName city}}</p>", "campaign.template_syntax", "contents.id.html")]
    [InlineData("Hi", "<p>{{#if city}}x</p>", "campaign.template_syntax", "contents.id.html")]
    [InlineData("Hi", "<p>{{city</p>", "campaign.template_syntax", "contents.id.html")]
    [InlineData("Hi\r\nBcc: all@example.com", "<p>x</p>", "campaign.subject_invalid", "contents.id.subject")]
    [InlineData("Hi", "<a href=\"javascript:alert(1)\">x</a>", "campaign.link_invalid", "contents.id.html")]
    [InlineData("Hi", "<a href=\"https://toko.example/?c={{city}}\">x</a>", "campaign.merge_field_in_link", "contents.id.html")]
    public async Task A_text_that_may_not_be_sent_is_refused_and_nothing_is_stored(string subject, string html, string code, string field)
    {
        var before = await host.QueryAsync<long>("SELECT count(*) FROM templates");

        Assert.Equal(
            (422, code, field),
            await host.Marketer.PostAsync("/api/campaign/v1/templates", new { name = "t", contents = new { id = new { subject, html } } }).ProblemAsync());
        Assert.Equal(before, await host.QueryAsync<long>("SELECT count(*) FROM templates"));
    }

    [Fact]
    public async Task A_language_that_messages_do_not_have_is_refused() => Assert.Equal(
        (422, "campaign.unknown_language", "contents.fr"),
        await host.Marketer.PostAsync("/api/campaign/v1/templates", new { name = "t", contents = new { fr = new { subject = "s", html = "h" } } }).ProblemAsync());

    [Fact]
    public async Task A_preview_is_the_message_for_that_customer_with_values_encoded_in_the_html_only()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1)).Single();
        var template = await host.Marketer.PostAsync("/api/campaign/v1/templates", new
        {
            name = "t",
            contents = new { en = new { subject = "For {{displayName}}", html = "<h1>{{displayName}}</h1><p>{{#if city}}From {{city}}{{else}}Hello{{/if}}, {{points}} points</p><ul><li>One</li><li>Two</li></ul><a href='https://toko.example/x'>Shop</a>" } },
        }).OkJsonAsync();
        var path = $"/api/campaign/v1/templates/{template.GetProperty("id").GetGuid()}";

        var preview = await host.Marketer.PostAsync(path + "/preview", new { customerId = customer.CustomerId }).OkJsonAsync();

        Assert.Equal("en", preview.GetProperty("language").GetString()); // no Indonesian text: what there is
        Assert.Equal("For Budi <0>", preview.GetProperty("subject").GetString());
        var html = preview.GetProperty("html").GetString()!;
        Assert.Contains("<h1>Budi &lt;0&gt;</h1><p>From Bandung, 0 points</p>", html, StringComparison.Ordinal);
        Assert.Contains("Unsubscribe", html, StringComparison.Ordinal);
        var text = preview.GetProperty("text").GetString()!;
        Assert.StartsWith("Budi <0>\n\nFrom Bandung, 0 points\n", text, StringComparison.Ordinal);
        Assert.Contains("- One\n\n- Two".Replace("\n\n", "\n", StringComparison.Ordinal), text.Replace("\n\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("Shop (https://toko.example/x)", text, StringComparison.Ordinal);
        Assert.Equal("https://toko.example/x", Assert.Single(template.GetProperty("links").EnumerateArray()).GetString());
    }

    [Fact]
    public void The_same_target_has_one_number_in_all_languages()
    {
        var prepared = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent>
        {
            ["id"] = new("s", "<a href=\"https://a.example/\">1</a><a href=https://b.example/>2</a><a href=\"mailto:x@example.com\">3</a>"),
            ["en"] = new("s", "<a href='https://b.example/'>2</a>", "See {{link \"https://a.example/\"}}"),
        }).Value;

        Assert.Equal(["https://b.example/", "https://a.example/"], prepared.Links);
        Assert.Contains("<a href=\"{{link1}}\">1</a><a href={{link0}}>2</a><a href=\"mailto:x@example.com\">3</a>", prepared.Languages["id"].Html, StringComparison.Ordinal);
        Assert.StartsWith("See {{link1}}", prepared.Languages["en"].Text, StringComparison.Ordinal);
    }
}

using Crm.Campaign.Delivery.Templates;

namespace Crm.Campaign.Tests.Templates;

/// <summary>What a text may not do: run anything, load anything but images, collect anything, or let a recipient's name become markup.</summary>
public sealed class TemplateSafetyTests
{
    private static Crm.ServiceDefaults.Errors.Error? Refusal(string html, string subject = "s", string? text = null) =>
        TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["en"] = new(subject, html, text) }).Error;

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<SCRIPT SRC=//x.example/a.js></SCRIPT>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("<img/onerror=alert(1)/src=https://x.example/a.png>")]
    [InlineData("<svg onload=alert(1)></svg>")]
    [InlineData("<math></math>")]
    [InlineData("<form action=\"https://x.example\"><input name=p></form>")]
    [InlineData("<iframe src=\"https://x.example\"></iframe>")]
    [InlineData("<object data=\"https://x.example\"></object>")]
    [InlineData("<base href=\"https://x.example/\">")]
    [InlineData("<link rel=stylesheet href=\"https://x.example/a.css\">")]
    [InlineData("<meta http-equiv=refresh content=\"0;url=https://x.example\">")]
    [InlineData("<style>@import url(https://x.example/a.css);</style>")]
    [InlineData("<style>@im/**/port 'https://x.example/a.css';</style>")]
    [InlineData("<style>p { background: url(javascript:alert(1)) }</style>")]
    [InlineData("<p style=\"width: expression(alert(1))\">x</p>")]
    [InlineData("<p style=\"background: url(data:text/html,x)\">x</p>")]
    [InlineData("<p style=\"\\65 xpression(alert(1))\">x</p>")]
    [InlineData("<!--[if mso]><script>alert(1)</script><![endif]-->")]
    [InlineData("<img src=\"data:image/svg+xml,x\">")]
    [InlineData("<p title=\"x>y</p>")]
    [InlineData("<video src=\"https://x.example/a.mp4\"></video>")]
    public void Html_that_does_more_than_show_is_refused(string html)
    {
        var error = Refusal($"<p>ok</p>\n{html}")!;

        Assert.Equal(("campaign.html_not_allowed", "contents.en.html"), (error.Code, error.Field));
        Assert.StartsWith("Line 2, <", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<a href=\"javascript:alert(1)\">x</a>")]
    [InlineData("<a href=\"java&#10;script:alert(1)\">x</a>")]
    [InlineData("<a href=\" JaVaScRiPt:alert(1)\">x</a>")]
    [InlineData("<a href=\"data:text/html,x\">x</a>")]
    [InlineData("<a href=vbscript:x>x</a>")]
    [InlineData("<a href=\"https://user:pass@x.example/\">x</a>")]
    [InlineData("<area href=\"javascript:alert(1)\">")]
    public void A_link_leads_to_a_page(string html) => Assert.Equal("campaign.link_invalid", Refusal(html)!.Code);

    [Theory]
    [InlineData("<a title={{city}} href=\"https://x.example\">x</a>", "campaign.merge_field_in_tag")]
    [InlineData("<p {{city}}>x</p>", "campaign.merge_field_in_tag")]
    [InlineData("<p {{#if city}}class=\"a\"{{/if}}>x</p>", "campaign.merge_field_in_tag")]
    [InlineData("<p class=\"{{#if city}}a{{/if}}\">x</p>", "campaign.merge_field_in_tag")]
    [InlineData("<{{city}}script>x", "campaign.html_not_allowed")]
    [InlineData("<scr{{! x }}ipt>alert(1)</script>", "campaign.html_not_allowed")]
    [InlineData("<p style=\"color:{{city}}\">x</p>", "campaign.html_not_allowed")]
    [InlineData("<img src=\"https://x.example/{{city}}.png\">", "campaign.merge_field_in_link")]
    [InlineData("<a href=\"{{city}}\">x</a>", "campaign.merge_field_in_link")]
    [InlineData("<a href=\"java{{city}}script:alert(1)\">x</a>", "campaign.merge_field_in_link")]
    public void A_value_stands_only_where_encoding_makes_it_harmless(string html, string code) => Assert.Equal(code, Refusal(html)!.Code);

    [Theory]
    [InlineData("{{7*7}}")]
    [InlineData("{{constructor}}")]
    [InlineData("{{customer.passwordHash}}")]
    [InlineData("{{this}}")]
    [InlineData("{{../firstName}}")]
    [InlineData("{{@root.firstName}}")]
    [InlineData("{{#each items}}x{{/each}}")]
    [InlineData("{{#with city}}x{{/with}}")]
    [InlineData("{{log city}}")]
    [InlineData("{{firstName city}}")]
    [InlineData("{{#firstName}}x{{/firstName}}")]
    [InlineData("{{^if city}}x{{/if}}")]
    [InlineData("{{~firstName~}}")]
    [InlineData("{{link0}}")]
    [InlineData("{{openPixel}}")]
    [InlineData("{{#products 13}}{{name}}{{/products}}")]
    [InlineData("{{#products 2}}{{#products 2}}{{name}}{{/products}}{{/products}}")]
    [InlineData("{{name}}")]
    [InlineData("{{coupon \"../x\"}}")]
    [InlineData("{{#segment \"everybody\"}}x{{/segment}}")]
    public void What_is_not_in_the_language_is_refused_in_every_part(string expression)
    {
        Assert.NotNull(Refusal($"<p>{expression}</p>"));
        Assert.NotNull(Refusal("<p>x</p>", subject: expression));
        Assert.NotNull(Refusal("<p>x</p>", text: expression));
    }

    [Theory]
    [InlineData("${7*7} @(7*7) <%= 7*7 %> #{7*7} {7*7}")]
    [InlineData("&#123;&#123;7*7&#125;&#125; &#123;&#123;firstName&#125;&#125;")]
    public void Other_languages_and_disguised_braces_are_shown_as_they_are(string text)
    {
        var template = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["en"] = new("s", $"<p>{text.Replace("<", "&lt;", StringComparison.Ordinal)}</p>") }).Value;
        var message = new MessageTemplate("en", template.Languages["en"]).Preview(Recipient.Example, template.Links);

        Assert.DoesNotContain("49", message.Html + message.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Siti", message.Html + message.Text, StringComparison.Ordinal);
        Assert.Contains("7*7", message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_text_in_the_html_and_one_line_in_the_subject()
    {
        var template = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent>
        {
            ["en"] = new("Hi {{displayName}}", "<p title=\"{{displayName}}\">{{displayName}} {{#if city}}{{displayName}}{{/if}}</p>"),
        }).Value;
        var message = new MessageTemplate("en", template.Languages["en"])
            .Preview(Recipient.Example with { DisplayName = "A\r\nBcc: x@y.example <script>alert(1)</script> \" ' {{firstName}}" }, template.Links);

        Assert.DoesNotContain(message.Subject, char.IsControl);
        Assert.DoesNotContain("<script", message.Html, StringComparison.Ordinal);
        var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(message.Html);
        Assert.Equal(["title"], document.QuerySelector("p")!.Attributes.Select(attribute => attribute.Name));
        Assert.Contains("{{firstName}}", document.QuerySelector("p")!.TextContent, StringComparison.Ordinal);
    }
}

using System.Buffers;
using System.Text;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Templates;

public sealed class RenderingTests
{
    private static readonly TrackingTokens Tokens = new(Options.Create(new MessageOptions { LinkKey = Convert.ToBase64String(new byte[32]), PublicBaseUrl = new Uri("https://crm.example") }));

    private static readonly Gen<string> Values = Gen.Elements(
        "Budi", "", "a&b", "<b>", "\"quoted\"", "it's", "=1+1", "{{firstName}}", "{{{x}}}", "\\", "é日🎂", "`tick`", " ", "line\nbreak", "}}", "{").SelectMany(
        first => Gen.Elements("", "x", "&amp;", " \\{{city}} ").Select(second => first + second));

    private static readonly Gen<string> Pieces = Gen.Elements(
        "Hello ", "{{firstName}}", "{{displayName}}", "{{city}}", "{{points}}", "{{firstName \"You & <me>\"}}", "{{city \"\"}}", "{{custom.size \"M\"}}", "{{preference.color}}",
        "{{coupon \"welcome\"}}", "{{link \"https://toko.example/?a=1&b=2\"}}", "{{unsubscribeUrl}}", "{{! nothing }}", "\n", "  ", " }} ", "{ ", "\\ ", "&amp;", "\"", "é日🎂",
        "{{#if city}}in {{city}}{{else}}nowhere{{/if}}", "\n{{#unless city}}\nx\n{{/unless}}\n", "{{#products 2}}\n- {{name}} ({{sku}}) {{firstName}}\n{{/products}}");

    private static readonly Gen<(string[] Pieces, Recipient Recipient)> Cases =
        from pieces in Pieces.ArrayOf(12)
        from values in Values.ArrayOf(5)
        select (pieces, Recipient.Example with
        {
            GivenName = values[0],
            DisplayName = values[1],
            City = values[2],
            Extras = new RecipientExtras(
                new HashSet<Guid>(), new Dictionary<string, string> { ["welcome"] = "K-123" }, [new RecommendedProduct("S1", values[3], "c"), new RecommendedProduct("S2", "b", "c")],
                new Dictionary<string, string> { ["custom.size"] = values[4] }),
        });

    [Fact]
    public void Pieces_put_together_are_what_handlebars_makes() => Prop.ForAll(Cases.ToArbitrary(), example =>
    {
        var source = string.Concat(example.Pieces);
        if (!TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["en"] = new("Hi {{firstName}}", $"<p>{source}</p>", source + ".") }).TryGet(out var template, out var error))
        {
            // Braces or a backslash directly at an expression: refused when it is saved, not rendered in two ways.
            Assert.Equal("campaign.template_syntax", error.Code);
            return;
        }

        var content = template.Languages["en"];

        Assert.Equal(
            new MessageTemplate("en", content, template.Needs, pieces: false).Preview(example.Recipient, template.Links),
            new MessageTemplate("en", content, template.Needs).Preview(example.Recipient, template.Links));

        // As it is sent: octets, with the links of a delivery.
        var delivery = CampaignHost.NewId();
        foreach (var pieces in new[] { true, false })
        {
            var sent = new MessageTemplate("en", content, template.Needs, pieces);
            var (html, text) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
            var subject = sent.Write(example.Recipient, Tokens, delivery, template.Links.Count, html, text);
            Assert.Equal(
                sent.Render(example.Recipient, Tokens, delivery, template.Links.Count), new RenderedMessage(subject, Encoding.UTF8.GetString(html.WrittenSpan), Encoding.UTF8.GetString(text.WrittenSpan)));
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_fall_back_stands_for_an_empty_value_and_is_encoded_as_values_are()
    {
        var template = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent>
        {
            ["id"] = new("{{firstName \"Pelanggan\"}}", "<p>{{city \"kota & desa\"}}|{{custom.size \"M\"}}|{{preference.color}}|{{#if preference.color}}ya{{else}}tidak{{/if}}</p>"),
        }).Value;
        var render = new MessageTemplate("id", template.Languages["id"], template.Needs);

        var empty = render.Preview(Recipient.Example with { GivenName = "", City = null }, template.Links);
        Assert.Equal("Pelanggan", empty.Subject);
        Assert.StartsWith("<p>kota &amp; desa|M||tidak</p>", empty.Html, StringComparison.Ordinal);
        Assert.StartsWith("kota & desa|M||tidak", empty.Text, StringComparison.Ordinal);
        var full = render.Preview(
            Recipient.Example with { Extras = RecipientExtras.None with { Fields = new Dictionary<string, string> { ["custom.size"] = "XL", ["preference.color"] = "biru" } } }, template.Links);
        Assert.Equal("Siti", full.Subject);
        Assert.StartsWith("<p>Bandung|XL|biru|ya</p>", full.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_say_something_to_members_of_a_segment_and_list_products()
    {
        var segment = CampaignHost.NewId();
        var template = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent>
        {
            ["en"] = new("s", $$$"""<p>{{#segment "{{{segment}}}"}}VIP{{else}}Guest{{/segment}}</p><ul>{{#products 2}}<li>{{name}} for {{firstName}} <a href="https://toko.example/">see</a></li>{{/products}}</ul>"""),
        }).Value;
        var render = new MessageTemplate("en", template.Languages["en"], template.Needs);
        var products = new[] { "Kopi <1>", "Teh", "Gula" }.Select(name => new RecommendedProduct(name, name, "x")).ToArray();

        Assert.Equal([segment], template.Needs.Segments);
        Assert.Equal(2, template.Needs.Products);
        Assert.StartsWith("<p>Guest</p><ul></ul>", render.Preview(Recipient.Example, template.Links).Html, StringComparison.Ordinal);
        var member = render.Preview(
            Recipient.Example with { Extras = RecipientExtras.None with { Segments = new HashSet<Guid> { segment }, Products = products } }, template.Links);
        Assert.StartsWith(
            "<p>VIP</p><ul><li>Kopi &lt;1&gt; for Siti <a href=\"https://toko.example/\">see</a></li><li>Teh for Siti <a href=\"https://toko.example/\">see</a></li></ul>",
            member.Html, StringComparison.Ordinal);
        Assert.Contains("- Kopi <1> for Siti see (https://toko.example/)", member.Text, StringComparison.Ordinal);
    }
}

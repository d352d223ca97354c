using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AngleSharp.Html.Parser;
using Crm.Campaign.Delivery.Templates;

namespace Crm.Campaign.Tests.Templates;

public sealed class MjmlTests
{
    private static PreparedTemplate Prepared(string mjml) =>
        TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["id"] = new("Kabar", Mjml: mjml) }).Value;

    private static RenderedMessage Rendered(string mjml) =>
        Prepared(mjml) is var template ? new MessageTemplate("id", template.Languages["id"], template.Needs).Preview(Recipient.Example, template.Links) : null!;

    private static string In(string body) => $"<mjml><mj-body><mj-section><mj-column>\n{body}\n</mj-column></mj-section></mj-body></mjml>";

    [Fact]
    public async Task Columns_stand_side_by_side_on_a_wide_screen_and_stack_on_a_phone_and_nothing_overflows()
    {
        var (narrow, wide) = await MeasureAsync(Rendered(Newsletter.Mjml).Html);

        Assert.True(narrow.ScrollWidth <= 360, $"{narrow.ScrollWidth} px wide on a screen of 360");
        Assert.True(wide.ScrollWidth <= 800, $"{wide.ScrollWidth} px wide on a screen of 800");
        var (left, right) = (wide.Of("column-50")[0], wide.Of("column-50")[1]);
        Assert.Equal((300, 300), ((int)left.Width, (int)right.Width));
        Assert.Equal((100, 400), ((int)left.X, (int)right.X));
        Assert.Equal(left.Y, right.Y);
        var stacked = narrow.Of("column-50");
        Assert.All(stacked.Take(2), column => Assert.Equal((0, 360), ((int)column.X, (int)column.Width)));
        Assert.True(stacked[1].Y >= stacked[0].Y + stacked[0].Height, "The second column is below the first.");
        var group = narrow.Of("column-100").First(column => column.Text.Contains("Kiri", StringComparison.Ordinal));
        Assert.Contains("Kanan", group.Text, StringComparison.Ordinal);
        Assert.True(group.Height < 60, "The columns of a group stay side by side.");
        Assert.All(narrow.Columns.Concat(wide.Columns), column => Assert.True(column.X >= 0));
    }

    [Fact]
    public void The_html_is_tables_with_inline_styles_and_parts_for_outlook()
    {
        var html = Rendered(Newsletter.Mjml).Html;
        var document = new HtmlParser().ParseDocument(html);

        Assert.All(document.QuerySelectorAll("table").Where(table => table.QuerySelector("th") is null), table => Assert.Equal("presentation", table.GetAttribute("role")));
        Assert.Contains("<!--[if mso]><table role=\"presentation\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" align=\"center\" width=\"600\"", html, StringComparison.Ordinal);
        Assert.Contains("@media only screen and (min-width: 480px)", html, StringComparison.Ordinal);
        var text = document.QuerySelectorAll("div").Single(div => div.TextContent == "Halo Siti & keluarga");
        Assert.Equal("color:#0a7d4f;font-family:Verdana, sans-serif;font-size:16px;font-weight:bold;line-height:1.5;text-align:left", text.GetAttribute("style"));
        var image = document.QuerySelector("img[alt=Foto]")!;
        Assert.Equal("250", image.GetAttribute("width"));
        Assert.Equal("https://toko.example/promo?a=1&b=2", document.QuerySelectorAll("a").Single(link => link.TextContent == "Belanja sekarang").GetAttribute("href"));
        Assert.Equal("Kabar toko", document.Title);
        Assert.Contains("Toko di Bandung", document.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_and_the_links_come_from_the_same_source()
    {
        var template = Prepared(Newsletter.Mjml);
        var render = new MessageTemplate("id", template.Languages["id"], template.Needs);

        Assert.Equal(["https://toko.example/promo?a=1&b=2", "https://instagram.com/toko"], template.Links);
        var text = render.Preview(Recipient.Example, template.Links).Text;
        Assert.StartsWith("Selamat datang\n\nHalo Siti & keluarga\n\nAnda punya 12.500 poin.\nTerima kasih.\n\nBelanja sekarang (https://toko.example/promo?a=1&b=2)\n", text, StringComparison.Ordinal);
        Assert.Contains("Toko di Bandung", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Untuk Siti", text, StringComparison.Ordinal); // the preview line is for the list of messages
        Assert.DoesNotContain("Toko di", render.Preview(Recipient.Example with { City = null }, template.Links).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Inline_styles_go_to_the_elements_that_they_are_about_and_never_over_their_own()
    {
        var html = Rendered("""
            <mjml><mj-head>
              <mj-style inline="inline">
                /* the shop's look */
                .price, td.price { color: #b42318; font-weight: bold }
                .box .price b { color: green; font-style: italic }
                b { color: blue; text-decoration: underline !important }
              </mj-style>
              <mj-style>.price { letter-spacing: 1px }</mj-style>
            </mj-head><mj-body><mj-section css-class="box"><mj-column><mj-text>
              <p class="price">Rp 10.000 <b style="color: black; text-decoration: none">saja</b> <b>hari ini</b></p><img src="https://toko.example/a.png" alt="x"><b>lain</b>
            </mj-text></mj-column></mj-section></mj-body></mjml>
            """).Html;
        var document = new HtmlParser().ParseDocument(html);
        string Style(string text) => document.QuerySelectorAll("b").Single(element => element.TextContent == text).GetAttribute("style")!;

        Assert.Equal("color:#b42318;font-weight:bold", document.QuerySelector("p.price")!.GetAttribute("style"));
        Assert.Equal("font-style:italic;color:black;text-decoration:underline", Style("saja"));
        Assert.Equal("color:green;font-style:italic;text-decoration:underline", Style("hari ini"));
        Assert.Equal("color:blue;text-decoration:underline", Style("lain"));
        Assert.Contains(".price { letter-spacing: 1px }", html, StringComparison.Ordinal);
        Assert.DoesNotContain("the shop's look", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Outlook_gets_backgrounds_and_buttons_drawn_and_the_links_of_both_are_one()
    {
        const string mjml = """
            <mjml><mj-body>
              <mj-section background-url="https://toko.example/bg.png?a=1&amp;b=2" background-color="#eeeeee" background-size="cover" background-position="left 25%"><mj-column>
                <mj-button href="https://toko.example/promo" width="200px" border-radius="6px" border="2px solid #000000">Belanja {{firstName}}</mj-button>
                <mj-button href="https://toko.example/promo">Lain</mj-button>
              </mj-column></mj-section>
              <mj-wrapper full-width="full-width" background-url="https://toko.example/tile.png" background-repeat="repeat"><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-wrapper>
              <mj-hero background-url="https://toko.example/hero.png"><mj-text>y</mj-text></mj-hero>
            </mj-body></mjml>
            """;
        var template = Prepared(mjml);
        var html = Rendered(mjml).Html;

        Assert.Contains("""<v:rect xmlns:v="urn:schemas-microsoft-com:vml" fill="true" stroke="false" style="width:600px"><v:fill origin="0,0.25" position="0,0.25" src="https://toko.example/bg.png?a=1&amp;b=2" color="#eeeeee" type="frame" size="1,1" aspect="atleast" />""", html, StringComparison.Ordinal);
        Assert.Contains("""style="mso-width-percent:1000"><v:fill origin="0.5,0" position="0.5,0" src="https://toko.example/tile.png" type="tile" />""", html, StringComparison.Ordinal);
        Assert.Equal((3, 3), (Count("<v:rect "), Count("</v:rect>")));

        // 12 + 18 + 12 pixels high; the other button has no width, and stays a cell.
        Assert.Contains("""style="height:42px;width:200px;v-text-anchor:middle" arcsize="14%" strokecolor="#000000" strokeweight="2px" fillcolor="#1a56b0"><w:anchorlock/>""", html, StringComparison.Ordinal);
        Assert.Equal(1, Count("<v:roundrect "));
        Assert.Equal(["https://toko.example/promo"], template.Links);
        Assert.Equal(3, Count("href=\"https://toko.example/promo\""));

        // Other programs read none of it: one button of each, and the text says it once.
        var document = new HtmlParser().ParseDocument(html);
        Assert.Single(document.QuerySelectorAll("a"), link => link.TextContent.StartsWith("Belanja", StringComparison.Ordinal));
        Assert.Equal(1, Rendered(mjml).Text.Split("Belanja").Length - 1);

        int Count(string part) => html.Split(part).Length - 1;
    }

    [Theory]
    [InlineData("@media (max-width: 400px) { .a { color: red } }", "Line 1, <mj-style>: '@media (max-width: 400px)")]
    [InlineData("a:hover { color: red }", "Line 1, <mj-style>: 'a:hover' cannot be inlined")]
    [InlineData(".a > b { color: red }", "Line 1, <mj-style>: '.a > b' cannot be inlined")]
    [InlineData(".a { color: red", "Line 1, <mj-style>: '.a { color: red' cannot be inlined")]
    [InlineData(".a { background: url(javascript:alert(1)) }", "Line 1, <mj-style>: A style cannot have 'javascript:'")]
    public void What_cannot_be_inlined_is_refused_where_it_stands(string css, string message)
    {
        var mjml = $"<mjml><mj-head><mj-style inline=\"inline\">{css}</mj-style></mj-head><mj-body></mj-body></mjml>";
        Assert.StartsWith(message, TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["id"] = new("s", Mjml: mjml) }).Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<mj-txt>x</mj-txt>", "Line 2, <mj-txt>: There is no such element.")]
    [InlineData("<mj-raw><b>x</b></mj-raw>", "Line 2, <mj-raw>: Raw HTML")]
    [InlineData("<mj-section></mj-section>", "Line 2, <mj-section>: It cannot stand in <mj-column>")]
    [InlineData("<mj-text>a</mj-text>\n<mj-text colour=\"red\">x</mj-text>", "Line 3, <mj-text>: It has no attribute 'colour'.")]
    [InlineData("<mj-text color=\"red;position:fixed\">x</mj-text>", "Line 2, <mj-text>: color=\"red;position:fixed\" is not a color")]
    [InlineData("<mj-text\n  padding=\"1em\">x</mj-text>", "Line 2, <mj-text>: padding=\"1em\" is not one to four lengths")]
    [InlineData("<mj-text>a<br>\n<td>x</mj-text>", "Line 3, <mj-text>: <td> has no </td>.")]
    [InlineData("<mj-text></div></mj-text>", "Line 2, <mj-text>: </div> closes nothing.")]
    [InlineData("<mj-text>\n\n<script>alert(1)</script></mj-text>", "Line 4, <script>: This element is not sent.")]
    [InlineData("<mj-text><b onclick=\"x()\">x</b></mj-text>", "Line 2, <b>: The attribute 'onclick' is not sent.")]
    [InlineData("<mj-button href=\"javascript:alert(1)\">x</mj-button>", "Line 2, <mj-button>: href=\"javascript:alert(1)\" is not an http")]
    [InlineData("<mj-button href=\"https://x.example/{{city}}\">x</mj-button>", "Line 2, <mj-button>: href=")]
    [InlineData("<mj-image src=\"data:image/png;base64,AA\" />", "Line 2, <mj-image>: src=")]
    [InlineData("<mj-image alt=\"x\" />", "Line 2, <mj-image>: It needs src.")]
    [InlineData("<mj-image src=\"https://x.example/a.png\" alt=\"&#123;&#123;this&#125;&#125;\" />", "Line 2, <mj-image>: Braces are written as they are")]
    [InlineData("<mj-text mj-class=\"loud\">x</mj-text>", "Line 2, <mj-text>: There is no mj-class 'loud'")]
    [InlineData("stray", "Line 2, <mj-column>: Text belongs into <mj-text>.")]
    [InlineData("{{city}}", "Line 2, <mj-column>: Only blocks such as {{#if}} may stand here")]
    [InlineData("<mj-text>x", "Line 2, <mj-text>: It has no </mj-text>.")]
    [InlineData("</mj-body>", "Line 2, <mj-column>: Opened in line 1, it has to be closed first.")]
    [InlineData("<mj-text align=\"left\" align=\"right\">x</mj-text>", "Line 2, <mj-text>: The attribute 'align' is there twice.")]
    public void A_mistake_is_named_with_its_line_and_element(string body, string message)
    {
        var error = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["en"] = new("s", Mjml: In(body)) }).Error!;

        Assert.Equal(("campaign.mjml_invalid", "contents.en.mjml"), (error.Code, error.Field));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<mjml></mjml>", "Line 1, <mjml>: It needs one <mj-body>.")]
    [InlineData("<html></html>", "Line 1, <html>: There is no such element.")]
    [InlineData("<mjml><mj-head><mj-style>@import url(https://x.example/a.css);</mj-style></mj-head><mj-body></mj-body></mjml>", "Line 1, <mj-style>: A style cannot have '@import'.")]
    [InlineData("<mjml><mj-head><mj-font name=\"Inter\" href=\"https://fonts.example/css?family=Inter\" /></mj-head><mj-body></mj-body></mjml>", "Line 1, <mj-font>: href=")]
    [InlineData("<mjml><mj-body><mj-section><mj-column width=\"70%\"></mj-column><mj-column width=\"40%\"></mj-column></mj-section></mj-body></mjml>", "Line 1, <mj-section>: Its columns are 110 % wide altogether.")]
    [InlineData("<mjml><mj-body><mj-section padding=\"0 299px\"><mj-column></mj-column></mj-section></mj-body></mjml>", "Line 1, <mj-section>: Its paddings leave no room")]
    public void A_document_that_cannot_be_laid_out_is_refused(string mjml, string message) =>
        Assert.StartsWith(message, TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["id"] = new("s", Mjml: mjml) }).Error!.Message, StringComparison.Ordinal);

    private static async Task<(Geometry Narrow, Geometry Wide)> MeasureAsync(string html)
    {
        var page = Path.Combine(Path.GetTempPath(), $"mjml-{Environment.ProcessId}-{Path.GetRandomFileName()}.html");
        // A frame's media queries look at the frame: both screens in one page.
        await File.WriteAllTextAsync(page, $$"""
            <!doctype html><body>
            <iframe width="360" height="3000" style="border:0" srcdoc="{{WebUtility.HtmlEncode(html)}}"></iframe>
            <iframe width="800" height="3000" style="border:0" srcdoc="{{WebUtility.HtmlEncode(html)}}"></iframe>
            <pre id="result"></pre>
            <script>
            onload = () => {
              document.getElementById('result').textContent = 'RESULT' + JSON.stringify([...document.querySelectorAll('iframe')].map(frame => frame.contentDocument).map(page => ({
                scrollWidth: page.documentElement.scrollWidth,
                columns: [...page.querySelectorAll('[class^=column-]')].map(column => {
                  const box = column.getBoundingClientRect();
                  return { class: column.className, x: box.x, y: box.y, width: box.width, height: box.height, text: column.textContent };
                })
              }))) + 'END';
            };
            </script></body>
            """);
        try
        {
            using var chromium = Process.Start(new ProcessStartInfo("/usr/bin/chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
                "--virtual-time-budget=5000", "--dump-dom", "file://" + page,
            ])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = chromium.StandardError.ReadToEndAsync();
            var dom = await chromium.StandardOutput.ReadToEndAsync();
            await chromium.WaitForExitAsync();
            var (from, to) = (dom.IndexOf("RESULT[", StringComparison.Ordinal), dom.IndexOf("]END", StringComparison.Ordinal));
            Assert.True(from > 0 && to > from, $"Chromium measured nothing: {await errors}");
            var screens = JsonSerializer.Deserialize<Geometry[]>(WebUtility.HtmlDecode(dom[(from + 6)..(to + 1)]), JsonSerializerOptions.Web)!;
            return (screens[0], screens[1]);
        }
        finally
        {
            File.Delete(page);
        }
    }

    private sealed record Geometry(double ScrollWidth, Column[] Columns)
    {
        public Column[] Of(string name) => [.. Columns.Where(column => column.Class.Split(' ').Contains(name))];
    }

    private sealed record Column(string Class, double X, double Y, double Width, double Height, string Text);
}

using System.Net;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain.Templates;
using Crm.Campaign.LinkChecks;
using Crm.OutboundHttp;
using Crm.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class TemplateCheckTests(CampaignHost host)
{
    [Theory]
    [InlineData("BESOK DISKON BESAR", "<p>x {{unsubscribeUrl}}</p>", "subject_capitals")]
    [InlineData("Hadiah!!", "<p>x</p>", "subject_exclamation")]
    [InlineData("Halo", "<p>x</p>", "unsubscribe_added")]
    [InlineData("Halo", "<img src=\"https://x.example/a.png\"><a href=\"{{unsubscribeUrl}}\">x</a>", "images_without_alt")]
    [InlineData("Halo", "<img alt=a src=\"https://x.example/a.png\"><a href=\"{{unsubscribeUrl}}\">x</a>", "mostly_images")]
    [InlineData("Halo", "<p>Segera klik tautan ini</p>", "suspicious_words")]
    [InlineData("Halo", "<a href=\"https://bit.ly/x\">x</a>", "url_shortener")]
    [InlineData("Halo", "<a href=\"http://toko.example/\">x</a>", "link_not_https")]
    [InlineData("Halo", "<a href=\"https://evil.example/\">www.bank.example</a>", "link_misleading")]
    public void What_filters_take_amiss_is_found(string subject, string html, string code)
    {
        Assert.Contains(Found(subject, html), finding => finding.Code == code);
        Assert.All(Found(subject, html), finding => Assert.True(finding is { MessageId.Length: > 0, MessageEn.Length: > 0, Severity: "info" or "warning" or "error" }));
    }

    [Fact]
    public void A_decent_message_has_no_findings() => Assert.Empty(Found(
        "Kabar toko bulan ini",
        "<p>" + string.Concat(Enumerable.Repeat("Kopi dari Gayo sudah datang. ", 20)) + "</p><img alt=\"Kopi\" src=\"https://toko.example/a.png\"><a href=\"https://www.toko.example/x\">toko.example</a><a href=\"{{unsubscribeUrl}}\">Berhenti</a>"));

    [Fact]
    public void A_message_that_would_be_cut_is_found() => Assert.Contains(
        Found("Halo", $"<p>{new string('x', 103 * 1024)}</p>"), finding => finding is { Code: "html_clipped", Severity: "error" });

    [Fact]
    public async Task The_checks_name_broken_links_and_what_is_missing_in_both_languages()
    {
        var template = await host.Marketer.PostAsync("/api/campaign/v1/templates", new
        {
            name = "t", contents = new { id = new { subject = "PROMO BESAR SEKALI", html = "<a href=\"https://127.0.0.1/a\">x</a> <a href=\"http://localhost:9/b\">y</a>" } },
        }).OkJsonAsync();

        var checks = await host.Marketer.PostAsync($"/api/campaign/v1/templates/{template.GetProperty("id").GetGuid()}/checks", new { }).OkJsonAsync();

        var findings = checks.GetProperty("findings").EnumerateArray().Select(finding => (finding.GetProperty("code").GetString(), finding.GetProperty("language").GetString())).ToArray();
        Assert.Contains(("subject_capitals", "id"), findings);
        Assert.Contains(("language_missing", "en"), findings);
        Assert.Equal(2, findings.Count(finding => finding.Item1 == "link_refused"));
    }

    private static TemplateFinding[] Found(string subject, string html)
    {
        var written = new TemplateContent(subject, html);
        var template = TemplatePreparation.Prepare(new Dictionary<string, TemplateContent> { ["id"] = written }).Value;
        return [.. TemplateChecks.Find("email", "id", written, new MessageTemplate("id", template.Languages["id"], template.Needs).Preview(Recipient.Example, template.Links), template.Links)];
    }
}

public sealed class LinkCheckerTests
{
    private static LinkChecker Checker(bool allowPrivate, string environment = "Development") => new(
        Options.Create(new LinkCheckOptions { AllowPrivate = allowPrivate, Timeout = TimeSpan.FromSeconds(2), MaxLinks = 20 }), new Named(environment), TimeProvider.System);

    [Fact]
    public async Task A_link_is_asked_as_people_would_and_redirects_are_followed_a_little()
    {
        await using var site = await Site.StartAsync();
        using var checker = Checker(allowPrivate: true);

        var verdicts = (await checker.CheckAsync([.. new[] { "/ok", "/no-head", "/gone", "/moved", "/loop", "/to-ftp", "/silent", "/no-target" }.Select(path => site.Base + path)], CancellationToken.None))
            .ToDictionary(verdict => verdict.Url[site.Base.Length..], verdict => verdict.Verdict);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["/ok"] = "ok", ["/no-head"] = "ok", ["/gone"] = "broken", ["/moved"] = "ok", ["/loop"] = "broken", ["/to-ftp"] = "refused", ["/silent"] = "unreachable", ["/no-target"] = "broken",
            },
            verdicts);
        Assert.Equal("unreachable", (await checker.CheckAsync(["http://localhost:1/"], CancellationToken.None)).Single().Verdict);
    }

    [Theory]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://localhost/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://127.1/")]
    [InlineData("https://0.0.0.0/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("https://192.168.0.1/")]
    [InlineData("https://[fd00::1]/")]
    [InlineData("https://[fe80::1]/")]
    [InlineData("https://[64:ff9b::7f00:1]/")]
    [InlineData("http://198.41.0.4/")]
    [InlineData("https://198.41.0.4:5432/")]
    [InlineData("https://user@198.41.0.4/")]
    public async Task No_request_leaves_for_an_address_that_is_not_public_or_not_https(string url)
    {
        using var checker = Checker(allowPrivate: false);
        using var production = Checker(allowPrivate: true, "Production");

        Assert.Equal("refused", (await checker.CheckAsync([url], CancellationToken.None)).Single().Verdict);
        Assert.Equal("refused", (await production.CheckAsync([url], CancellationToken.None)).Single().Verdict);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.16.0.0", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("100.64.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::", false)]
    [InlineData("ff02::1", false)]
    public void An_address_is_public_or_not(string address, bool isPublic) => Assert.Equal(isPublic, OutboundAddress.IsAllowed(IPAddress.Parse(address), Reach.Public));

    private sealed class Named(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;
        public string ApplicationName { get; set; } = "campaign";
        public string ContentRootPath { get; set; } = "/";
        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }

    private sealed class Site(WebApplication app) : IAsyncDisposable
    {
        public string Base => app.Urls.Single();

        public static async Task<Site> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            app.Run(http =>
            {
                var path = http.Request.Path.Value!;
                if (path == "/silent") return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
                if (path is "/moved" or "/loop" or "/to-ftp") http.Response.Headers.Location = path switch { "/moved" => "/ok", "/loop" => "/loop", _ => "ftp://127.0.0.1/x" };
                http.Response.StatusCode = path switch
                {
                    "/ok" => 200,
                    "/no-head" => http.Request.Method == "HEAD" ? 405 : 200,
                    "/gone" => 404,
                    _ => 302,
                };
                return Task.CompletedTask;
            });
            await app.StartAsync();
            return new Site(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}

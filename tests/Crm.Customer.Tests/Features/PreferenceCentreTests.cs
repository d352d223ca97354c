using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed partial class PreferenceCentreTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task The_page_shows_and_only_a_post_changes_and_a_withdrawal_is_out_within_seconds()
    {
        var (id, path) = await LinkAsync(new { displayName = "<b>Sari</b>", language = "en", consents = new[] { Marketing("email"), Marketing("sms") } });
        using var anonymous = host.Anonymous();
        var page = await anonymous.GetAsync(path);
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("<html lang=\"en\">", html, StringComparison.Ordinal);
        Assert.Contains("name=\"marketing.email\" checked", html, StringComparison.Ordinal);
        Assert.All(Crm.Customer.Domain.ConsentDecision.Channels, channel => Assert.Contains($"name=\"marketing.{channel}\"", html, StringComparison.Ordinal));
        Assert.DoesNotContain("Sari", html, StringComparison.Ordinal);
        Assert.Contains("<html lang=\"id\">", await anonymous.GetStringAsync(path + "?lang=id"), StringComparison.Ordinal);
        Assert.Equal(["email", "sms"], await GrantedAsync(id));

        var watch = Stopwatch.StartNew();
        using var saved = await anonymous.PostAsync(path, Form(html, "marketing.sms"));
        Assert.Contains("Your choices are saved", await saved.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["sms"], await GrantedAsync(id));
        await Eventually.Holds(() =>
        {
            var change = Assert.Single(host.Bus.Seen<ConsentChanged>(), message => message.CustomerId == id);
            Assert.Equal(("email", false, "preference-centre"), (change.Consent.Channel, change.Consent.Granted, change.CaptureSource));
            return Task.CompletedTask;
        });
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public async Task Stop_everything_withdraws_all_and_a_page_that_is_out_of_date_changes_nothing()
    {
        var (id, path) = await LinkAsync(new { displayName = "Sari", consents = new[] { Marketing("email"), Marketing("sms") } });
        using var anonymous = host.Anonymous();
        var old = await anonymous.GetStringAsync(path);
        using (await anonymous.PostAsync(path, Form(old, "none", "marketing.email")))
        {
            Assert.Empty(await GrantedAsync(id));
        }

        using var stale = await anonymous.PostAsync(path, Form(old, "marketing.email"));
        Assert.Equal(HttpStatusCode.Conflict, stale.StatusCode);
        Assert.Empty(await GrantedAsync(id));
    }

    [Fact]
    public async Task Forged_altered_and_foreign_links_are_not_found()
    {
        var (id, path) = await LinkAsync(new { displayName = "Sari", consents = new[] { Marketing("email") } });
        var confirm = new Uri((await host.Rep().PostAsync($"{Customers}/{id}/consent-requests", new { channel = "sms", purpose = "marketing", noticeVersion = "v1" }).OkJsonAsync()).GetProperty("url").GetString()!).AbsolutePath;
        using var anonymous = host.Anonymous();
        var token = path.Split('/')[^1];
        foreach (var forged in new[]
        {
            token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), (token[0] == 'A' ? 'B' : 'A') + token[1..], new string('A', token.Length), token + "A", "x", confirm.Split('/')[^1],
        })
        {
            Assert.Equal((404, "customer.link_not_found", null), await anonymous.GetAsync("/p/preferences/" + forged).ProblemAsync());
            using var form = new FormUrlEncodedContent([new("none", "1"), new("seen", "none")]);
            Assert.Equal((404, "customer.link_not_found", null), await anonymous.PostAsync("/p/preferences/" + forged, form).ProblemAsync());
        }

        Assert.Equal((404, "customer.link_not_found", null), await anonymous.GetAsync("/p/consents/" + token).ProblemAsync());
        Assert.Equal(["email"], await GrantedAsync(id));
    }

    [Fact]
    public async Task A_consent_with_double_opt_in_counts_from_its_confirmation_and_once()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Double" });
        var asked = await host.Rep().PostAsync($"{Customers}/{id}/consent-requests", new { channel = "email", purpose = "marketing", noticeVersion = "v7" }).OkJsonAsync();
        var path = new Uri(asked.GetProperty("url").GetString()!).AbsolutePath;
        using var anonymous = host.Anonymous();
        var page = await anonymous.GetStringAsync(path);
        Assert.Contains("<button", page, StringComparison.Ordinal);
        Assert.Contains("melalui <strong>E-mail</strong>, untuk: <strong>Penawaran dan berita</strong>", page, StringComparison.Ordinal);
        Assert.Empty(await GrantedAsync(id));

        for (var i = 0; i < 2; i++) using (await anonymous.PostAsync(path, null)) Assert.Equal(["email"], await GrantedAsync(id));
        var decision = Assert.Single((await host.GetAsync($"{Customers}/{id}/consents")).GetProperty("decisions").GetProperty("items").EnumerateArray());
        Assert.Equal(("v7", "double-opt-in"), (decision.GetProperty("noticeVersion").GetString(), decision.GetProperty("captureSource").GetString()));
    }

    private async Task<(Guid Id, string Path)> LinkAsync(object customer)
    {
        var id = await host.RegisterIdAsync(customer);
        var link = await host.Rep().PostAsync($"{Customers}/{id}/preference-links", new { }).OkJsonAsync();
        return (id, new Uri(link.GetProperty("url").GetString()!).AbsolutePath);
    }

    private async Task<string[]> GrantedAsync(Guid id) =>
        [.. (await host.GetAsync($"{Customers}/{id}/consents")).GetProperty("inForce").EnumerateArray()
            .Where(state => state.GetProperty("granted").GetBoolean()).Select(state => state.GetProperty("channel").GetString()!)];

    private static FormUrlEncodedContent Form(string html, params string[] ticked) =>
        new([new("seen", Seen().Match(html).Groups[1].Value), .. ticked.Select(name => new KeyValuePair<string, string>(name, "on"))]);

    private static object Marketing(string channel) => new { channel, purpose = "marketing", granted = true, noticeVersion = "v1" };

    [GeneratedRegex("name=\"seen\" value=\"([^\"]+)\"")]
    private static partial Regex Seen();
}

using System.Diagnostics;
using System.Text.Json;
using Crm.Testing;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class Customer360Tests(GatewayHost host)
{
    private static string Fresh() => new Crm.ServiceDefaults.Hosting.Ids(TimeProvider.System).Next().ToString();

    [Fact]
    public async Task All_parts_of_one_customer_come_in_one_answer()
    {
        var view = await (await host.SignedInAsync("tuti")).GetAsync("/api/customer360/v1/customers/" + Fresh()).OkJsonAsync();
        Assert.Empty(Unavailable(view));
        Assert.Equal("Siti Rahma", view.GetProperty("customer").GetProperty("displayName").GetString());
        Assert.Equal(12.5m, view.GetProperty("purchases").GetProperty("totals")[0].GetProperty("amount").GetDecimal());
        Assert.Equal(123.45m, view.GetProperty("value").GetProperty("clv").GetDecimal());
        Assert.Equal(1, view.GetProperty("cases").GetProperty("openCount").GetInt32());
        Assert.Equal("Halo", view.GetProperty("campaigns")[0].GetProperty("campaignName").GetString());
        Assert.Equal(1, view.GetProperty("timeline").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, view.GetProperty("loyalty").ValueKind); // not a member, which is an answer
    }

    [Theory]
    [InlineData("sales", "purchases")]
    [InlineData("service", "cases")]
    [InlineData("loyalty", "loyalty")]
    [InlineData("campaign", "campaigns")]
    [InlineData("analytics", "value")]
    [InlineData("timeline", "timeline")]
    public async Task A_part_that_hangs_is_named_and_the_rest_is_there_within_half_a_second(string service, string part)
    {
        var (browser, id) = (await host.SignedInAsync("tuti"), Fresh());
        await browser.GetAsync("/api/customer360/v1/customers/" + id).OkJsonAsync();
        host.Services.Hanging[(service, id)] = true;
        var (view, fastest) = (default(JsonElement), TimeSpan.MaxValue);
        for (var attempt = 0; attempt < 3; attempt++) // the machine may be busy with something else for a moment
        {
            var watch = Stopwatch.StartNew();
            view = await browser.GetAsync("/api/customer360/v1/customers/" + id).OkJsonAsync();
            if (watch.Elapsed < fastest) fastest = watch.Elapsed;
        }

        Assert.True(fastest < TimeSpan.FromMilliseconds(500), $"{fastest}");
        Assert.Equal([part], Unavailable(view));
        Assert.Equal(JsonValueKind.Null, view.GetProperty(part).ValueKind);
        Assert.Equal("Siti Rahma", view.GetProperty("customer").GetProperty("displayName").GetString());
    }

    [Fact]
    public async Task An_unknown_customer_is_not_found_and_an_unreadable_record_is_unavailable()
    {
        var (browser, unknown, hanging) = (await host.SignedInAsync("tuti"), Fresh(), Fresh());
        host.Services.Unknown.Add(unknown);
        Assert.Equal((404, "customer.not_found", null), await browser.GetAsync("/api/customer360/v1/customers/" + unknown).ProblemAsync());
        host.Services.Hanging[("customer", hanging)] = true;
        Assert.Equal((503, "customer360.record_unavailable", null), await browser.GetAsync("/api/customer360/v1/customers/" + hanging).ProblemAsync());
        Assert.Equal(404, (await browser.GetAsync("/api/customer360/v1/customers/not-an-id").ProblemAsync()).Status);
        Assert.Equal(401, (await new Browser(host.Origin).GetAsync("/api/customer360/v1/customers/" + unknown).ProblemAsync()).Status);
    }

    [Fact]
    public async Task A_service_that_was_away_for_a_while_is_seen_again_as_soon_as_it_is_back()
    {
        var port = RunningProgram.FreePort();
        var services = new[] { "customer", "sales", "service", "loyalty", "campaign", "analytics" };
        var settings = services.ToDictionary(service => $"services:{service}:grpc:0", _ => $"http://127.0.0.1:{port}");
        settings["Oidc:Authority"] = host.Provider.Issuer;
        var (origin, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), settings);
        var (token, url) = (host.Provider.Token("crm-api", "at+jwt"), $"{origin}/api/customer360/v1/customers/{Fresh()}");
        Assert.Equal((503, "customer360.record_unavailable", null), await GatewayHost.GetAsync(url, token).ProblemAsync());

        await Task.Delay(TimeSpan.FromSeconds(28)); // waits that grow without bound would now be longer than what is granted below
        await using var back = await StubServices.StartAsync(port);
        await Eventually.Holds(() => GatewayHost.GetAsync(url, token).OkJsonAsync(), TimeSpan.FromSeconds(6));
    }

    private static string[] Unavailable(JsonElement view) => [.. view.GetProperty("unavailable").EnumerateArray().Select(part => part.GetString()!)];
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Crm.Campaign.Sender.Channels;
using Crm.Campaign.Sender.Channels.Http;
using Crm.OutboundHttp;
using Crm.ProviderSimulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;

namespace Crm.Campaign.Tests.Channels;

/// <summary>What each answer of a gateway means, against real sockets.</summary>
public sealed class HttpProviderTests : IAsyncLifetime
{
    private SimulatorHost _simulator = null!;

    public async Task InitializeAsync() => _simulator = await SimulatorHost.StartAsync();

    public Task DisposeAsync() => _simulator.DisposeAsync().AsTask();

    [Fact]
    public async Task An_accepted_message_has_the_providers_reference_and_carries_key_authentication_and_headers()
    {
        var outcome = await SendAsync(Options(new ProviderAuthenticationOptions { Kind = AuthenticationKind.Hmac, Secret = SimulatorHost.Secret }));

        var taken = Assert.Single(_simulator.Inbox.Messages);
        Assert.Equal(new DeliveryOutcome.Accepted(taken.Id, "gateway"), outcome);
        Assert.Equal(Message.Reference.ToString(), taken.Key);
        var signed = Encoding.UTF8.GetBytes($"{taken.Headers["X-Timestamp"]}.{taken.Body}");
        Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromBase64String(SimulatorHost.Secret), signed)), taken.Headers["X-Signature"]);
    }

    [Theory]
    [InlineData(422, typeof(DeliveryOutcome.Rejected), null)]
    [InlineData(400, typeof(DeliveryOutcome.Rejected), null)]
    [InlineData(429, typeof(DeliveryOutcome.Deferred), true)]
    [InlineData(503, typeof(DeliveryOutcome.Deferred), true)]
    [InlineData(401, typeof(DeliveryOutcome.Deferred), false)]
    [InlineData(302, typeof(DeliveryOutcome.Deferred), false)]
    [InlineData(500, typeof(DeliveryOutcome.Unknown), null)]
    public async Task A_status_is_what_it_says_about_the_message(int status, Type expected, bool? counts)
    {
        _simulator.Switches["sms"] = new ChannelSwitches(Status: status, StatusCount: 1);
        var outcome = await SendAsync(Options());

        Assert.IsType(expected, outcome);
        Assert.Equal(counts, (outcome as DeliveryOutcome.Deferred)?.Counts);
        Assert.Empty(_simulator.Inbox.Messages);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_unknown_unless_the_provider_recognises_the_key()
    {
        _simulator.Switches["sms"] = new ChannelSwitches(DropCount: 2);
        Assert.IsType<DeliveryOutcome.Unknown>(await SendAsync(Options()));
        Assert.Equal(new DeliveryOutcome.Deferred("x", null, Counts: true), Assert.IsType<DeliveryOutcome.Deferred>(await SendAsync(Options(idempotent: true))) with { Detail = "x" });
        var again = Assert.IsType<DeliveryOutcome.Accepted>(await SendAsync(Options(idempotent: true)));

        var taken = Assert.Single(_simulator.Inbox.Messages);
        Assert.Equal((again.Reference, 1, 2), (taken.Id, taken.Copies, taken.Repeats));
    }

    [Fact]
    public async Task A_provider_that_is_too_slow_may_have_taken_the_message()
    {
        _simulator.Switches["sms"] = new ChannelSwitches(DelayMilliseconds: 5_000);
        var outcome = Assert.IsType<DeliveryOutcome.Unknown>(await SendAsync(Options(timeout: TimeSpan.FromMilliseconds(300))));
        Assert.Contains("did not answer", outcome.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_be_reached_has_taken_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Assert.Null(await SendAsync(Options(url: $"http://127.0.0.1:{port}/")));
        Assert.Null(await SendAsync(Options(url: "http://no-such-host.invalid/")));
    }

    [Fact]
    public async Task A_two_hundred_with_an_error_in_it_is_a_refusal_and_one_that_never_ends_is_cut_off()
    {
        await using var gateway = await ScriptAsync(async http =>
        {
            if (http.Request.Path == "/error") await http.Response.WriteAsJsonAsync(new { error = new { code = 21211 }, id = "x" });
            else if (http.Request.Path == "/zero") await http.Response.WriteAsJsonAsync(new { error = new { code = 0 }, id = "x" });
            else await http.Response.WriteAsync(new string('x', 200_000));
        });
        var options = (string path) => new HttpProviderOptions { Channel = "sms", Url = new Uri(gateway.Urls.First() + path), ErrorPath = "error.code", ReferencePath = "id" };

        Assert.Equal(new DeliveryOutcome.Rejected("provider_rejected", "200 21211"), await SendAsync(options("/error")));
        Assert.Equal(new DeliveryOutcome.Accepted("x", "gateway"), await SendAsync(options("/zero")));
        Assert.IsType<DeliveryOutcome.Unknown>(await SendAsync(options("/long")));
        Assert.IsType<DeliveryOutcome.Accepted>(await SendAsync(new HttpProviderOptions { Channel = "sms", Url = new Uri(gateway.Urls.First() + "/long") }));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        var asked = new List<string>();
        await using var gateway = await ScriptAsync(http =>
        {
            asked.Add(http.Request.Path);
            http.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        Assert.False(Assert.IsType<DeliveryOutcome.Deferred>(await SendAsync(Options(url: gateway.Urls.First() + "/first"))).Counts);
        Assert.Equal(["/first"], asked);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public async Task Addresses_inside_are_refused_at_connect_outside_of_development(string address)
    {
        Assert.False(OutboundAddress.IsAllowed(IPAddress.Parse(address), Reach.Public));
        using var provider = new HttpProvider("gateway", Options(url: address.Contains(':') ? $"https://[{address}]/" : $"https://{address}/"), development: false, TimeProvider.System);
        Assert.Null(await provider.SendAsync(Message, CancellationToken.None));
    }

    [Fact]
    public void Public_addresses_are_allowed_and_private_ones_where_the_provider_is_said_to_be_inside()
    {
        Assert.True(OutboundAddress.IsAllowed(IPAddress.Parse("93.184.216.34"), Reach.Public));
        Assert.True(OutboundAddress.IsAllowed(IPAddress.Parse("2606:2800:220:1::1"), Reach.Public));
        Assert.True(OutboundAddress.IsAllowed(IPAddress.Parse("10.1.2.3"), Reach.Private));
        Assert.False(OutboundAddress.IsAllowed(IPAddress.Parse("127.0.0.1"), Reach.Private));
    }

    private static readonly ProviderMessage Message = new("+62812000", "TOKO", "", "Halo", null, "id", new Guid("0198b0b4-0000-7000-8000-0000000000aa"), Guid.Empty, Guid.Empty);

    private HttpProviderOptions Options(ProviderAuthenticationOptions? authentication = null, bool idempotent = false, TimeSpan? timeout = null, string? url = null) => new()
    {
        Channel = "sms",
        Url = new Uri(url ?? $"{_simulator.Url}/sms/messages"),
        ReferencePath = "messages[0].id",
        Authentication = authentication ?? new ProviderAuthenticationOptions(),
        Idempotent = idempotent,
        Timeout = timeout ?? TimeSpan.FromSeconds(5),
    };

    private static async Task<DeliveryOutcome?> SendAsync(HttpProviderOptions options)
    {
        using var provider = SimulatorHost.Connect(options);
        return await provider.SendAsync(Message, CancellationToken.None);
    }

    private static async Task<WebApplication> ScriptAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}

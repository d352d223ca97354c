using System.Net.Http.Json;
using System.Text.Json;
using Crm.Campaign.Sender.Channels.Http;
using Crm.ProviderSimulator;
using Crm.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Channels;

/// <summary>The provider simulator on a port of its own; its receipts reach the campaign service through a forwarder.</summary>
public sealed class SimulatorHost : IAsyncDisposable
{
    public static readonly string Secret = Convert.ToBase64String(Enumerable.Range(7, 32).Select(number => (byte)number).ToArray());
    private readonly WebApplication _simulator;
    private readonly WebApplication? _forwarder;

    private SimulatorHost(WebApplication simulator, WebApplication? forwarder) => (_simulator, _forwarder) = (simulator, forwarder);

    public string Url => _simulator.Urls.First();

    public Inbox Inbox => _simulator.Services.GetRequiredService<Inbox>();

    public Switches Switches => _simulator.Services.GetRequiredService<Switches>();

    public ReceiptSender Receipts => _simulator.Services.GetRequiredService<ReceiptSender>();

    public IReadOnlyList<JsonElement> Bodies(string channel) =>
        [.. Inbox.Messages.Where(message => message.Channel == channel).Select(message => JsonSerializer.Deserialize<JsonElement>(message.Body))];

    public static async Task<SimulatorHost> StartAsync(CampaignHost? receipts = null)
    {
        var forwarder = receipts is null ? null : await ForwardAsync(receipts);
        var simulator = Simulator.Create([], builder =>
        {
            builder.Environment.EnvironmentName = "Development";
            builder.Services.Configure<ReceiptTarget>(target =>
            {
                target.Url = forwarder is null ? "" : forwarder.Urls.First() + "/p/provider-receipts/{provider}";
                target.Secret = Secret;
            });
        });
        await simulator.StartAsync();
        return new SimulatorHost(simulator, forwarder);
    }

    /// <summary>Settings of a sender that sends the channel to this simulator.</summary>
    public (string Key, string Value)[] Provider(string channel, params (string Key, string Value)[] more) =>
    [
        ($"Providers:{channel}-simulator:Channel", channel),
        ($"Providers:{channel}-simulator:Url", $"{Url}/{channel}/messages"),
        ($"Providers:{channel}-simulator:ReferencePath", channel is "push" ? "id" : "messages[0].id"),
        .. more.Select(setting => ($"Providers:{channel}-simulator:{setting.Key}", setting.Value)),
    ];

    internal static HttpProvider Connect(HttpProviderOptions options, string name = "gateway") => new(name, options, development: true, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        if (_forwarder is not null) await _forwarder.DisposeAsync();
    }

    private static async Task<WebApplication> ForwardAsync(CampaignHost campaign)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/{**path}", async (HttpContext http) =>
        {
            using var client = campaign.Anonymous();
            using var request = new HttpRequestMessage(HttpMethod.Post, http.Request.Path) { Content = new StreamContent(http.Request.Body) };
            foreach (var header in new[] { "X-Signature", "X-Timestamp" }) request.Headers.TryAddWithoutValidation(header, http.Request.Headers[header].ToString());
            using var response = await client.SendAsync(request, http.RequestAborted);
            return Results.StatusCode((int)response.StatusCode);
        });
        await app.StartAsync();
        return app;
    }
}

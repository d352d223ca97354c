using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Crm.Campaign.Tests.Smtp;
using Crm.Testing;

namespace Crm.Campaign.Tests.Responses;

[Collection(CampaignCollection.Name)]
public sealed class ProgressTests(CampaignHost host)
{
    [Fact]
    public async Task Progress_is_told_until_the_end_and_then_nobody_needs_to_come_back()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 60);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities) { Script = step => step.Name == "CONTENT" ? new ScriptedReply("250 2.0.0 ok", TimeSpan.FromMilliseconds(60)) : null };
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.LaunchAsync(tag);

        var events = await ReadAsync(campaign, null);
        var last = events[^1];
        Assert.Equal(("end", "end"), (last.EventType, last.EventId));
        Assert.Equal(("finished", 60, 0), (last.Data.GetProperty("state").GetString(), last.Data.GetProperty("sent").GetInt64(), last.Data.GetProperty("backlog").GetInt64()));
        Assert.True(events.Count > 2, $"Only {events.Count} events came.");
        Assert.Contains(events, item => item.Data.GetProperty("perSecond") is { ValueKind: JsonValueKind.Number } rate && rate.GetDouble() > 0);
        Assert.Contains(events, item => item.Data.GetProperty("workers").GetInt64() >= 1);
        Assert.All(events, item => Assert.Equal(
            item.Data.GetProperty("recipients").GetInt64(),
            new[] { "planned", "sending", "sent", "failed", "skipped", "unknown" }.Sum(state => item.Data.GetProperty(state).GetInt64())));

        Assert.Equal("end", Assert.Single(await ReadAsync(campaign, events[0].EventId)).EventType);
        Assert.Equal("end", Assert.Single(await ReadAsync(campaign, "rubbish-99999999999999999999")).EventType);
        using var seen = new HttpRequestMessage(HttpMethod.Get, Path(campaign)) { Headers = { { "Last-Event-ID", "end" } } };
        Assert.Equal(HttpStatusCode.NoContent, (await host.Marketer.SendAsync(seen)).StatusCode);
        Assert.Equal((404, "campaign.campaign_not_found", null), await host.Marketer.GetAsync(Path(CampaignHost.NewId())).ProblemAsync());
    }

    private static string Path(Guid campaign) => $"/api/campaign/v1/campaigns/{campaign}/progress";

    private async Task<List<SseItem<JsonElement>>> ReadAsync(Guid campaign, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path(campaign));
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await host.Marketer.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var events = new List<SseItem<JsonElement>>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(patience.Token), (_, data) => JsonSerializer.Deserialize<JsonElement>(data)).EnumerateAsync(patience.Token))
        {
            events.Add(item);
        }

        return events;
    }
}

using System.Net.ServerSentEvents;
using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

/// <summary>Who did what to whom, and that something happened.</summary>
public sealed class EventLogTests(AnalyticsHost host) : IClassFixture<AnalyticsHost>
{
    private const string Path = AnalyticsHost.Api + "/events";

    [Fact]
    public async Task Events_are_found_by_who_caused_them_by_what_they_are_about_and_by_time()
    {
        var (one, two) = (AnalyticsHost.Ids.Next(), AnalyticsHost.Ids.Next());
        var sari = "user:" + one;
        await WriteAsync(one, sari, "2026-01-10T08:00:00Z");
        await WriteAsync(two, sari, "2026-01-11T08:00:00Z");
        await WriteAsync(one, "user:" + two, "2026-01-12T08:00:00Z");

        Assert.Equal([two, one], await AboutAsync($"?actor={sari}"));
        Assert.Equal([one, one], await AboutAsync($"?about={one.ToString().ToUpperInvariant()}"));
        Assert.Equal([one], await AboutAsync($"?about={one}&actor={sari}"));
        Assert.Equal([two], await AboutAsync($"?actor={sari}&from=2026-01-11T00:00:00Z&to=2026-01-12T00:00:00Z"));
        Assert.Equal([one], await AboutAsync($"?actor={sari}&to=2026-01-11T08:00:00Z"));
        Assert.Empty(await AboutAsync($"?actor={sari}&type=CaseChanged"));
        Assert.Equal((400, "analytics.about_invalid", "about"), await host.Analyst().GetAsync($"{Path}?about=ab").ProblemAsync());
    }

    [Fact]
    public async Task A_search_reads_so_many_events_a_page_and_goes_on_from_there()
    {
        // Older than all others: what is looked for lies behind more than a page reads.
        var wanted = AnalyticsHost.Ids.Next();
        await WriteAsync(wanted, null, "2020-01-01T08:00:00Z");
        await host.ScalarAsync<int>(
            """
            WITH written AS (
                INSERT INTO event_log (event_id, type, occurred_at, recorded_at, payload)
                SELECT gen_random_uuid(), 'Test.Noise', timestamptz '2020-01-02', timestamptz '2020-01-02' + n * interval '1 second', '{}' FROM generate_series(1, 5100) n RETURNING 1)
            SELECT count(*)::int FROM written
            """);
        var query = $"?about={wanted}&to=2020-01-03T00:00:00Z";
        var first = await host.Analyst().GetAsync(Path + query).OkJsonAsync();
        Assert.Empty(first.GetProperty("items").EnumerateArray());
        var second = await host.Analyst().GetAsync($"{Path}{query}&cursor={first.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Equal(wanted, Assert.Single(second.GetProperty("items").EnumerateArray()).GetProperty("payload").GetProperty("customerId").GetGuid());
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task Whoever_listens_is_told_the_types_of_what_came_and_no_more()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await host.ConsumersAreUpAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await host.ClientFor(Roles.Viewer).GetAsync(AnalyticsHost.Api + "/event-types/stream", HttpCompletionOption.ResponseHeadersRead, patience.Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var told = SseParser.Create(await response.Content.ReadAsStreamAsync(patience.Token), (_, data) => JsonSerializer.Deserialize<JsonElement>(data)).EnumerateAsync(patience.Token).GetAsyncEnumerator(patience.Token);
        Assert.True(await told.MoveNextAsync());
        Assert.Empty(Types(told.Current.Data)); // at once: it is connected

        var id = AnalyticsHost.Ids.Next();
        await probe.PublishAsync(new ApprovalChanged(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, id, "campaign", id, "requested"), AnalyticsHost.Ids.Next());
        do Assert.True(await told.MoveNextAsync());
        while (!Types(told.Current.Data).Contains("ApprovalChanged"));
        Assert.DoesNotContain(id.ToString(), told.Current.Data.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal((401, "auth.required", null), await host.Anonymous().GetAsync(AnalyticsHost.Api + "/event-types/stream").ProblemAsync());
    }

    [Fact]
    public async Task The_log_knows_who_caused_an_event()
    {
        // A survey's answer that somebody sends is logged under their name.
        var customer = AnalyticsHost.Ids.Next();
        var body = new { costs = new[] { new { costId = AnalyticsHost.Ids.Next(), customerId = customer, currency = "IDR", day = "2024-03-01", kind = "freight", amount = 4m } } };
        var answer = await host.ClientFor(TestKeys.Person(Roles.Analyst) with { Subject = "user-rina" }).PostAsync(AnalyticsHost.Api + "/value-facts", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var item = Assert.Single((await host.Analyst().GetAsync($"{Path}?about={customer}").OkJsonAsync()).GetProperty("items").EnumerateArray());
        Assert.Equal("user-rina", item.GetProperty("actor").GetString());
    }

    private static string[] Types(JsonElement happened) => [.. happened.GetProperty("types").EnumerateArray().Select(type => type.GetString()!)];

    private Task<int> WriteAsync(Guid customer, string? actor, string recordedAt) => host.ScalarAsync<int>(
        """
        SELECT create_event_log_partition(@at::timestamptz);
        INSERT INTO event_log (event_id, type, occurred_at, recorded_at, actor, payload)
        VALUES (gen_random_uuid(), 'Test.Written', @at::timestamptz, @at::timestamptz, @actor, jsonb_build_object('customerId', @customer)) RETURNING 1
        """,
        new { customer, actor, at = recordedAt });

    private async Task<List<Guid>> AboutAsync(string query) =>
        [.. (await host.Analyst().GetAsync(Path + query).OkJsonAsync()).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("payload").GetProperty("customerId").GetGuid())];
}

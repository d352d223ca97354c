using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Journeys;

/// <summary>What a marketer does with journeys, and a way to let time pass: timers are brought forward in the database.</summary>
internal static class JourneyDriver
{
    public const string Route = "/api/campaign/v1/journeys";
    public const string Exit = """{"id":"x","kind":"exit"}""";

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static string Definition(string trigger, string start, params string[] nodes) =>
        $$"""{"trigger":{{trigger}},"reentry":{"rule":"always"},"start":"{{start}}","nodes":[{{string.Join(",", nodes)}}]}""";

    public static string Send(string id, Guid template, string next) =>
        $$"""{"id":"{{id}}","kind":"send","templateId":"{{template}}","senderName":"Toko Sejahtera","fromAddress":"promo@toko.example","next":"{{next}}"}""";

    public static string Tagged(string tag) => $$"""{"field":"tags","op":"contains","value":"{{tag}}"}""";

    public static string Manual(string tag) => $$"""{"on":"manual","criteria":{{Tagged(tag)}}}""";

    public static string Body(string name, string definition, string more = "") => $$"""{"name":"{{name}}","definition":{{definition}}{{more}}}""";

    public static async Task<Guid> CreateTextAsync(this CampaignHost host, string name) => (await host.Marketer.PostAsync("/api/campaign/v1/templates", new
    {
        name,
        contents = new { id = new { subject = "Halo {{displayName}}", html = "<p>Halo {{firstName}}</p>" } },
    }).OkJsonAsync()).GetProperty("id").GetGuid();

    public static async Task<Guid> CreateJourneyAsync(this CampaignHost host, string name, string definition) =>
        (await host.Marketer.PostAsync(Route, Body(name, definition)).OkJsonAsync()).GetProperty("id").GetGuid();

    public static async Task<Guid> StartJourneyAsync(this CampaignHost host, string name, string definition)
    {
        var id = await host.CreateJourneyAsync(name, definition);
        await host.ActOnJourneyAsync(id, "activate");
        return id;
    }

    public static Task<JsonElement> ActOnJourneyAsync(this CampaignHost host, Guid id, string action) => host.Marketer.PostAsync($"{Route}/{id}/{action}", new { }).OkJsonAsync();

    public static async Task<int> EnterAsync(this CampaignHost host, Guid journey, IEnumerable<Guid> customers, string occasion = "manual") =>
        (await host.Marketer.PostAsync($"{Route}/{journey}/entries", new { customerIds = customers, occasion }).OkJsonAsync()).GetProperty("entered").GetInt32();

    /// <summary>The steps of a contact's entries, oldest entry first: node and outcome.</summary>
    public static async Task<string> WayAsync(this CampaignHost host, Guid journey, Guid customer) => await host.QueryAsync<string>(
        """
        SELECT coalesce(string_agg(l.node || ':' || l.outcome, ' ' ORDER BY l.entry_id, l.step), '') FROM journey_log l
        WHERE l.step > 0 AND l.entry_id IN (SELECT entry_id FROM journey_entries WHERE journey_id = @journey AND customer_id = @customer)
        """,
        new { journey, customer }) ?? "";

    public static Task WentAsync(this CampaignHost host, Guid journey, Guid customer, string way) =>
        Eventually.Holds(async () => Assert.Equal(way, await host.WayAsync(journey, customer)));

    /// <summary>Those at the node wait no longer.</summary>
    public static async Task LetWaitEndAsync(this CampaignHost host, Guid journey, string node)
    {
        await Eventually.Holds(async () => Assert.True(await host.WaitingAtAsync(journey, node) > 0));
        await host.ListAsync<int>("UPDATE journey_entries SET due_at = now() - interval '1 second' WHERE journey_id = @journey AND node = @node AND state = 'waiting' RETURNING 1", new { journey, node });
    }

    public static async Task<long> WaitingAtAsync(this CampaignHost host, Guid journey, string node) =>
        await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey AND node = @node AND state = 'waiting' AND due_at > now()", new { journey, node });

    /// <summary>The counters say what rows and log say.</summary>
    public static async Task CountsAgreeAsync(this CampaignHost host, Guid journey)
    {
        Assert.Equal(
            await host.ListAsync<string>(
                "SELECT node || ' ' || count(*) FROM journey_entries WHERE journey_id = @journey AND state = 'waiting' GROUP BY node ORDER BY 1", new { journey }),
            await host.ListAsync<string>(
                "SELECT node || ' ' || sum(waiting) FROM journey_counts WHERE journey_id = @journey GROUP BY node HAVING sum(waiting) <> 0 ORDER BY 1", new { journey }));
        Assert.Equal(
            await host.ListAsync<string>(
                "SELECT node || ' ' || count(*) FROM journey_entries WHERE journey_id = @journey AND state <> 'waiting' GROUP BY node ORDER BY 1", new { journey }),
            await host.ListAsync<string>(
                "SELECT node || ' ' || sum(left_here) FROM journey_counts WHERE journey_id = @journey GROUP BY node HAVING sum(left_here) <> 0 ORDER BY 1", new { journey }));
    }

    public static HttpClient Rep(this CampaignHost host, string subject) => host.ClientFor(new Actor(subject, "Rep", [Roles.SalesRep], "test", null));

    /// <summary>No journey of this test outlives it.</summary>
    public static Task EndAllAsync(this CampaignHost host) => host.ListAsync<int>("UPDATE journeys SET state = 'ended' WHERE state <> 'ended' RETURNING 1");
}

using System.Net;
using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Responses;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Postgres;
using Crm.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Responses;

[Collection(CampaignCollection.Name)]
public sealed class FilteredStatisticsTests(CampaignHost host)
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private const string ThreeLinks = "<a href=\"https://toko.example/a\">A</a><a href=\"https://toko.example/b\">B</a><a href=\"https://toko.example/c\">C</a>";

    /// <summary>A planner's transaction lasts as long as a slice of the audience; senders settle meanwhile.</summary>
    [Fact]
    public async Task Who_counts_does_not_wait_for_another_transaction_that_counts_the_same()
    {
        const string add = """
            INSERT INTO deliveries (campaign_id, customer_id, channel, delivery_id, chunk, state, language, not_before)
            VALUES (@campaign, gen_random_uuid(), 'email', gen_random_uuid(), @chunk, 'planned', 'id', now())
            """;
        var campaign = CampaignHost.NewId();
        await using var planner = await host.Database.OpenConnectionAsync();
        await using var sender = await host.Database.OpenConnectionAsync();
        await using var other = await host.Database.OpenConnectionAsync();
        // Two connections in 64 share a row; of two others, one does not share the planner's.
        var apart = (sender.ProcessID - planner.ProcessID) % 64 != 0 ? sender : other;

        await using var planning = await planner.BeginTransactionAsync();
        await planner.ExecuteAsync(add, new { campaign, chunk = 1 }, planning);
        await using (var sending = await apart.BeginTransactionAsync())
        {
            await apart.ExecuteAsync("SET LOCAL lock_timeout = '2s'", transaction: sending);
            await apart.ExecuteAsync(add, new { campaign, chunk = 33 }, sending);
            await apart.ExecuteAsync("UPDATE deliveries SET state = 'sent' WHERE campaign_id = @campaign", new { campaign }, sending);
            await sending.CommitAsync();
        }

        await planning.CommitAsync();
        Assert.Equal("planned 1, sent 1", await host.QueryAsync<string>(
            """
            SELECT string_agg(state || ' ' || recipients, ', ' ORDER BY state)
            FROM (SELECT state, sum(recipients) AS recipients FROM delivery_counts WHERE campaign_id = @campaign GROUP BY state HAVING sum(recipients) <> 0) counts
            """,
            new { campaign }));
    }

    /// <summary>Also where chance gives the planner and a sender the same remainder of their connections' ids: here it is one connection.</summary>
    [Fact]
    public async Task What_is_planned_is_counted_in_other_rows_than_what_becomes_of_it()
    {
        var campaign = CampaignHost.NewId();
        await using var connection = await host.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO deliveries (campaign_id, customer_id, channel, delivery_id, chunk, state, language, not_before)
            SELECT @campaign, gen_random_uuid(), 'email', gen_random_uuid(), 1, 'planned', 'id', now() FROM generate_series(1, 2);
            UPDATE deliveries SET state = 'sent' WHERE campaign_id = @campaign AND customer_id = (SELECT customer_id FROM deliveries WHERE campaign_id = @campaign LIMIT 1)
            """,
            new { campaign });

        Assert.Equal("planned 2, planned -1, sent 1", await connection.ExecuteScalarAsync<string>(
            "SELECT string_agg(state || ' ' || recipients, ', ' ORDER BY state, recipients DESC) FROM delivery_counts WHERE campaign_id = @campaign", new { campaign }));
    }

    [Fact]
    public async Task A_scanner_is_counted_raw_and_a_person_after_it_is_told_once_more()
    {
        var (campaign, deliveries) = await SentAsync(2);
        // A scanner of the mail gateway of the first recipient follows everything in order, the hidden link too.
        foreach (var url in new[] { Tokens.OpenUrl(deliveries[0]), Tokens.LinkUrl(deliveries[0], 0), Tokens.LinkUrl(deliveries[0], TrackingTokens.TrapLink) })
        {
            var response = await VisitAsync(url, Browser, "203.0.113.9");
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Redirect or HttpStatusCode.NoContent, $"{url}: {response.StatusCode}");
        }

        await VisitAsync(Tokens.LinkUrl(deliveries[1], 1), Browser, "192.0.2.4");
        await JudgedAsync(campaign);

        var before = await host.StatisticsAsync(campaign);
        Assert.Equal((2, 2, 1, 1), Figures(before, "clicked"));
        Assert.Equal((1, 1, 0, 0), Figures(before, "opened"));
        Assert.True(await ClickedByHumanAsync(deliveries[0]) is false && await ClickedByHumanAsync(deliveries[1]));

        // The recipient's own click, at another time.
        await InsertAsync(campaign, deliveries[0], "clicked", 0, "interval '1 hour'");
        await JudgedAsync(campaign);
        Assert.Equal((2, 3, 2, 2), Figures(await host.StatisticsAsync(campaign), "clicked"));
        Assert.True(await ClickedByHumanAsync(deliveries[0]));
        await Eventually.Holds(() =>
        {
            var told = host.Bus.Seen<CampaignResponded>().Where(responded => responded.DeliveryId == deliveries[0] && responded.Kind == ResponseKind.Clicked);
            Assert.Equal([false, true], told.Select(responded => responded.Automated).Order());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Verdicts_follow_from_the_stored_signals_by_any_version_of_the_rule_and_the_counters_with_them()
    {
        var (campaign, deliveries) = await SentAsync(3);
        await InsertAsync(campaign, deliveries[0], "opened", null, "interval '1 second'");
        await InsertAsync(campaign, deliveries[1], "opened", null, "interval '1 hour'");
        await InsertAsync(campaign, deliveries[2], "opened", null, "interval '1 hour'", network: "17.1.2.0/24");
        await InsertAsync(campaign, deliveries[2], "bounced", null, "interval '0'");
        await JudgedAsync(campaign);
        var second = await host.StatisticsAsync(campaign);
        Assert.Equal((3, 3, 1, 1), Figures(second, "opened"));
        Assert.Equal(2, second.GetProperty("opened").GetProperty("machine").GetInt64());
        Assert.Equal((1, 2), (second.GetProperty("bounced").GetInt64(), second.GetProperty("funnel").GetProperty("delivered").GetInt64()));

        await JudgeAsync(campaign, 1);
        var first = await host.StatisticsAsync(campaign);
        Assert.Equal((3, 3, 1, 1), Figures(first, "opened"));
        Assert.Equal(1, first.GetProperty("opened").GetProperty("machine").GetInt64());

        await JudgeAsync(campaign, null);
        Assert.Equal(second.GetRawText(), (await host.StatisticsAsync(campaign)).GetRawText());
        Assert.Equal((422, "campaign.unknown_rule", "ruleVersion"), await host.Marketer.PostAsync($"/api/campaign/v1/campaigns/{campaign}/responses/judgement", new { ruleVersion = 99 }).ProblemAsync());
    }

    [Fact]
    public async Task Every_counter_says_what_its_rows_say()
    {
        var (campaign, deliveries) = await SentAsync(4, holdout: 20);
        var random = new Random(7);
        foreach (var delivery in deliveries)
        {
            for (var i = 0; i < 12; i++)
            {
                await InsertAsync(campaign, delivery, i % 2 == 0 ? "opened" : "clicked", i % 2 == 0 ? null : random.Next(3), $"interval '{random.Next(5000)} seconds'", random.Next(3) == 0 ? "curl/8" : Browser);
            }
        }

        await JudgedAsync(campaign);
        const string Counters =
            """
            SELECT string_agg(t::text, E'\n' ORDER BY t::text) FROM (
                SELECT 'k', channel, provider, variant, language, kind, raw, human, machine, unique_raw, unique_human FROM response_counts WHERE campaign_id = @campaign
                UNION ALL SELECT 'l', variant, link::text, '', '', '', raw, human, machine, unique_raw, unique_human FROM response_links WHERE campaign_id = @campaign
                UNION ALL SELECT 'q', quarter::text, kind, '', '', '', raw, human, machine, unique_raw, unique_human FROM response_quarters WHERE campaign_id = @campaign) t
            """;
        var added = await host.QueryAsync<string>(Counters, new { campaign });
        await using (var scope = host.Services.CreateAsyncScope())
        {
            var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            await ResponseCounters.RebuildAsync(campaign, unitOfWork, default);
            await unitOfWork.CommitAsync(default);
        }

        Assert.Equal(await host.QueryAsync<string>(Counters, new { campaign }), added);
        Assert.Equal(
            await host.QueryAsync<string>(
                """
                SELECT string_agg(concat_ws(' ', raw, human, people, clickers), ' ') FROM (SELECT count(*) AS raw, count(*) FILTER (WHERE verdict = 'human') AS human,
                    count(DISTINCT delivery_id) FILTER (WHERE verdict = 'human') AS people, count(DISTINCT delivery_id) AS clickers
                    FROM responses WHERE campaign_id = @campaign AND kind = 'clicked') t
                """,
                new { campaign }),
            await host.QueryAsync<string>(
                "SELECT concat_ws(' ', sum(raw), sum(human), sum(unique_human), sum(unique_raw)) FROM response_counts WHERE campaign_id = @campaign AND kind = 'clicked'", new { campaign }));
        await CountsAgreeAsync(campaign);

        var trend = await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/response-trend?bucket=hour&zone=Asia/Kathmandu").OkJsonAsync();
        Assert.Equal(12 * deliveries.Count, trend.GetProperty("buckets").EnumerateArray().Sum(bucket => bucket.GetProperty("total").GetInt64()));
        Assert.All(trend.GetProperty("buckets").EnumerateArray(), bucket => Assert.Equal(15, bucket.GetProperty("from").GetDateTimeOffset().Minute)); // +05:45
        Assert.Equal((400, "campaign.zone_invalid", "zone"), await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/response-trend?zone=Mars/Olympus").ProblemAsync());
    }

    [Fact]
    public async Task The_log_pages_through_every_response_and_its_csv_runs_no_formula()
    {
        var (campaign, deliveries) = await SentAsync(1);
        foreach (var agent in new[] { "=HYPERLINK(\"https://evil.example\")", "@SUM(1)", "a \"quoted\", agent", Browser, "+1" }) await VisitAsync(Tokens.LinkUrl(deliveries[0], 0), agent, "203.0.113.9");
        await JudgedAsync(campaign);

        var path = $"/api/campaign/v1/campaigns/{campaign}/responses";
        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await host.Marketer.GetAsync($"{path}?limit=2&kind=clicked&cursor={cursor}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.Equal((400, "campaign.kind_invalid", "kind"), await host.Marketer.GetAsync($"{path}?kind=smiled").ProblemAsync());
        Assert.Equal(HttpStatusCode.Forbidden, (await host.ClientFor("service-agent").GetAsync(path)).StatusCode);

        var csv = await (await host.Marketer.GetAsync(path + ".csv")).Content.ReadAsStringAsync();
        var lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.EndsWith(",\"'=HYPERLINK(\"\"https://evil.example\"\")\"", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("'@SUM(1)", lines[2].TrimEnd('"'), StringComparison.Ordinal);
        Assert.EndsWith(",\"a \"\"quoted\"\", agent\"", lines[3], StringComparison.Ordinal);
        Assert.EndsWith("'+1", lines[5].TrimEnd('"'), StringComparison.Ordinal);
    }

    private TrackingTokens Tokens => host.Services.GetRequiredService<TrackingTokens>();

    private static (long, long, long, long) Figures(JsonElement statistics, string kind)
    {
        var figures = statistics.GetProperty(kind);
        long Of(string name) => figures.GetProperty(name).GetInt64();
        return (Of("unique"), Of("total"), Of("filteredUnique"), Of("filteredTotal"));
    }

    private async Task<(Guid Campaign, IReadOnlyList<Guid> Deliveries)> SentAsync(int recipients, decimal holdout = 0)
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, recipients);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        var campaign = await host.CreateCampaignAsync(tag, holdout, ThreeLinks);
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);
        await host.ListAsync<int>("UPDATE deliveries SET sent_at = sent_at - interval '1 day' WHERE campaign_id = @campaign RETURNING 1", new { campaign });
        return (campaign, await host.ListAsync<Guid>("SELECT delivery_id FROM deliveries WHERE campaign_id = @campaign AND state = 'sent' ORDER BY delivery_id", new { campaign }));
    }

    private Task<HttpResponseMessage> VisitAsync(string url, string agent, string address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url).AbsolutePath);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
        return host.Anonymous().SendAsync(request);
    }

    /// <summary>A response so long after its message, which was sent a day ago.</summary>
    private Task<IReadOnlyList<int>> InsertAsync(Guid campaign, Guid delivery, string kind, int? link, string after, string agent = Browser, string network = "192.0.2.0/24") => host.ListAsync<int>(
        $"""
        INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, link, occurred_at, user_agent, network)
        SELECT @id, delivery_id, campaign_id, customer_id, @kind, @link, sent_at + ({after}), @agent, @network::cidr
        FROM deliveries WHERE delivery_id = @delivery RETURNING 1
        """,
        new { id = CampaignHost.NewId(), campaign, delivery, kind, link, agent, network });

    private Task JudgedAsync(Guid campaign) => Eventually.Holds(
        async () => Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM responses WHERE campaign_id = @campaign AND judged_at IS NULL", new { campaign })));

    private async Task<bool> ClickedByHumanAsync(Guid delivery) =>
        await host.QueryAsync<bool>("SELECT clicked_at IS NOT NULL FROM deliveries WHERE delivery_id = @delivery", new { delivery });

    private Task<JsonElement> JudgeAsync(Guid campaign, int? version) =>
        host.Marketer.PostAsync($"/api/campaign/v1/campaigns/{campaign}/responses/judgement", version is null ? new object() : new { ruleVersion = version }).OkJsonAsync();

    private async Task CountsAgreeAsync(Guid campaign) => Assert.Equal(
        await host.QueryAsync<string>(
            """
            SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM (SELECT channel, coalesce(provider, ''), coalesce(variant, ''), language, state, coalesce(reason, ''), count(*)
            FROM deliveries WHERE campaign_id = @campaign GROUP BY 1, 2, 3, 4, 5, 6) t
            """,
            new { campaign }),
        await host.QueryAsync<string>(
            """
            SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM (SELECT channel, provider, variant, language, state, reason, sum(recipients)::bigint
            FROM delivery_counts WHERE campaign_id = @campaign GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(recipients) <> 0) t
            """,
            new { campaign }));
}

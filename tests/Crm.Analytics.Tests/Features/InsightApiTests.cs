using System.Text.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Domain.Alerts;
using Crm.Analytics.Jobs;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class InsightHost : AnalyticsHost;

/// <summary>Alerts, product issues, the customers' voice, decisions and targets over their interfaces.</summary>
public sealed class InsightApiTests(InsightHost host) : IClassFixture<InsightHost>
{
    private const string Api = AnalyticsHost.Api;

    /// <summary>Today as the service knows it: Jakarta.</summary>
    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().AddHours(7).DateTime);

    [Fact]
    public async Task A_scan_raises_what_is_planted_once_and_nothing_on_quiet_customers()
    {
        // Quiet customers buy every month at a steady margin; one falls month by month; one sells at a loss; all shown, none held out.
        var month = new DateOnly(Today.Year, Today.Month, 1);
        var (falling, loss) = (Shown(AlertKind.CustomerTrend), Shown(AlertKind.CustomerMargin));
        var quiet = Enumerable.Range(0, 30).Select(_ => AnalyticsHost.Ids.Next()).ToArray();
        var random = new Random(4);
        var purchases = quiet.SelectMany(customer => Enumerable.Range(1, 13).Select(ago =>
                Sale(customer, month.AddMonths(-ago).AddDays(random.Next(27)), 900_000 + random.Next(200_000), 0.7m)))
            .Concat(Enumerable.Range(1, 13).Select(ago => Sale(falling, month.AddMonths(-ago).AddDays(3), 200_000 + (100_000 * ago), 0.7m)))
            .Concat(Enumerable.Range(0, 10).Select(i => Sale(loss, Today.AddDays(-30 * i), 9_000_000, 1.2m))).ToArray();
        await host.RecordAsync(purchases);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(AlertsRaised));
        using (var target = await host.ClientFor(Roles.SalesManager).PostAsync(Api + "/targets", new
        {
            unit = "Jakarta", measure = "net_revenue", currency = "IDR", from = Today.AddDays(-60), to = Today.AddDays(30), amount = 900_000_000_000m, owner = "sari", source = "test",
        }))
        {
            Assert.True((int)target.StatusCode == 201, await target.Content.ReadAsStringAsync());
        }

        var scan = await host.RunAsync("/alert-scans", new { currency = "IDR" });
        var alerts = await AlertsAsync();
        var told = alerts.Select(alert => (alert.GetProperty("kind").GetString(), alert.GetProperty("subjectId").GetString())).ToHashSet();
        Assert.Contains((AlertKind.CustomerTrend, falling.ToString()), told);
        Assert.Contains((AlertKind.CustomerMargin, loss.ToString()), told);
        Assert.Contains((AlertKind.SalesPerformance, "Jakarta"), told);
        Assert.DoesNotContain(told, alert => quiet.Any(customer => customer.ToString() == alert.Item2));
        Assert.Equal(32, scan.GetProperty("result").GetProperty("customers").GetInt32());

        // The same facts again: nothing is raised twice, on however many replicas it is asked for.
        var again = await host.RunAsync("/alert-scans", new { currency = "IDR" });
        Assert.Equal(0, again.GetProperty("result").GetProperty("raised").GetInt32());
        Assert.Equal(alerts.Length, (await AlertsAsync()).Length);
        await Eventually.Holds(() =>
        {
            Assert.Contains(probe.Seen<AlertsRaised>().SelectMany(raised => raised.Alerts), alert => alert.SubjectId == falling.ToString() && alert.ReasonCode == "revenue_falling");
            return Task.CompletedTask;
        });
        await DecideAsync(alerts.Single(alert => alert.GetProperty("subjectId").GetString() == falling.ToString()), falling);
    }

    private async Task DecideAsync(JsonElement alert, Guid customer)
    {
        var (rep, path) = (host.ClientFor(Roles.SalesRep), $"{Api}/alerts/{alert.GetProperty("id").GetString()}/decision");
        Assert.Contains(alert.GetProperty("evidence").EnumerateArray(), row => row.GetProperty("name").GetString() == "mann_kendall_p");
        Assert.Equal((400, "analytics.reason_required", "reason"), await rep.PostAsync(path, new { decision = "dismissed" }).ProblemAsync());
        var dismissed = await rep.PostAsync(path, new { decision = "dismissed", reason = "seasonal shop" }).OkJsonAsync();
        Assert.Equal(("dismissed", "seasonal shop", 2), (dismissed.GetProperty("state").GetString(), dismissed.GetProperty("decisionReason").GetString(), dismissed.GetProperty("version").GetInt32()));
        Assert.Equal((409, "analytics.alert_not_open", null), await rep.PostAsync(path, new { decision = "acted" }).ProblemAsync());
        Assert.Equal((404, "analytics.alert_not_found", null), await rep.PostAsync($"{Api}/alerts/{AnalyticsHost.Ids.Next()}/decision", new { decision = "acted" }).ProblemAsync());

        // Dismissed, the customer is left in peace until the alert would have expired.
        await host.RunAsync("/alert-scans", new { currency = "IDR" });
        Assert.DoesNotContain(await AlertsAsync(), open => open.GetProperty("subjectId").GetString() == customer.ToString() && open.GetProperty("kind").GetString() == AlertKind.CustomerTrend);
        Assert.Equal((400, "analytics.unknown_alert_kind", "kind"), await rep.GetAsync(Api + "/alerts?kind=mood").ProblemAsync());
        var effect = await host.Analyst().GetAsync($"{Api}/alert-effects/customer-trend").OkJsonAsync();
        Assert.Equal("no_finished_windows", effect.GetProperty("withoutEffect").GetString());
    }

    [Fact]
    public async Task Whether_alerts_help_is_measured_against_the_held_out()
    {
        // 40 shown customers of whom 30 come back, 20 held out of whom 5 do.
        var day = Today.AddDays(-100);
        var (shown, held) = (Enumerable.Range(0, 40).Select(_ => AnalyticsHost.Ids.Next()).ToArray(), Enumerable.Range(0, 20).Select(_ => AnalyticsHost.Ids.Next()).ToArray());
        foreach (var (customers, heldOut) in new[] { (shown, false), (held, true) })
        {
            await host.ScalarAsync<int>(
                """
                INSERT INTO alerts (id, kind, subject_type, subject_id, dedup_key, currency, money_at_stake, reason_code, reason_id, reason_en, evidence, formula_version,
                    scan_id, held_out, state, raised_at, raised_day, expires_at)
                SELECT id, 'customer-drift', 'customer', id::text, 'effect ' || id, 'SGD', 1, 'overdue', '', '', '[]', 'alerts/1', id, @heldOut, 'expired', @day::date, @day, @day::date
                FROM unnest(@customers) AS id
                """,
                new { customers, heldOut, day });
        }

        await host.RecordAsync([.. shown.Take(30).Concat(held.Take(5)).Select(customer => AnalyticsHost.Purchase(customer, day.AddDays(5), 100, "SGD"))]);
        var effect = await host.Analyst().GetAsync($"{Api}/alert-effects/customer-drift?currency=SGD&windowDays=60").OkJsonAsync();
        Assert.Equal((40, 20), (effect.GetProperty("shown").GetProperty("customers").GetInt32(), effect.GetProperty("heldOut").GetProperty("customers").GetInt32()));
        Assert.Equal(50, effect.GetProperty("revenue").GetProperty("value").GetDouble(), 9);
        Assert.Equal(0.5, effect.GetProperty("conversion").GetProperty("value").GetDouble(), 9);
        Assert.InRange(effect.GetProperty("revenue").GetProperty("p").GetDouble(), 0, 0.001);
    }

    [Fact]
    public async Task Rising_returns_of_a_product_raise_one_issue_with_the_lot_to_blame_and_it_is_offered_to_nobody_until_closed()
    {
        var random = new Random(6);
        List<Crm.Sales.Contracts.Events.V1.RecordedPurchase> sales = [];
        List<(Crm.Sales.Contracts.Events.V1.RecordedPurchase Sale, DateOnly Day)> returns = [];
        for (var week = 51; week >= 0; week--)
        {
            for (var n = 0; n < 20; n++)
            {
                var bad = week < 6;
                var lot = bad && n % 2 == 0 ? "LOT-BAD" : $"LOT-{week % 5}";
                var sale = OfferApiTests.Basket(AnalyticsHost.Ids.Next(), Today.AddDays(-(7 * week) - 3), [OfferApiTests.Line(1, "KETTLE", "kitchen", 100_000, 60_000, lot)], "THB");
                sales.Add(sale);
                if (random.NextDouble() < (lot == "LOT-BAD" ? 0.5 : 0.03)) returns.Add((sale, Today.AddDays(-(7 * week) - 1)));
            }
        }

        await host.RecordAsync(sales);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(ProductIssueSuspected), typeof(ProductIssueClosed));
        foreach (var (sale, day) in returns)
        {
            await probe.PublishAsync(AnalyticsHost.Return(sale, 100_000, 0) with
            {
                ReturnedAt = new DateTimeOffset(day.ToDateTime(new TimeOnly(12, 0)), TimeSpan.FromHours(7)).ToUniversalTime(), Lines = [new(1, "KETTLE", 1, 100_000, "leaks")],
            }, AnalyticsHost.Ids.Next());
        }

        await Eventually.Holds(async () => Assert.Equal(returns.Count, await host.ScalarAsync<long>("SELECT count(*) FROM returned_lines WHERE sku = 'KETTLE'")));
        await host.RunAsync("/product-issue-scans", new { });
        await host.RunAsync("/product-issue-scans", new { });
        var issue = Assert.Single((await host.Analyst().GetAsync(Api + "/product-issues").OkJsonAsync()).GetProperty("items").EnumerateArray(), row => row.GetProperty("sku").GetString() == "KETTLE");
        Assert.Equal(("returns", "LOT-BAD"), (issue.GetProperty("signal").GetString(), issue.GetProperty("lot").GetString()));
        Assert.Equal("leaks", issue.GetProperty("reasons")[0].GetString());
        Assert.InRange(issue.GetProperty("ratioLow").GetDouble(), 2, 20);
        Assert.InRange(Today.DayNumber - DateOnly.Parse(issue.GetProperty("beganOn").GetString()!, System.Globalization.CultureInfo.InvariantCulture).DayNumber, 28, 63);
        var id = issue.GetProperty("id").GetString();
        var chart = await host.Analyst().GetAsync($"{Api}/product-issues/{id}/chart").OkJsonAsync();
        Assert.Equal(52, chart.GetProperty("weeks").GetArrayLength());
        Assert.Contains(chart.GetProperty("weeks").EnumerateArray(), week => week.GetProperty("outside").GetBoolean());
        await Eventually.Holds(() =>
        {
            Assert.Equal("LOT-BAD", Assert.Single(probe.Seen<ProductIssueSuspected>()).Lot);
            return Task.CompletedTask;
        });

        Assert.Equal("closed", (await host.ClientFor(Roles.ServiceSupervisor).PostAsync($"{Api}/product-issues/{id}/closure", new { reason = "lot recalled" }).OkJsonAsync()).GetProperty("state").GetString());
        Assert.Equal((409, "analytics.product_issue_closed", null), await host.ClientFor(Roles.ServiceSupervisor).PostAsync($"{Api}/product-issues/{id}/closure", new { reason = "again" }).ProblemAsync());
        await Eventually.Holds(() =>
        {
            Assert.Equal("lot recalled", Assert.Single(probe.Seen<ProductIssueClosed>()).Reason);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task What_customers_say_is_heard_once_in_both_languages_and_shown_by_dimension()
    {
        object Item(string id, string text, string sku) => new { source = "survey", sourceId = id, channel = "email", text, sku, occurredAt = TimeProvider.System.GetUtcNow() };
        var items = Enumerable.Range(0, 20).SelectMany(i => new[]
        {
            Item($"a{i}", "pelayanan sangat buruk dan mengecewakan , saya kecewa sekali", "BAD-1"),
            Item($"b{i}", "The delivery was terrible and the package was broken", "BAD-1"),
            Item($"c{i}", "makanan nya enak sekali , tempat nyaman , saya suka", "GOOD-1"),
        }).ToArray();
        var agent = host.ClientFor(Roles.ServiceAgent);
        Assert.Equal(60, (await agent.PostAsync(Api + "/feedback", new { items }).OkJsonAsync()).GetProperty("new").GetInt32());
        Assert.Equal(0, (await agent.PostAsync(Api + "/feedback", new { items }).OkJsonAsync()).GetProperty("new").GetInt32());
        var voice = await host.Analyst().GetAsync(Api + "/voice?groupBy=product").OkJsonAsync();
        JsonElement Of(string sku) => voice.GetProperty("groups").EnumerateArray().Single(group => group.GetProperty("key").GetString() == sku);
        Assert.Equal((40, 0), (Of("BAD-1").GetProperty("negative").GetInt32(), Of("BAD-1").GetProperty("positive").GetInt32()));
        Assert.Equal(20, Of("GOOD-1").GetProperty("positive").GetInt32());
        Assert.InRange(Of("BAD-1").GetProperty("index").GetProperty("high").GetDouble(), -1, -0.5);
        Assert.Equal("n_below_30", Of("GOOD-1").GetProperty("index").GetProperty("reason").GetString());
        var drivers = await host.Analyst().GetAsync(Api + "/satisfaction-drivers").OkJsonAsync();
        Assert.Contains(drivers.GetProperty("drivers").EnumerateArray(), driver => driver.GetProperty("topic").GetString() == "delivery" && driver.GetProperty("difference").GetDouble() < 0);
        Assert.Equal((400, "analytics.unknown_dimension", "groupBy"), await host.Analyst().GetAsync(Api + "/voice?groupBy=weather").ProblemAsync());
        Assert.Equal((400, "request.invalid", "items"), await agent.PostAsync(Api + "/feedback", new { items = Array.Empty<object>() }).ProblemAsync());

        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var (opened, now) = (AnalyticsHost.Ids.Next(), TimeProvider.System.GetUtcNow());
        await probe.PublishAsync(new CaseChanged(
            AnalyticsHost.Ids.Next(), now, opened, 1, CaseChange.Opened, "CASE-1", AnalyticsHost.Ids.Next(), "Complaint", "Normal", "New", true, "phone", "barang rusak , kecewa", null, null, now, null), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal("negative", await host.ScalarAsync<string>("SELECT label FROM feedback WHERE source = 'case' AND source_id = @id", new { id = opened.ToString() })));
    }

    [Fact]
    public async Task An_insight_ends_in_a_decision_with_owner_and_review_and_the_board_counts_it()
    {
        var manager = host.ClientFor(Roles.SalesManager);
        object Decision(DateOnly review) => new { insightType = "alert", insightRef = "x", title = "Call them", decision = "Call all who drift", owner = "sari", reviewOn = review };
        Assert.Equal((422, "analytics.review_not_ahead", "reviewOn"), await manager.PostAsync(Api + "/decisions", Decision(Today)).ProblemAsync());
        using var created = await manager.PostAsync(Api + "/decisions", Decision(Today.AddDays(30)));
        Assert.Equal((201, "\"1\""), ((int)created.StatusCode, created.Headers.ETag!.Tag));
        var path = created.Headers.Location!.ToString();
        using (var review = new HttpRequestMessage(HttpMethod.Post, path + "/review") { Content = System.Net.Http.Json.JsonContent.Create(new { outcome = "12 came back", verdict = "worked" }) })
        {
            review.Headers.Add("If-Match", "\"1\"");
            review.Headers.Add("Idempotency-Key", AnalyticsHost.Ids.Next().ToString());
            Assert.Equal("reviewed", (await manager.SendAsync(review).OkJsonAsync()).GetProperty("state").GetString());
        }

        var board = await manager.GetAsync(Api + "/maturity-board").OkJsonAsync();
        var execution = board.GetProperty("measures").EnumerateArray().Single(measure => measure.GetProperty("key").GetString() == "execution");
        Assert.Equal(1, execution.GetProperty("score").GetDouble());
        Assert.Equal(22, board.GetProperty("measures").GetArrayLength());
        Assert.All(board.GetProperty("measures").EnumerateArray(), measure => Assert.True(measure.GetProperty("score").ValueKind == JsonValueKind.Number || measure.GetProperty("reason").GetString()!.Length > 0));
        var pages = await File.ReadAllTextAsync(Repository.PathOf("gateway", "console", "src", "App.tsx"));
        Assert.All(board.GetProperty("measures").EnumerateArray(), measure => Assert.Contains($"path: '{measure.GetProperty("improveAt").GetString()!.Split('?')[0][1..]}',", pages, StringComparison.Ordinal));
        var dashboard = await manager.GetAsync(Api + "/executive-dashboard").OkJsonAsync();
        Assert.True(dashboard.GetProperty("overdueDecisions").GetInt64() >= 0);
        Assert.Equal((400, "analytics.target_amount_invalid", "amount"), await manager.PostAsync(Api + "/targets", new
        {
            unit = "U", measure = "satisfaction", currency = "IDR", from = Today, to = Today.AddDays(30), amount = 7, owner = "sari",
        }).ProblemAsync());
    }

    private async Task<JsonElement[]> AlertsAsync() =>
        [.. (await host.ClientFor(Roles.SalesRep).GetAsync(Api + "/alerts?limit=200").OkJsonAsync()).GetProperty("items").EnumerateArray()];

    private static Crm.Sales.Contracts.Events.V1.RecordedPurchase Sale(Guid customer, DateOnly day, decimal net, decimal costShare) =>
        OfferApiTests.Basket(customer, day, [OfferApiTests.Line(1, "RICE", "food", net, decimal.Round(net * costShare, 2))], "IDR");

    /// <summary>A customer who is not in the hold-out of a kind.</summary>
    private static Guid Shown(string kind)
    {
        while (true)
        {
            var id = AnalyticsHost.Ids.Next();
            if (!AlertHoldout.IsHeldOut(kind, id.ToString())) return id;
        }
    }
}

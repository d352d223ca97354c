using System.Text.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Jobs;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Analytics.Tests.Features;

/// <summary>Looks at schedules often, so that a due report is made at once.</summary>
public sealed class ReportHost : AnalyticsHost
{
    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        await base.ConfigureAsync(settings);
        settings["Analytics:ReportPoll"] = "00:00:00.3";
    }
}

public sealed class SavedReportTests(ReportHost host) : IClassFixture<ReportHost>
{
    private const string Api = AnalyticsHost.Api;

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().AddHours(7).DateTime);

    [Fact]
    public async Task A_due_report_is_made_once_by_several_replicas_and_its_owner_is_told()
    {
        var customer = AnalyticsHost.Ids.Next();
        await host.RecordAsync([Sold(customer, Today.AddDays(-2), 250), Sold(customer, Today.AddDays(-2), 50), Sold(customer, Today, 999), Sold(customer, Today.AddDays(-40), 7)]);
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(ReportProduced));
        await using var replica = host.StartReplica();
        var saved = await SaveAsync(Report("last_7_days", "PHP", new { every = "day", at = "06:30", timeZone = "Asia/Jakarta" }));
        var id = saved.GetProperty("id").GetString()!;
        var next = saved.GetProperty("nextDueAt").GetDateTimeOffset();
        Assert.InRange(next - TimeProvider.System.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromDays(1));

        // Three days of standstill: one run, for the last time that it was due.
        await host.ScalarAsync<int>("UPDATE saved_reports SET next_due_at = next_due_at - interval '3 days' WHERE id = @id::uuid", new { id });
        var run = await OverAsync(id);
        Assert.Equal("succeeded", run.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal(next.AddDays(-1), run.GetProperty("dueAt").GetDateTimeOffset());
        Assert.Equal((1, false), (run.GetProperty("rows").GetInt32(), run.GetProperty("truncated").GetBoolean()));
        Assert.Equal("last_7_days", run.GetProperty("definition").GetProperty("period").GetString());
        Assert.InRange(run.GetProperty("asOf").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());
        Assert.Equal(next, (await host.Analyst().GetAsync($"{Api}/saved-reports/{id}").OkJsonAsync()).GetProperty("nextDueAt").GetDateTimeOffset());

        var runId = run.GetProperty("id").GetGuid();
        var file = await host.Analyst().GetAsync($"{Api}/report-runs/{runId}/csv");
        Assert.Equal("text/csv", file.Content.Headers.ContentType!.MediaType);
        Assert.Equal("category,netRevenue,lines\r\nTea,300.000000,2\r\n", await file.Content.ReadAsStringAsync());
        await Eventually.Holds(() =>
        {
            var told = Assert.Single(bus.Seen<ReportProduced>(), produced => produced.ReportId.ToString() == id);
            Assert.Equal((runId, saved.GetProperty("owner").GetString(), 1, (string?)null), (told.RunId, told.Owner, told.Rows, told.ErrorCode));
            return Task.CompletedTask;
        });
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM jobs WHERE kind = 'report' AND params->>'reportId' = @id", new { id }));
    }

    [Fact]
    public async Task The_same_due_time_asked_for_by_many_at_once_is_one_run()
    {
        var id = (await SaveAsync(Report("previous_month", "THB", new { every = "month", at = "00:00", timeZone = "Asia/Makassar", dayOfMonth = 31 }))).GetProperty("id").GetString()!;
        await host.ScalarAsync<int>("UPDATE saved_reports SET next_due_at = '2020-01-30T16:00:00Z' WHERE id = @id::uuid", new { id });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var scope = host.Services.CreateAsyncScope();
            await ReportScheduler.QueueDueAsync(
                scope.ServiceProvider.GetRequiredService<UnitOfWork>(), scope.ServiceProvider.GetRequiredService<JobStore>(), TimeProvider.System.GetUtcNow(), CancellationToken.None);
        }));
        await OverAsync(id);
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM jobs WHERE kind = 'report' AND params->>'reportId' = @id", new { id }));
    }

    [Fact]
    public async Task Old_tables_are_forgotten_at_night_but_for_the_newest_of_a_report()
    {
        var id = (await SaveAsync(Report("previous_month", "VND", schedule: null))).GetProperty("id").GetString()!;
        var runs = new List<Guid>();
        for (var i = 0; i < 3; i++) runs.Add(Guid.Parse((await host.RunAsync($"/saved-reports/{id}/runs", new { })).GetProperty("id").GetString()!));
        await host.ScalarAsync<int>("UPDATE jobs SET finished_at = now() - interval '401 days' WHERE id = ANY(@old)", new { old = runs.ToArray() });
        var kept = Guid.Parse((await host.RunAsync($"/saved-reports/{(await SaveAsync(Report("previous_month", "VND", schedule: null))).GetProperty("id").GetString()}/runs", new { })).GetProperty("id").GetString()!);

        await using (var scope = host.Services.CreateAsyncScope())
        {
            await ActivatorUtilities.CreateInstance<NightlySchedule>(host.Services).AskAsync(scope.ServiceProvider, new DateOnly(2000, 1, 1), CancellationToken.None);
        }

        var stillThere = new List<Guid>();
        foreach (var run in runs.Append(kept))
        {
            if ((await host.Analyst().GetAsync($"{Api}/report-runs/{run}/csv")).IsSuccessStatusCode) stillThere.Add(run);
        }

        Assert.Equal([runs[2], kept], stillThere);
        Assert.Equal(3, (await host.Analyst().GetAsync($"{Api}/saved-reports/{id}/runs").OkJsonAsync()).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_question_that_fails_tells_its_reason_to_the_list_and_to_the_owner()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(ReportProduced));
        var id = (await SaveAsync(Report("previous_day", "PHP"))).GetProperty("id").GetString()!;
        // A measure of an older version of the catalogue.
        await host.ScalarAsync<int>("UPDATE saved_reports SET definition = jsonb_set(definition, '{measures}', '[\"profit\"]') WHERE id = @id::uuid", new { id });
        using var accepted = await host.Analyst().PostAsync($"{Api}/saved-reports/{id}/runs", new { });
        Assert.Equal(202, (int)accepted.StatusCode);
        var run = await OverAsync(id);
        var status = run.GetProperty("status");
        Assert.Equal(("failed", "analytics.unknown_measure"), (status.GetProperty("state").GetString(), status.GetProperty("errorCode").GetString()));
        Assert.Equal(JsonValueKind.Null, run.GetProperty("rows").ValueKind);
        Assert.Equal((404, "analytics.report_output_not_found", null), await host.Analyst().GetAsync($"{Api}/report-runs/{run.GetProperty("id").GetString()}/csv").ProblemAsync());
        await Eventually.Holds(() =>
        {
            Assert.Single(bus.Seen<ReportProduced>(), produced => produced.ReportId.ToString() == id && produced.ErrorCode == "analytics.unknown_measure");
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_saved_report_is_changed_by_who_has_seen_it_and_goes_with_its_tables()
    {
        var saved = await SaveAsync(Report("previous_week", "PHP"));
        var path = $"{Api}/saved-reports/{saved.GetProperty("id").GetString()}";
        using (var run = await host.Analyst().PostAsync(path + "/runs", new { })) Assert.Equal(202, (int)run.StatusCode);
        var over = await OverAsync(saved.GetProperty("id").GetString()!);
        var weekly = Report("previous_week", "PHP", new { every = "week", at = "07:00", timeZone = "Asia/Jakarta", weekday = 1 });
        Assert.Equal((412, "analytics.report_stale", null), await host.Analyst().PutAsync(path, weekly, version: 7).ProblemAsync());
        var changed = await host.Analyst().PutAsync(path, weekly, version: 1).OkJsonAsync();
        Assert.Equal((2, DayOfWeek.Monday), (changed.GetProperty("version").GetInt32(), changed.GetProperty("nextDueAt").GetDateTimeOffset().ToOffset(TimeSpan.FromHours(7)).DayOfWeek));
        Assert.Contains((await host.ClientFor(Roles.Viewer).GetAsync($"{Api}/saved-reports?limit=50").OkJsonAsync()).GetProperty("items").EnumerateArray(), item => item.GetProperty("id").GetString() == saved.GetProperty("id").GetString());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PostAsync($"{Api}/saved-reports", weekly).ProblemAsync());
        using var request = new HttpRequestMessage(HttpMethod.Delete, path) { Headers = { { "If-Match", "\"2\"" } } };
        using var deleted = await host.Analyst().SendAsync(request);
        Assert.Equal(204, (int)deleted.StatusCode);
        Assert.Equal((404, "analytics.report_not_found", null), await host.Analyst().GetAsync(path).ProblemAsync());
        Assert.Equal((404, "analytics.report_output_not_found", null), await host.Analyst().GetAsync($"{Api}/report-runs/{over.GetProperty("id").GetString()}/csv").ProblemAsync());
    }

    [Theory]
    [InlineData("""{"measures":["profit"],"currency":"PHP","period":"previous_day"}""", "null", "analytics.unknown_measure", "definition.measures")]
    [InlineData("""{"measures":["netRevenue"],"currency":"PHP","period":"previous_day","dimensions":["mood"]}""", "null", "analytics.unknown_dimension", "definition.dimensions")]
    [InlineData("""{"measures":["netRevenue"],"currency":"php","period":"previous_day"}""", "null", "analytics.currency_invalid", "definition.currency")]
    [InlineData("""{"measures":["netRevenue"],"currency":"PHP","period":"yesterday"}""", "null", "analytics.unknown_period", "definition.period")]
    [InlineData("""{"measures":["netRevenue"],"currency":"PHP","period":"previous_day"}""", """{"every":"day","at":"06:00","timeZone":"WIB"}""", "analytics.unknown_time_zone", "schedule.timeZone")]
    [InlineData("""{"measures":["netRevenue"],"currency":"PHP","period":"previous_day"}""", """{"every":"week","at":"06:00","timeZone":"Asia/Jakarta"}""", "analytics.schedule_invalid", "schedule.weekday")]
    public async Task Refused_when_it_is_saved_and_nothing_stored(string definition, string schedule, string code, string field)
    {
        var name = AnalyticsHost.Ids.Next().ToString();
        Assert.Equal((400, code, field), await host.Analyst().PostAsync($"{Api}/saved-reports", $$"""{"name":"{{name}}","definition":{{definition}},"schedule":{{schedule}}}""").ProblemAsync());
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM saved_reports WHERE name = @name", new { name }));
    }

    private async Task<JsonElement> SaveAsync(object report)
    {
        using var created = await host.Analyst().PostAsync($"{Api}/saved-reports", report);
        Assert.True((int)created.StatusCode == 201, await created.Content.ReadAsStringAsync());
        return await created.JsonAsync();
    }

    /// <summary>The only run of a report, once it is over.</summary>
    private async Task<JsonElement> OverAsync(string report)
    {
        JsonElement run = default;
        await Eventually.Holds(
            async () =>
            {
                run = Assert.Single((await host.Analyst().GetAsync($"{Api}/saved-reports/{report}/runs").OkJsonAsync()).GetProperty("items").EnumerateArray());
                Assert.NotNull(run.GetProperty("status").GetProperty("finishedAt").GetString());
            },
            TimeSpan.FromSeconds(30));
        return run;
    }

    private static object Report(string period, string currency, object? schedule = null) =>
        new { name = "Sales by category", definition = new { measures = new[] { "netRevenue" }, dimensions = new[] { "category" }, currency, period }, schedule };

    private static RecordedPurchase Sold(Guid customer, DateOnly day, decimal net) => AnalyticsHost.Purchase(customer, day, net, "PHP") with
    {
        Lines = [new RecordedLine(1, "S1", "Item", "Tea", 1, net, 0, 0, net, null, null)],
    };
}

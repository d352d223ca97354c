using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.ServiceDesk.Tests.Features.Sla;

public sealed class SlaRulesTests(SlaHost host) : IClassFixture<SlaHost>
{
    private const string Targets = """[{"priority":"low","firstResponseMinutes":9,"resolutionMinutes":90},{"priority":"normal","firstResponseMinutes":9,"resolutionMinutes":90},{"priority":"high","firstResponseMinutes":9,"resolutionMinutes":90},{"priority":"urgent","firstResponseMinutes":9,"resolutionMinutes":90}]""";

    [Fact]
    public async Task The_service_comes_with_office_hours_of_jakarta_and_a_target_for_each_priority()
    {
        var calendar = (await host.Agent().GetAsync(SlaHost.Calendar + "?version=1").OkJsonAsync()).GetProperty("definition");
        Assert.Equal("Asia/Jakarta", calendar.GetProperty("timeZone").GetString());
        Assert.Equal(
            new[] { "monday", "tuesday", "wednesday", "thursday", "friday" }.SelectMany(day => new[] { (day, "08:00", "12:00"), (day, "13:00", "17:00") }),
            calendar.GetProperty("spans").EnumerateArray().Select(span => (span.GetProperty("day").GetString()!, span.GetProperty("from").GetString()!, span.GetProperty("until").GetString()!)));
        var policy = (await host.Agent().GetAsync(SlaHost.Policy + "?version=1").OkJsonAsync()).GetProperty("definition");
        Assert.Equal(75, policy.GetProperty("warnPercent").GetInt32());
        Assert.Equal(
            [("urgent", 30, 240), ("high", 60, 480), ("normal", 240, 1_440), ("low", 480, 2_400)],
            policy.GetProperty("targets").EnumerateArray().Select(target => (target.GetProperty("priority").GetString()!, target.GetProperty("firstResponseMinutes").GetInt32(), target.GetProperty("resolutionMinutes").GetInt32())));
    }

    [Fact]
    public async Task A_change_is_a_new_version_of_whoever_saw_the_last()
    {
        var before = await VersionAsync(SlaHost.Policy);
        var body = $$"""{"warnPercent":60,"targets":{{Targets}}}""";
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.Supervisor().PutAsync(SlaHost.Policy, body, before)));
        Assert.Equal([200, 412, 412], answers.Select(answer => (int)answer.StatusCode).Order());
        Assert.Equal((412, "service.sla_version_stale", null), await host.Supervisor().PutAsync(SlaHost.Policy, body, before).ProblemAsync());
        Assert.Equal((412, "service.sla_version_stale", null), await host.Supervisor().PutAsync(SlaHost.Policy, body, before + 9).ProblemAsync());
        var now = await host.Agent().GetAsync(SlaHost.Policy).OkJsonAsync();
        Assert.Equal((before + 1, 60), (now.GetProperty("version").GetInt64(), now.GetProperty("definition").GetProperty("warnPercent").GetInt32()));
        Assert.Equal((404, "service.sla_version_not_found", null), await host.Agent().GetAsync($"{SlaHost.Policy}?version={before + 9}").ProblemAsync());
        Assert.Equal((404, "service.sla_version_not_found", null), await host.Agent().GetAsync($"{SlaHost.Calendar}?version=99").ProblemAsync());
    }

    [Theory]
    [InlineData("""{"timeZone":"Mars/Olympus","spans":[],"holidays":[]}""", "service.unknown_time_zone", "timeZone")]
    [InlineData("""{"timeZone":"SE Asia Standard Time","spans":[],"holidays":[]}""", "service.unknown_time_zone", "timeZone")]
    [InlineData("""{"timeZone":"","spans":[],"holidays":[]}""", "request.invalid", "timeZone")]
    [InlineData("""{"timeZone":"Asia/Jakarta","holidays":[]}""", "request.missing_field", "spans")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[{"day":"someday","from":"08:00","until":"12:00"}],"holidays":[]}""", "request.malformed", "spans[0].day")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[{"day":"monday","from":"8","until":"12:00"}],"holidays":[]}""", "service.time_of_day_invalid", "spans[0].from")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[{"day":"monday","from":"24:00","until":"24:00"}],"holidays":[]}""", "service.time_of_day_invalid", "spans[0].from")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[{"day":"monday","from":"08:00","until":"25:00"}],"holidays":[]}""", "service.time_of_day_invalid", "spans[0].until")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[{"day":"monday","from":"12:00","until":"08:00"}],"holidays":[]}""", "service.calendar_spans_overlap", "spans[0]")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[{"day":"monday","from":"08:00","until":"12:00"},{"day":"monday","from":"11:00","until":"13:00"}],"holidays":[]}""", "service.calendar_spans_overlap", "spans[1]")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[],"holidays":[{"date":"2026-02-30"}]}""", "request.malformed", "holidays[0].date")]
    [InlineData("""{"timeZone":"Asia/Jakarta","spans":[],"holidays":[{"date":"2026-08-17"},{"date":"2026-08-17","name":"again"}]}""", "service.calendar_holiday_twice", "holidays[1].date")]
    public async Task A_calendar_that_means_nothing_is_refused(string body, string code, string field)
    {
        var before = await VersionAsync(SlaHost.Calendar);
        Assert.Equal((400, code, field), await host.Supervisor().PutAsync(SlaHost.Calendar, body, before).ProblemAsync());
        Assert.Equal(before, await VersionAsync(SlaHost.Calendar));
    }

    [Theory]
    [InlineData("""{"warnPercent":100,"targets":[]}""", "request.invalid", "warnPercent")]
    [InlineData("""{"warnPercent":75,"targets":[]}""", "service.sla_targets_incomplete", "targets")]
    [InlineData("""{"warnPercent":75,"targets":[{"priority":"low","firstResponseMinutes":0,"resolutionMinutes":9}]}""", "service.sla_target_out_of_range", "targets[0].firstResponseMinutes")]
    [InlineData("""{"warnPercent":75,"targets":[{"priority":"low","firstResponseMinutes":9,"resolutionMinutes":8}]}""", "service.sla_target_out_of_range", "targets[0].resolutionMinutes")]
    [InlineData("""{"warnPercent":75,"targets":[{"priority":"low","firstResponseMinutes":9,"resolutionMinutes":99999999}]}""", "service.sla_target_out_of_range", "targets[0].resolutionMinutes")]
    [InlineData("""{"warnPercent":75,"targets":[{"priority":"low","firstResponseMinutes":9,"resolutionMinutes":9},{"priority":"low","firstResponseMinutes":9,"resolutionMinutes":9},{"priority":"high","firstResponseMinutes":9,"resolutionMinutes":9},{"priority":"urgent","firstResponseMinutes":9,"resolutionMinutes":9}]}""", "service.sla_targets_incomplete", "targets")]
    public async Task A_policy_that_leaves_something_open_is_refused(string body, string code, string field)
    {
        var before = await VersionAsync(SlaHost.Policy);
        Assert.Equal((400, code, field), await host.Supervisor().PutAsync(SlaHost.Policy, body, before).ProblemAsync());
        Assert.Equal(before, await VersionAsync(SlaHost.Policy));
    }

    [Fact]
    public async Task Only_supervisors_and_operators_change_what_is_promised()
    {
        var body = $$"""{"warnPercent":60,"targets":{{Targets}}}""";
        Assert.Equal((403, "auth.forbidden", null), await host.Agent().PutAsync(SlaHost.Policy, body, 1).ProblemAsync());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.SalesManager).PutAsync(SlaHost.Calendar, """{"timeZone":"UTC","spans":[],"holidays":[]}""", 1).ProblemAsync());
        await host.ClientFor(Roles.Ops).PutAsync(SlaHost.Policy, body, await VersionAsync(SlaHost.Policy)).OkJsonAsync();
    }

    [Fact]
    public async Task Where_nobody_ever_works_nothing_is_due_and_it_says_so()
    {
        var before = await VersionAsync(SlaHost.Calendar);
        var open = (await host.Agent().GetAsync(SlaHost.Calendar).OkJsonAsync()).GetProperty("definition");
        await host.Supervisor().PutAsync(SlaHost.Calendar, """{"timeZone":"Asia/Jakarta","spans":[],"holidays":[]}""", before).OkJsonAsync();
        var (path, _) = await host.OpenAsync();
        await host.Supervisor().PutAsync(SlaHost.Calendar, open, before + 1).OkJsonAsync();
        host.Clock.Advance(TimeSpan.FromDays(90));
        await host.SweepAsync();
        var clocks = (await host.Agent().GetAsync(path).OkJsonAsync()).GetProperty("clocks").EnumerateArray().ToList();
        Assert.All(clocks, clock => Assert.Equal((true, false, JsonValueKind.Null), (clock.GetProperty("isNeverDue").GetBoolean(), clock.GetProperty("isBreached").GetBoolean(), clock.GetProperty("dueAt").ValueKind)));
        Assert.Empty(await host.StepsAsync(path));
    }

    private async Task<long> VersionAsync(string path) => (await host.Agent().GetAsync(path).OkJsonAsync()).GetProperty("version").GetInt64();
}

using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.ServiceDesk.Tests.Features.Sla;

public sealed class CaseClockTests(SlaHost host) : IClassFixture<SlaHost>
{
    private const int FirstResponse = 0;
    private const int Resolution = 1;

    [Fact]
    public async Task A_case_shows_its_clocks_from_the_opening_to_the_reopening()
    {
        var opened = host.Clock.GetUtcNow();
        var (path, _) = await host.OpenAsync(); // high: an hour, eight hours
        host.Clock.Advance(TimeSpan.FromMinutes(30));
        await host.ChangeAsync(path + "/comments", new { text = "Among us.", isInternal = true }, 1);
        await host.ChangeAsync(path + "/comments", new { text = "We have received your message." }, 2, Roles.Integration);
        var clocks = await ClocksAsync(path);
        Assert.Equal(("firstResponse", "running", 3_600, 1_800, opened.AddHours(1)), Told(clocks[FirstResponse]));
        Assert.Equal(("resolution", "running", 28_800, 1_800, opened.AddHours(8)), Told(clocks[Resolution]));

        await host.ChangeAsync(path + "/comments", new { text = "Which colour?", awaitsCustomer = true }, 3);
        host.Clock.Advance(TimeSpan.FromHours(2));
        // A note on a case that waits for the customer leaves it waiting.
        await host.ChangeAsync(path + "/comments", new { text = "Quiet so far.", isInternal = true }, 4);
        clocks = await ClocksAsync(path);
        Assert.Equal(("firstResponse", "stopped", 3_600, 1_800, opened.AddHours(1)), Told(clocks[FirstResponse]));
        Assert.Equal(opened.AddMinutes(30), clocks[FirstResponse].GetProperty("stoppedAt").GetDateTimeOffset());
        Assert.Equal(("resolution", "paused", 28_800, 1_800, null), Told(clocks[Resolution]));
        Assert.Equal(7_200, clocks[Resolution].GetProperty("pausedSeconds").GetInt64());

        await host.ChangeAsync(path + "/comments", new { text = "Blue, then." }, 5);
        Assert.Equal(("resolution", "running", 28_800, 1_800, opened.AddHours(10)), Told((await ClocksAsync(path))[Resolution]));
        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.ChangeAsync(path + "/resolution", new { resolution = "Painted." }, 6);
        host.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(("resolution", "stopped", 28_800, 5_400, opened.AddHours(10)), Told((await ClocksAsync(path))[Resolution]));
        await host.ChangeAsync(path + "/reopening", new { reason = "It came off." }, 7);
        clocks = await ClocksAsync(path);
        Assert.Equal(("resolution", "running", 28_800, 5_400, opened.AddHours(34)), Told(clocks[Resolution]));
        Assert.Equal("stopped", clocks[FirstResponse].GetProperty("status").GetString());
        Assert.All(clocks, clock => Assert.False(clock.GetProperty("isBreached").GetBoolean()));
        Assert.Empty(await host.StepsAsync(path));
    }

    [Fact]
    public async Task A_case_keeps_the_policy_and_the_calendar_it_was_opened_under()
    {
        var before = await host.Supervisor().GetAsync(SlaHost.Policy).OkJsonAsync();
        var (old, _) = await host.OpenAsync();
        var targets = new[] { "low", "normal", "high", "urgent" }.Select(priority => new { priority, firstResponseMinutes = 1, resolutionMinutes = 2 });
        var version = before.GetProperty("version").GetInt64();
        await host.Supervisor().PutAsync(SlaHost.Policy, new { warnPercent = 50, targets }, version).OkJsonAsync();
        var (young, _) = await host.OpenAsync();

        Assert.Equal([3_600L, 28_800], (await ClocksAsync(old)).Select(clock => clock.GetProperty("targetSeconds").GetInt64()));
        Assert.Equal([60L, 120], (await ClocksAsync(young)).Select(clock => clock.GetProperty("targetSeconds").GetInt64()));
        Assert.Equal(version, (await host.Agent().GetAsync(old).OkJsonAsync()).GetProperty("slaPolicyVersion").GetInt64());
        await host.Supervisor().PutAsync(SlaHost.Policy, before.GetProperty("definition"), version + 1).OkJsonAsync();
    }

    [Fact]
    public async Task A_case_from_before_there_was_a_policy_has_no_clocks_and_is_worked_on_as_ever()
    {
        var (path, customer) = await host.OpenAsync();
        await using (var connection = await host.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                "UPDATE cases SET sla_policy_version = NULL, calendar_version = NULL, next_step_at = NULL, next_due_at = NULL WHERE customer_id = @customer", new { customer });
        }

        host.Clock.Advance(TimeSpan.FromDays(30));
        await host.ChangeAsync(path + "/comments", new { text = "Hello." }, 1);
        await host.SweepAsync();
        Assert.Empty(await ClocksAsync(path));
        Assert.Empty(await host.StepsAsync(path));
        Assert.Equal([path], await ListAsync(customer, "breached=false"));
        Assert.Empty(await ListAsync(customer, "sort=due"));
    }

    [Fact]
    public async Task The_list_is_filtered_by_breach_and_sorted_by_what_is_due_next()
    {
        var customer = await host.NewCustomerAsync();
        var paths = new Dictionary<string, string>();
        foreach (var priority in new[] { "low", "urgent", "normal", "high" }) paths[priority] = (await host.OpenAsync(more: new { customerId = customer, subject = priority, priority })).Path;
        var waiting = (await host.OpenAsync(more: new { customerId = customer, subject = "waits", priority = "urgent" })).Path;
        await host.ChangeAsync(waiting + "/comments", new { text = "And?", awaitsCustomer = true }, 1);
        host.Clock.Advance(TimeSpan.FromMinutes(61));
        await host.SweepAsync();

        Assert.Equal(new[] { "urgent", "high", "normal", "low" }.Select(priority => paths[priority]), await ListAsync(customer, "sort=due"));
        Assert.Equal([paths["high"], paths["urgent"]], await ListAsync(customer, "breached=true"));
        Assert.Equal([waiting, paths["normal"], paths["low"]], await ListAsync(customer, "breached=false"));
        // An answer takes the first response away; the resolution is what is due next.
        await host.ChangeAsync(paths["urgent"] + "/comments", new { text = "At last." }, 1);
        // (At the same instant as the first response of the normal one, which was opened later.)
        Assert.Equal(new[] { "high", "urgent", "normal", "low" }.Select(priority => paths[priority]), await ListAsync(customer, "sort=due"));
        Assert.Equal([paths["high"], paths["urgent"]], await ListAsync(customer, "breached=true"));
        Assert.Equal((400, "service.unknown_sort", "sort"), await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?sort=mood").ProblemAsync());

        var item = (await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?customerId={customer}&sort=due&limit=1").OkJsonAsync()).GetProperty("items")[0];
        Assert.Equal((true, 3_660), (item.GetProperty("isBreached").GetBoolean(), item.GetProperty("clocks")[FirstResponse].GetProperty("elapsedSeconds").GetInt64()));
    }

    /// <summary>Paths of all pages of two.</summary>
    private async Task<List<string>> ListAsync(Guid customer, string query)
    {
        var (paths, cursor) = (new List<string>(), "");
        while (true)
        {
            var page = await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?customerId={customer}&limit=2&{query}{cursor}").OkJsonAsync();
            paths.AddRange(page.GetProperty("items").EnumerateArray().Select(item => $"{ServiceDeskHost.Cases}/{item.GetProperty("id").GetGuid()}"));
            if (page.GetProperty("nextCursor").GetString() is not { } next) return paths;
            cursor = "&cursor=" + next;
        }
    }

    private async Task<JsonElement[]> ClocksAsync(string path) => [.. (await host.Agent().GetAsync(path).OkJsonAsync()).GetProperty("clocks").EnumerateArray()];

    private static (string? Clock, string? Status, long Target, long Elapsed, DateTimeOffset? DueAt) Told(JsonElement clock) => (
        clock.GetProperty("clock").GetString(), clock.GetProperty("status").GetString(), clock.GetProperty("targetSeconds").GetInt64(), clock.GetProperty("elapsedSeconds").GetInt64(),
        clock.GetProperty("dueAt") is { ValueKind: JsonValueKind.String } due ? due.GetDateTimeOffset() : null);
}

using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Features.Sla;
using Crm.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.ServiceDesk.Tests.Features.Sla;

public sealed class SlaSweeperTests(SlaHost host) : IClassFixture<SlaHost>
{
    [Fact]
    public async Task After_a_standstill_each_missed_step_is_told_once_in_order_and_as_late()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CaseClockWarned), typeof(CaseClockBreached));
        await host.SweepAsync();
        Assert.Equal(0, host.Lag());
        var opened = host.Clock.GetUtcNow();
        var (path, customer) = await host.OpenAsync(); // high: an hour, eight hours
        await host.SweepAsync();
        Assert.Empty(await host.StepsAsync(path));

        host.Clock.Advance(TimeSpan.FromMinutes(45) + TimeSpan.FromSeconds(20));
        Assert.Equal(20, host.Lag());
        await host.SweepAsync();
        Assert.Equal([("FirstResponse", "Warned", false)], await host.StepsAsync(path));
        Assert.Equal(0, host.Lag());

        host.Clock.Advance(TimeSpan.FromHours(10)); // nobody sweeps
        Assert.Equal(10 * 3_600 - (15 * 60) + 20, host.Lag());
        for (var i = 0; i < 3; i++) await host.SweepAsync();
        (string, string, bool)[] all = [("FirstResponse", "Warned", false), ("FirstResponse", "Breached", true), ("Resolution", "Warned", true), ("Resolution", "Breached", true)];
        Assert.Equal(all, await host.StepsAsync(path));
        Assert.Equal(0, host.Lag());

        await Eventually.Holds(() =>
        {
            var warned = bus.Seen<CaseClockWarned>().Where(told => told.CustomerId == customer).Select(told => (told.Clock, "Warned", told.IsLate, told.DueAt));
            var breached = bus.Seen<CaseClockBreached>().Where(told => told.CustomerId == customer).Select(told => (told.Clock, "Breached", told.IsLate, told.DueAt));
            Assert.Equal(all, warned.Concat(breached).OrderBy(told => told.DueAt).Select(told => (told.Clock, told.Item2, told.IsLate)));
            return Task.CompletedTask;
        });
        var breach = bus.Seen<CaseClockBreached>().Single(told => told.CustomerId == customer && told.Clock == "Resolution");
        Assert.Equal((opened.AddHours(8), "High", 1), (breach.DueAt, breach.Priority, breach.Cycle));
    }

    [Fact]
    public async Task Sweepers_at_the_same_time_double_nothing_and_leave_nothing()
    {
        const int Copies = SlaSweeper.BatchSize + 50;
        var (_, customer) = await host.OpenAsync();
        await using var connection = await host.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            WITH copies AS (
                INSERT INTO cases (id, number, customer_id, type, priority, status, channel, subject, description, opened_at, version, sla_policy_version, calendar_version, next_step_at)
                SELECT gen_random_uuid(), number || '-' || n, customer_id, type, priority, status, channel, subject, description, opened_at, version, sla_policy_version, calendar_version, next_step_at
                FROM cases, generate_series(1, @Copies) AS n WHERE customer_id = @customer RETURNING *)
            INSERT INTO case_history (case_id, version, change, status, actor, changed_at) SELECT id, 1, 'Opened', status, 'test', opened_at FROM copies
            """,
            new { Copies, customer });
        host.Clock.Advance(TimeSpan.FromHours(9));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(host.SweepAsync)));

        const string Mine = "FROM case_clock_steps s JOIN cases c ON c.id = s.case_id WHERE c.customer_id = @customer";
        Assert.Equal(4L * (Copies + 1), await connection.ExecuteScalarAsync<long>($"SELECT count(*) {Mine}", new { customer }));
        Assert.Equal(Copies + 1L, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM cases WHERE customer_id = @customer AND is_breached AND next_step_at IS NULL", new { customer }));
        // Nobody takes these events here, so that all are in the outbox.
        Assert.Equal(
            (4L * (Copies + 1), 4L * (Copies + 1)),
            await connection.QuerySingleAsync<(long, long)>(
                "SELECT count(*), count(DISTINCT (type, payload::jsonb->>'caseId', payload::jsonb->>'clock')) FROM outbox WHERE type LIKE '%CaseClock%' AND payload::jsonb->>'customerId' = @customer",
                new { customer = customer.ToString() }));
    }

    [Fact]
    public async Task Agents_at_work_and_sweepers_tell_a_step_once()
    {
        var paths = new List<string>();
        for (var i = 0; i < 12; i++) paths.Add((await host.OpenAsync()).Path);
        host.Clock.Advance(TimeSpan.FromHours(9));
        await Task.WhenAll(paths.Select(path => host.ChangeAsync(path + "/comments", new { text = "Now." }, 1)).Concat(Enumerable.Range(0, 3).Select(_ => Task.Run(host.SweepAsync))));
        await using var connection = await host.Database.OpenConnectionAsync();
        foreach (var path in paths)
        {
            Assert.Equal(4, (await host.StepsAsync(path)).Count);
            Assert.Equal(4L, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM outbox WHERE type LIKE '%CaseClock%' AND strpos(payload, @id) > 0", new { id = path[(path.LastIndexOf('/') + 1)..] }));
        }
    }

    [Fact]
    public async Task What_was_due_before_a_case_was_resolved_is_told_though_nobody_swept()
    {
        var (path, customer) = await host.OpenAsync();
        host.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(5));
        await host.ChangeAsync(path + "/resolution", new { resolution = "Done." }, 1);
        Assert.Equal([("FirstResponse", "Warned", true), ("FirstResponse", "Breached", false)], await host.StepsAsync(path));
        host.Clock.Advance(TimeSpan.FromDays(9));
        await host.SweepAsync();
        Assert.Equal(2, (await host.StepsAsync(path)).Count);
        var listed = (await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?customerId={customer}&breached=true").OkJsonAsync()).GetProperty("items");
        Assert.Equal(1, listed.GetArrayLength());
    }

    [Fact]
    public async Task A_step_that_cannot_be_told_is_not_recorded()
    {
        var (path, _) = await host.OpenAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(50));
        await using (var scope = host.Services.CreateAsyncScope())
        {
            // Killed after it wrote and before it committed.
            var unitOfWork = scope.ServiceProvider.GetRequiredService<Crm.ServiceDefaults.Postgres.UnitOfWork>();
            var recorded = await scope.ServiceProvider.GetRequiredService<Crm.ServiceDesk.Persistence.CaseClockStore>().SettleAsync([Guid.Parse(path[(path.LastIndexOf('/') + 1)..])], CancellationToken.None);
            Assert.Single(recorded);
            await unitOfWork.DisposeAsync();
        }

        Assert.Empty(await host.StepsAsync(path));
        await host.SweepAsync();
        Assert.Single(await host.StepsAsync(path));
    }
}

/// <summary>The service as it runs, which sweeps by itself.</summary>
public sealed class SweepingHost : ClockedHost
{
    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        await base.ConfigureAsync(settings);
        settings["Sla:SweepSeconds"] = "1";
    }
}

public sealed class SweepingTests(SweepingHost host) : IClassFixture<SweepingHost>
{
    [Fact]
    public async Task The_service_sweeps_by_itself_in_the_hours_of_the_calendar_that_it_comes_with()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CaseClockWarned), typeof(CaseClockBreached));
        host.Clock.Advance(TimeSpan.FromHours(2.5)); // half past eleven: half an hour until lunch
        var (path, customer) = await host.OpenAsync();
        var due = (await host.Agent().GetAsync(path).OkJsonAsync()).GetProperty("clocks")[0].GetProperty("dueAt").GetDateTimeOffset();
        Assert.Equal(ClockedHost.Start.AddHours(4.5), due); // half past one
        host.Clock.Advance(TimeSpan.FromHours(2.5));
        await Eventually.Holds(() =>
        {
            Assert.Equal(due, Assert.Single(bus.Seen<CaseClockBreached>(), told => told.CustomerId == customer).DueAt);
            return Task.CompletedTask;
        });
    }
}

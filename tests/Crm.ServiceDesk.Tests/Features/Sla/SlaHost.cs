using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Features.Sla;
using Crm.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Crm.ServiceDesk.Tests.Features.Sla;

/// <summary>The service desk at a time that tests set, beginning at nine in Jakarta on a Wednesday.</summary>
public abstract class ClockedHost : ServiceDeskHost
{
    public static readonly DateTimeOffset Start = new(2026, 8, 12, 2, 0, 0, TimeSpan.Zero);

    protected ClockedHost() => Time = Clock;

    public TestClock Clock { get; } = new(Start);

    /// <summary>Known by its event: a call to Customer would carry a deadline of another time.</summary>
    public override async Task<Guid> NewCustomerAsync()
    {
        var customer = await base.NewCustomerAsync();
        await using var connection = await Database.OpenConnectionAsync();
        await connection.ExecuteAsync("INSERT INTO customers (customer_id) VALUES (@customer)", new { customer });
        return customer;
    }
}

/// <summary>Open day and night, and nobody sweeps but the test.</summary>
public sealed class SlaHost : ClockedHost
{
    public const string Policy = "/api/service/v1/sla-policy";
    public const string Calendar = "/api/service/v1/business-calendar";

    public HttpClient Supervisor() => ClientFor(Roles.ServiceSupervisor);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var spans = Enum.GetValues<DayOfWeek>().Select(day => new { day = day.ToString().ToLowerInvariant(), from = "00:00", until = "24:00" });
        await Supervisor().PutAsync(Calendar, new { timeZone = "Asia/Jakarta", spans, holidays = Array.Empty<object>() }, 1).OkJsonAsync();
    }

    /// <summary>Settles what is due, as one replica.</summary>
    public async Task SweepAsync()
    {
        while (await SlaSweeper.SweepBatchAsync(Services.GetRequiredService<IServiceScopeFactory>(), Clock, CancellationToken.None) > 0)
        {
            // Until nothing is.
        }
    }

    public double Lag() => ActivatorUtilities.CreateInstance<SlaSweeper>(Services).Lag();

    public async Task<IReadOnlyList<(string Clock, string Step, bool IsLate)>> StepsAsync(string path)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QueryAsync<(string, string, bool)>(
            "SELECT clock, step, is_late FROM case_clock_steps WHERE case_id = @id ORDER BY due_at, step", new { id = Guid.Parse(path[(path.LastIndexOf('/') + 1)..]) })).AsList();
    }

    protected override void ConfigureServices(IServiceCollection services) =>
        services.Remove(services.Single(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType == typeof(SlaSweeper)));
}

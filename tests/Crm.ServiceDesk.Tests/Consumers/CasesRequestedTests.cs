using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.ServiceDesk.Tests.Consumers;

public sealed class CasesRequestedTests(ServiceDeskHost host) : IClassFixture<ServiceDeskHost>
{
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task A_journey_opens_one_case_for_each_customer_who_exists_however_often_it_asks()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CaseChanged));
        var (known, other, unknown) = (host.Customers.Add(), host.Customers.Add(), Ids.Next());
        var cases = new[] { known, other, unknown }.Select(customer => new RequestedCase(Ids.Next(), customer)).ToArray();
        var request = new CasesRequested(Ids.Next(), TimeProvider.System.GetUtcNow(), Ids.Next(), "Win-back", "featureRequest", "high", "Call them", "Ask why", cases);

        var messageId = Ids.Next();
        for (var copy = 0; copy < 3; copy++) await bus.PublishAsync(request, messageId);
        await bus.PublishAsync(request with { EventId = Ids.Next() }, Ids.Next());

        await Eventually.Holds(() =>
        {
            Assert.Equal(2, bus.Seen<CaseChanged>().Count(changed => changed.Subject == "Call them"));
            return Task.CompletedTask;
        });
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("service-cases-requested")));
        Assert.Equal(
            new[] { known, other }.Order(), bus.Seen<CaseChanged>().Where(changed => changed.Subject == "Call them").Select(changed => changed.CustomerId).Order());
        var opened = (await host.Agent().GetAsync($"{ServiceDeskHost.Cases}/{cases[0].RequestId}").OkJsonAsync()).GetProperty("case");
        Assert.Equal(("featureRequest", "high", "journey"), (opened.GetProperty("type").GetString(), opened.GetProperty("priority").GetString(), opened.GetProperty("channel").GetString()));
        Assert.Equal(404, (int)(await host.Agent().GetAsync($"{ServiceDeskHost.Cases}/{cases[2].RequestId}")).StatusCode);
    }
}

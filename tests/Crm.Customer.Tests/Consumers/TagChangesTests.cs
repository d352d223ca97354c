using Crm.Campaign.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Consumers;

public sealed class TagChangesTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task A_journey_adds_and_removes_tags_once_and_the_services_learn_of_it()
    {
        var (changed, already) = (await RegisterAsync("Tagged", "old", "keep"), await RegisterAsync("Already", "new", "keep"));
        var (request, messageId) = (new TagChangesRequested(NewId(), Instant("2026-03-01T08:00:00Z"), NewId(), "Welcome", ["new"], ["old"], [changed, already, NewId()]), NewId());

        for (var copy = 0; copy < 3; copy++) await host.Bus.PublishAsync(request, messageId);
        await host.Bus.PublishAsync(request with { EventId = NewId() }, NewId()); // asked for anew: nothing left to change

        await Eventually.Holds(() =>
        {
            Assert.Equal(["keep", "new"], host.Snapshots(changed)[^1].Tags);
            return Task.CompletedTask;
        });
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("customer-tag-changes-requested")));
        Assert.Equal([1, 2], host.Snapshots(changed).Select(snapshot => snapshot.Version));
        Assert.Equal([1], host.Snapshots(already).Select(snapshot => snapshot.Version));
        var entry = Assert.Single(await host.TimelineAsync(changed), entry => entry.GetProperty("kind").GetString() == "customer.changed");
        Assert.Equal(("Welcome", "tags"), (entry.GetProperty("args").GetProperty("journey").GetString(), entry.GetProperty("args").GetProperty("fields").GetString()));
    }

    private async Task<Guid> RegisterAsync(string name, params string[] tags) => await host.RegisterIdAsync(new { displayName = name, tags });
}

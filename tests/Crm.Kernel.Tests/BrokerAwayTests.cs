using System.Net;
using Crm.Testing;

namespace Crm.Kernel.Tests;

public sealed class BrokerAwayTests(SampleHost host) : IClassFixture<SampleHost>
{
    [Fact]
    public async Task Without_a_broker_writes_are_accepted_readiness_stays_and_a_crash_before_the_publish_loses_nothing()
    {
        await host.Servers.StopBrokerAsync();
        await Eventually.Holds(async () => Assert.Contains("Degraded", await host.Anonymous().GetStringAsync("/health")));

        var written = new List<Guid>();
        for (var i = 0; i < 20; i++) written.Add(await host.WriteAsync($"while away {i}"));
        Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().GetAsync("/health/ready")).StatusCode);
        Assert.Equal(20, await host.QueryAsync<long>("SELECT count(*) FROM outbox"));
        Assert.Equal(0, await host.QueryAsync<long>("SELECT max(attempts) FROM outbox"));

        // The process goes between commit and publish; another one takes over when the broker is back.
        await host.Servers.StartBrokerAsync();
        await host.RestartAsync();
        await Eventually.Holds(
            async () => Assert.Equal(20, await host.QueryAsync<long>("SELECT count(*) FROM note_counts WHERE count = 1 AND note_id = ANY(@written)", new { written = written.ToArray() })),
            TimeSpan.FromSeconds(60));
        // The relay deletes them after the confirms, which consumers may be faster than.
        await Eventually.Holds(async () => Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM outbox")));
    }
}

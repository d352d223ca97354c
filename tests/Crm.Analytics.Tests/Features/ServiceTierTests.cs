using System.Net.Http.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Analytics.Tests.Features;

public sealed class ServiceTierTests(AnalyticsHost host) : IClassFixture<AnalyticsHost>
{
    [Fact]
    public async Task Each_change_of_a_tier_is_told_once_and_what_is_no_tier_is_refused()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(ServiceTierSet));
        var customer = AnalyticsHost.Ids.Next();
        var path = $"{AnalyticsHost.Api}/customers/{customer}/service-tier";
        var first = await host.Analyst().PutAsJsonAsync(path, new { tier = 3 }).OkJsonAsync();
        var same = await host.Analyst().PutAsJsonAsync(path, new { tier = 3 }).OkJsonAsync();
        Assert.Equal(first.GetProperty("setAt").GetDateTimeOffset(), same.GetProperty("setAt").GetDateTimeOffset(), TimeSpan.FromMicroseconds(1));
        await host.Analyst().PutAsJsonAsync(path, new { tier = 5 }).OkJsonAsync();
        Assert.Equal((400, "request.invalid", "tier"), await host.Analyst().PutAsJsonAsync(path, new { tier = 6 }).ProblemAsync());
        Assert.Equal(403, (int)(await host.ClientFor(Roles.Marketer).PutAsJsonAsync(path, new { tier = 1 })).StatusCode);

        await Eventually.Holds(() =>
        {
            Assert.Equal([3, 5], probe.Seen<ServiceTierSet>().Where(set => set.CustomerId == customer).OrderBy(set => set.OccurredAt).Select(set => set.Tier));
            return Task.CompletedTask;
        });
    }
}

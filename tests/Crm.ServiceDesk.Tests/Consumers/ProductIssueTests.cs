using Crm.Analytics.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.ServiceDesk.Tests.Consumers;

public sealed class ProductIssueTests(ServiceDeskHost host) : IClassFixture<ServiceDeskHost>
{
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task A_suspected_product_issue_is_shown_to_agents_until_it_is_closed_in_whatever_order_it_is_heard_of()
    {
        var (one, other) = (Ids.Next(), Ids.Next());
        ProductIssueSuspected Suspected(Guid id) => new(
            Ids.Next(), new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero), id, "KETTLE-" + id, "Kettle", "returns", new DateOnly(2026, 5, 4), 21, 6.5, 3.2, 2, 4.9, "LOT-7", ["leaks"]);
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await probe.PublishAsync(Suspected(one), Ids.Next());
        await probe.PublishAsync(new ProductIssueClosed(Ids.Next(), new DateTimeOffset(2026, 6, 9, 0, 0, 0, TimeSpan.Zero), other, "KETTLE-" + other, "recalled"), Ids.Next());

        var agent = host.ClientFor(Roles.ServiceAgent);
        await Eventually.Holds(async () =>
        {
            var open = Assert.Single((await agent.GetAsync($"/api/service/v1/product-issues?open=true&sku=KETTLE-{one}").OkJsonAsync()).GetProperty("items").EnumerateArray());
            Assert.Equal(("LOT-7", 3.2, "leaks"), (open.GetProperty("lot").GetString(), open.GetProperty("rateRatio").GetDouble(), open.GetProperty("reasons")[0].GetString()));
            Assert.Single((await agent.GetAsync($"/api/service/v1/product-issues?open=false&sku=KETTLE-{other}").OkJsonAsync()).GetProperty("items").EnumerateArray());
        });
        await probe.PublishAsync(Suspected(other), Ids.Next());
        await Eventually.Holds(async () =>
        {
            var closed = Assert.Single((await agent.GetAsync($"/api/service/v1/product-issues?sku=KETTLE-{other}").OkJsonAsync()).GetProperty("items").EnumerateArray());
            Assert.Equal(("Kettle", "recalled"), (closed.GetProperty("productName").GetString(), closed.GetProperty("closeReason").GetString()));
        });
    }
}

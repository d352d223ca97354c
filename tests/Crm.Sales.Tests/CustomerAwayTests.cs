using Crm.Testing;
using Grpc.Core;

namespace Crm.Sales.Tests;

public sealed class CustomerAwayTests(SalesHost host) : IClassFixture<SalesHost>
{
    [Fact]
    public async Task Unknown_customers_wait_and_known_ones_do_not()
    {
        var source = SalesHost.NewSource();
        var known = host.NewCustomer(source, "known");
        await host.RecordAsync(SalesHost.Sound(source, "before", known));
        await host.StopCustomerAsync();

        var stranger = SalesHost.Sound(source, "1", SalesHost.Ids.Next());
        Assert.Equal((503, "sales.customer_service_unavailable", null), await host.Seller().PostAsync(SalesHost.Purchases, stranger).ProblemAsync());
        Assert.Equal(
            (503, "sales.customer_service_unavailable", null),
            await host.Seller().PostAsync($"{SalesHost.Purchases}/batch", new { purchases = new[] { SalesHost.Sound(source, "2", known), stranger } }).ProblemAsync());
        var refused = await Assert.ThrowsAsync<RpcException>(() => IngestTests.SendAsync(host.Ingestion(), [IngestTests.Record(source, "3", "known"), IngestTests.Record(source, "4", "who")], 10));
        Assert.Equal((StatusCode.Unavailable, "sales.customer_service_unavailable"), (refused.StatusCode, refused.Trailers.GetValue("crm-code")));
        Assert.Equal(1, await host.CountAsync(source));

        await host.RecordAsync(SalesHost.Sound(source, "5", known));
        Assert.Equal(2, await host.CountAsync(source));
    }
}

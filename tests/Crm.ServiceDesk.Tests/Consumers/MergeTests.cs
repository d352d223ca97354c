using System.Net.Http.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.ServiceDesk.Tests.Consumers;

public sealed class MergeTests(ServiceDeskHost host) : IClassFixture<ServiceDeskHost>
{
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task Cases_follow_a_merge_and_come_back_when_it_is_undone()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var (survivor, absorbed) = (Ids.Next(), Ids.Next());
        var path = await OpenAsync(absorbed, "It does not ring");
        var (merge, now) = (Ids.Next(), TimeProvider.System.GetUtcNow());
        await bus.PublishAsync(new CustomerMerged(Ids.Next(), now, merge, survivor, absorbed), Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(survivor, await CustomerOfAsync(path)));
        await bus.PublishAsync(new CustomerUnmerged(Ids.Next(), now, merge, survivor, absorbed), Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(absorbed, await CustomerOfAsync(path)));
    }

    [Fact]
    public async Task An_erasure_leaves_the_case_without_a_word_that_was_said()
    {
        await using var bus = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(ServiceDataErased), typeof(CaseChanged));
        var planted = "Zq" + Ids.Next().ToString("N")[20..];
        var customer = Ids.Next();
        var path = await OpenAsync(customer, planted);
        using var comment = new HttpRequestMessage(HttpMethod.Post, path + "/comments") { Content = JsonContent.Create(new { text = planted }) };
        comment.Headers.Add("Idempotency-Key", Ids.Next().ToString());
        comment.Headers.Add("If-Match", "\"1\"");
        await host.Agent().SendAsync(comment).OkJsonAsync();
        var request = Ids.Next();
        await bus.PublishAsync(new ErasureRequested(Ids.Next(), TimeProvider.System.GetUtcNow(), request, [customer]), Ids.Next());
        await Eventually.Holds(() =>
        {
            Assert.Contains(bus.Seen<ServiceDataErased>(), erased => erased.RequestId == request);
            return Task.CompletedTask;
        });
        foreach (var table in new[] { "cases", "case_comments", "outbox", "idempotency" })
        {
            await using var command = host.Database.CreateCommand($"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{planted}%'");
            Assert.Equal((table, 0L), (table, (long)(await command.ExecuteScalarAsync())!));
        }

        Assert.Equal(customer, await CustomerOfAsync(path));
    }

    private async Task<string> OpenAsync(Guid customer, string text)
    {
        await using var command = host.Database.CreateCommand($"INSERT INTO customers VALUES ('{customer}')");
        await command.ExecuteNonQueryAsync();
        return (await host.OpenAsync(more: new { customerId = customer, subject = text, description = text, type = "complaint", priority = "high", channel = "phone" })).Path;
    }

    private async Task<Guid> CustomerOfAsync(string path) => (await host.Agent().GetAsync(path).OkJsonAsync()).GetProperty("case").GetProperty("customerId").GetGuid();
}

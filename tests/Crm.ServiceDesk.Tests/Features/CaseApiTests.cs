using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.V1;
using Crm.Testing;
using Dapper;
using Grpc.Core;

namespace Crm.ServiceDesk.Tests.Features;

public sealed class CaseApiTests(ServiceDeskHost host) : IClassFixture<ServiceDeskHost>
{
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task A_case_from_the_call_to_the_solution()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CaseChanged));
        var (path, customerId) = await host.OpenAsync();
        var agent = host.Agent();
        await Post(path + "/assignments", new { assignee = "sari" }, 1);
        await Post(path + "/comments", new { text = "Called back, left a message.", awaitsCustomer = true }, 2);
        await Post(path + "/comments", new { text = "Staff only: supplier knows.", isInternal = true }, 3);
        await Post(path + "/resolution", new { resolution = "Replaced under warranty." }, 4);

        var shown = await agent.GetAsync(path).OkJsonAsync();
        Assert.Matches("^CASE-20[0-9]{2}-[0-9]{6}$", shown.GetProperty("case").GetProperty("number").GetString());
        Assert.Equal("resolved", shown.GetProperty("case").GetProperty("status").GetString());
        Assert.Equal(["Opened", "Assigned", "Commented", "Commented", "Resolved"], shown.GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("change").GetString()));
        Assert.All(shown.GetProperty("history").EnumerateArray(), entry => Assert.Matches("^[a-z]+$", entry.GetProperty("status").GetString()));
        Assert.Equal(2, shown.GetProperty("comments").GetArrayLength());
        var inList = Assert.Single((await agent.GetAsync($"{ServiceDeskHost.Cases}?customerId={customerId}").OkJsonAsync()).GetProperty("items").EnumerateArray());
        foreach (var name in new[] { "type", "priority", "status" }) Assert.Equal(shown.GetProperty("case").GetProperty(name).GetString(), inList.GetProperty(name).GetString());

        await Eventually.Holds(() =>
        {
            var events = probe.Seen<CaseChanged>().Where(changed => changed.CustomerId == customerId).OrderBy(changed => changed.Version).ToList();
            Assert.Equal([1, 2, 3, 4, 5], events.Select(changed => changed.Version));
            Assert.Equal("Called back, left a message.", events[2].Comment);
            Assert.Null(events[3].Comment);
            Assert.False(events[4].IsOpen);
            return Task.CompletedTask;
        });

        var reads = new CaseReads.CaseReadsClient(host.GrpcFrom("gateway", Roles.ServiceAgent));
        var listed = await reads.ListCasesAsync(new ListCasesRequest { CustomerId = customerId.ToString(), Limit = 5 });
        Assert.Equal(0, listed.OpenCount);
        Assert.Equal("Resolved", Assert.Single(listed.Cases).Status);

        async Task Post(string to, object body, long version)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = System.Net.Http.Json.JsonContent.Create(body, body.GetType()) };
            request.Headers.Add("Idempotency-Key", Ids.Next().ToString());
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
            await agent.SendAsync(request).OkJsonAsync();
        }
    }

    [Theory]
    [InlineData("""{"subject":"x"}""", 400, "request.missing_field", "customerId")]
    [InlineData("""{"customerId":"not-a-guid","subject":"x"}""", 400, "request.malformed", "customerId")]
    [InlineData("""{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057","subject":""}""", 400, "request.invalid", "subject")]
    [InlineData("""{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057","subject":"x","channel":"telepathy"}""", 400, "request.invalid", "channel")]
    [InlineData("""{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057","subject":"x","priority":"now"}""", 400, "request.malformed", "priority")]
    [InlineData("""{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057","subject":"x","status":"resolved"}""", 400, "request.unknown_field", "status")]
    [InlineData("""{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057","subject":"x"}""", 422, "service.unknown_customer", "customerId")]
    public async Task Refused_and_nothing_stored(string body, int status, string code, string field)
    {
        var before = await CountAsync();
        Assert.Equal((status, code, field), await host.Agent().PostAsync(ServiceDeskHost.Cases, body).ProblemAsync());
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Two_agents_one_gets_412()
    {
        var (path, _) = await host.OpenAsync();
        var answers = await Task.WhenAll(Assign("sari"), Assign("budi"));
        Assert.Equal([200, 412], answers.Select(answer => (int)answer.StatusCode).Order());

        Task<HttpResponseMessage> Assign(string assignee)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path + "/assignments") { Content = System.Net.Http.Json.JsonContent.Create(new { assignee }) };
            request.Headers.Add("Idempotency-Key", Ids.Next().ToString());
            request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
            return host.Agent().SendAsync(request);
        }
    }

    [Fact]
    public async Task A_customer_known_by_its_event_needs_no_call()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        var id = Ids.Next();
        var snapshot = new CustomerSnapshot { CustomerId = id, Version = 1, DisplayName = "Sri", Language = "id", TimeZone = "Asia/Jakarta", LifecycleStage = "Prospect", RegisteredAt = DateTimeOffset.UnixEpoch };
        await probe.PublishAsync(new CustomersRegistered(Ids.Next(), DateTimeOffset.UnixEpoch, [snapshot]), Ids.Next());
        await Eventually.Holds(() => host.Agent().PostAsync(ServiceDeskHost.Cases, new { customerId = id, subject = "Known" }).OkJsonAsync());
    }

    [Fact]
    public async Task Lists_page_by_status_and_customer()
    {
        var customer = host.Customers.Add();
        for (var i = 0; i < 5; i++) await host.OpenAsync(more: new { customerId = customer, subject = $"case {i}" });
        var first = await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?customerId={customer}&status=new&limit=3").OkJsonAsync();
        var second = await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?customerId={customer}&limit=3&cursor={first.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Equal(["case 4", "case 3", "case 2", "case 1", "case 0"], Subjects(first).Concat(Subjects(second)));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
        Assert.Equal((400, "service.unknown_status", "status"), await host.Agent().GetAsync($"{ServiceDeskHost.Cases}?status=lost").ProblemAsync());

        static IEnumerable<string?> Subjects(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("subject").GetString());
    }

    [Fact]
    public async Task Rights()
    {
        EndpointRules.AssertAuthorised(host.Services);
        var (path, customer) = await host.OpenAsync();
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Marketer).PostAsync(ServiceDeskHost.Cases, new { customerId = customer, subject = "x" }).ProblemAsync());
        await host.ClientFor(Roles.SalesRep).PostAsync(ServiceDeskHost.Cases, new { customerId = customer, subject = "From the rep" }).OkJsonAsync();
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.SalesRep).PostAsync(path + "/resolution", new { resolution = "x" }).ProblemAsync());
        var stranger = new CaseReads.CaseReadsClient(host.GrpcFrom("sales", Roles.ServiceAgent));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await stranger.ListCasesAsync(new ListCasesRequest { CustomerId = customer.ToString() }));
        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
    }

    private async Task<long> CountAsync()
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM cases");
    }

    [Fact]
    public async Task A_person_is_told_their_cases_with_what_was_said_and_done()
    {
        var (path, customer) = await host.OpenAsync("The bell is broken");
        await host.OpenAsync("Of somebody else");
        using var comment = new HttpRequestMessage(HttpMethod.Post, path + "/comments") { Content = System.Net.Http.Json.JsonContent.Create(new { text = "It will be mended." }) };
        comment.Headers.Add("Idempotency-Key", Ids.Next().ToString());
        comment.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        await host.Agent().SendAsync(comment).OkJsonAsync();
        var told = await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customer);
        Assert.Equal("The bell is broken", Assert.Single(told["cases"]).GetProperty("subject").GetString());
        Assert.Equal("It will be mended.", Assert.Single(told["case_comments"]).GetProperty("text").GetString());
        Assert.Equal(2, told["case_history"].Count());
        await SubjectExport.AssertClosedAsync(host.GrpcFrom("gateway", Roles.Ops));
    }
}

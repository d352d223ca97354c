using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Grpc.Core;

namespace Crm.ServiceDesk.Tests;

/// <summary>The service desk with a customer service that knows the customers in <see cref="Customers"/>.</summary>
public class ServiceDeskHost() : ServiceHost<Program>("service")
{
    public const string Cases = "/api/service/v1/cases";
    private StubGrpcServer _customers = null!;

    public CustomerDirectory Customers { get; } = new();

    public HttpClient Agent() => ClientFor(Roles.ServiceAgent);

    /// <summary>A change of a case at the version that the caller has seen.</summary>
    public async Task<System.Text.Json.JsonElement> ChangeAsync(string path, object body, long version, string role = Roles.ServiceAgent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = System.Net.Http.Json.JsonContent.Create(body, body.GetType()) };
        request.Headers.Add("Idempotency-Key", new Crm.ServiceDefaults.Hosting.Ids(TimeProvider.System).Next().ToString());
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        return await ClientFor(role).SendAsync(request).OkJsonAsync();
    }

    public async Task<(string Path, Guid CustomerId)> OpenAsync(string subject = "It does not ring", object? more = null)
    {
        var customer = await NewCustomerAsync();
        var opened = await Agent().PostAsync(Cases, more ?? new { customerId = customer, subject, type = "complaint", priority = "high", channel = "phone" }).OkJsonAsync();
        return ($"{Cases}/{opened.GetProperty("id").GetGuid()}", customer);
    }

    /// <summary>A customer whom only Customer knows so far.</summary>
    public virtual Task<Guid> NewCustomerAsync() => Task.FromResult(Customers.Add());

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _customers.DisposeAsync();
    }

    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        _customers = await StubGrpcServer.StartAsync(Customers);
        settings["services:customer:grpc:0"] = _customers.Address;
    }
}

/// <summary>Customer's own rpc, over a list that tests fill.</summary>
public sealed class CustomerDirectory : CustomerReads.CustomerReadsBase
{
    private readonly HashSet<string> _known = [];

    public Guid Add()
    {
        var id = new Crm.ServiceDefaults.Hosting.Ids(TimeProvider.System).Next();
        lock (_known) _known.Add(id.ToString());
        return id;
    }

    public override Task<ResolveCustomersResponse> ResolveCustomers(ResolveCustomersRequest request, ServerCallContext context)
    {
        lock (_known)
        {
            return Task.FromResult(new ResolveCustomersResponse { CustomerIds = { request.References.Select(reference => _known.Contains(reference.CustomerId) ? reference.CustomerId : "") } });
        }
    }
}

using System.Collections.Concurrent;
using Crm.Customer.Contracts.V1;
using Grpc.Core;

namespace Crm.Sales.Tests;

/// <summary>Customer's answers about who exists, as the tests say.</summary>
public sealed class CustomerStub : CustomerReads.CustomerReadsBase
{
    private int _calls;

    public ConcurrentDictionary<Guid, byte> Ids { get; } = new();

    public ConcurrentDictionary<(string Source, string SourceId), Guid> Keys { get; } = new();

    public int Calls => _calls;

    public override Task<ResolveCustomersResponse> ResolveCustomers(ResolveCustomersRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _calls);
        var response = new ResolveCustomersResponse();
        response.CustomerIds.AddRange(request.References.Select(Resolve));
        return Task.FromResult(response);
    }

    private string Resolve(CustomerReference reference)
    {
        if (Guid.TryParse(reference.CustomerId, out var id)) return Ids.ContainsKey(id) ? id.ToString() : "";
        return Keys.TryGetValue((reference.Source, reference.SourceId), out var found) ? found.ToString() : "";
    }
}

using Crm.Customer.Contracts.V1;
using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Grpc.Core;

namespace Crm.Sales.Persistence;

/// <summary>How a purchase names its customer: by id, or by the key at the system that the customer came from.</summary>
public readonly record struct CustomerKey(Guid? Id, string? Source, string? SourceId)
{
    public static CustomerKey Of(PurchaseInput purchase) => new(purchase.CustomerId, purchase.CustomerSource, purchase.CustomerSourceId);
}

/// <summary>Which customers exist: from the own projection, and what that does not know yet from Customer in one call for all.</summary>
public sealed class CustomerDirectory(UnitOfWork unitOfWork, CustomerReads.CustomerReadsClient customers, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>Those of the customers that exist. Throws when some are not known here and Customer does not answer.</summary>
    public async Task<IReadOnlyDictionary<CustomerKey, Guid>> ResolveAsync(IEnumerable<CustomerKey> keys, CancellationToken cancellationToken)
    {
        var wanted = keys.ToHashSet();
        var found = new Dictionary<CustomerKey, Guid>(wanted.Count);
        await FindByIdAsync(wanted, found, cancellationToken);
        await FindByKeyAsync(wanted, found, cancellationToken);
        var missing = wanted.Where(key => !found.ContainsKey(key)).ToList();
        if (missing.Count > 0) await AskAsync(missing, found, cancellationToken);
        return found;
    }

    /// <summary>Remembers customers, in the order of their ids so that two writers do not block each other.</summary>
    public Task RememberAsync(IEnumerable<(Guid Id, string? Source, string? SourceId)> customers, CancellationToken cancellationToken)
    {
        var rows = customers.DistinctBy(customer => customer.Id).OrderBy(customer => customer.Id).ToList();
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO customers AS known (customer_id, source, source_id)
            SELECT * FROM unnest(@ids, @sources, @sourceIds)
            ON CONFLICT (customer_id) DO UPDATE SET source = excluded.source, source_id = excluded.source_id
            WHERE known.source IS NULL AND excluded.source IS NOT NULL
            """,
            new
            {
                ids = rows.Select(row => row.Id).ToArray(),
                sources = rows.Select(row => row.Source).ToArray(),
                sourceIds = rows.Select(row => row.SourceId).ToArray(),
            },
            cancellationToken);
    }

    private async Task FindByIdAsync(HashSet<CustomerKey> wanted, Dictionary<CustomerKey, Guid> found, CancellationToken cancellationToken)
    {
        var ids = wanted.Where(key => key.Id is not null).Select(key => key.Id!.Value).ToArray();
        if (ids.Length == 0) return;
        foreach (var id in await unitOfWork.QueryAsync<Guid>("SELECT customer_id FROM customers WHERE customer_id = ANY(@ids)", new { ids }, cancellationToken))
        {
            found[new CustomerKey(id, null, null)] = id;
        }
    }

    private async Task FindByKeyAsync(HashSet<CustomerKey> wanted, Dictionary<CustomerKey, Guid> found, CancellationToken cancellationToken)
    {
        var keys = wanted.Where(key => key.Id is null).ToList();
        if (keys.Count == 0) return;
        var rows = await unitOfWork.QueryAsync<(Guid Id, string Source, string SourceId)>(
            """
            SELECT c.customer_id, c.source, c.source_id
            FROM unnest(@sources, @sourceIds) AS wanted (source, source_id) JOIN customers c USING (source, source_id)
            """,
            new { sources = keys.Select(key => key.Source).ToArray(), sourceIds = keys.Select(key => key.SourceId).ToArray() },
            cancellationToken);
        foreach (var (id, source, sourceId) in rows) found[new CustomerKey(null, source, sourceId)] = id;
    }

    private async Task AskAsync(List<CustomerKey> missing, Dictionary<CustomerKey, Guid> found, CancellationToken cancellationToken)
    {
        var request = new ResolveCustomersRequest();
        request.References.AddRange(missing.Select(key => new CustomerReference
        {
            CustomerId = key.Id?.ToString() ?? "",
            Source = key.Source ?? "",
            SourceId = key.SourceId ?? "",
        }));
        ResolveCustomersResponse response;
        try
        {
            response = await customers.ResolveCustomersAsync(request, deadline: (time.GetUtcNow() + Deadline).UtcDateTime, cancellationToken: cancellationToken);
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ErrorException(SalesErrors.CustomerServiceUnavailable);
        }

        var learned = new List<(Guid, string?, string?)>();
        foreach (var (key, answer) in missing.Zip(response.CustomerIds))
        {
            if (!Guid.TryParse(answer, out var id)) continue;
            found[key] = id;
            learned.Add((id, key.Source, key.SourceId));
        }

        if (learned.Count > 0) await RememberAsync(learned, cancellationToken);
    }
}

using Crm.Customer.Contracts.V1;
using Crm.Loyalty.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Grpc.Core;

namespace Crm.Loyalty.Persistence;

/// <summary>Which customers exist: from the own projection, and those that no event has told of yet by asking Customer once for all.</summary>
internal sealed class KnownCustomers(UnitOfWork unitOfWork, CustomerReads.CustomerReadsClient customers)
{
    public async Task<HashSet<Guid>> FindAsync(Guid[] customerIds, CancellationToken cancellationToken)
    {
        var known = (await unitOfWork.QueryAsync<Guid>(
            "SELECT customer_id FROM customers WHERE customer_id = ANY(@customerIds)", new { customerIds }, cancellationToken)).ToHashSet();
        var missing = customerIds.Where(id => !known.Contains(id)).ToList();
        if (missing.Count == 0) return known;

        var learned = await AskAsync(missing, cancellationToken);
        await unitOfWork.ExecuteAsync(
            "INSERT INTO customers (customer_id) SELECT unnest(@learned) ON CONFLICT DO NOTHING", new { learned }, cancellationToken);
        known.UnionWith(learned);
        return known;
    }

    private async Task<Guid[]> AskAsync(List<Guid> missing, CancellationToken cancellationToken)
    {
        var request = new ResolveCustomersRequest();
        request.References.AddRange(missing.Select(id => new CustomerReference { CustomerId = id.ToString() }));
        try
        {
            var answer = await customers.ResolveCustomersAsync(request, cancellationToken: cancellationToken);
            return [.. answer.CustomerIds.Where(id => id.Length > 0).Select(Guid.Parse).Order()];
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            throw new ErrorException(LoyaltyErrors.CustomerServiceUnavailable);
        }
    }
}

using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.ServiceDesk.Persistence;

/// <summary>Whether a customer exists: from the own projection, and for one that its event has not told yet, by asking Customer once.</summary>
public sealed class KnownCustomers(UnitOfWork unitOfWork, CustomerReads.CustomerReadsClient customers)
{
    public async Task<bool> ContainsAsync(Guid customerId, CancellationToken cancellationToken)
    {
        if (await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM customers WHERE customer_id = @customerId)", new { customerId }, cancellationToken))
        {
            return true;
        }

        var request = new ResolveCustomersRequest { References = { new CustomerReference { CustomerId = customerId.ToString() } } };
        var answer = await customers.ResolveCustomersAsync(request, cancellationToken: cancellationToken);
        if (answer.CustomerIds is not [{ Length: > 0 }]) return false;

        await unitOfWork.ExecuteAsync("INSERT INTO customers (customer_id) VALUES (@customerId) ON CONFLICT DO NOTHING", new { customerId }, cancellationToken);
        return true;
    }
}

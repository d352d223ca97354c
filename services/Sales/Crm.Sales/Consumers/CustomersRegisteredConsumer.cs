using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Persistence;
using MassTransit;

namespace Crm.Sales.Consumers;

/// <summary>Learns which customers exist, before their first purchase arrives where it can.</summary>
public sealed class CustomersRegisteredConsumer(CustomerDirectory customers) : IConsumer<CustomersRegistered>
{
    public Task Consume(ConsumeContext<CustomersRegistered> context) => customers.RememberAsync(
        context.Message.Customers.Select(customer => (customer.CustomerId, customer.Source, customer.SourceId)), context.CancellationToken);
}

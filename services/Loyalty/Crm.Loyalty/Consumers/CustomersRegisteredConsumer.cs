using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Loyalty.Consumers;

/// <summary>Remembers which customers exist.</summary>
public sealed class CustomersRegisteredConsumer(UnitOfWork unitOfWork) : IConsumer<CustomersRegistered>
{
    public Task Consume(ConsumeContext<CustomersRegistered> context) => unitOfWork.ExecuteAsync(
        "INSERT INTO customers (customer_id) SELECT unnest(@ids) ON CONFLICT DO NOTHING",
        new { ids = context.Message.Customers.Select(customer => customer.CustomerId).Order().ToArray() },
        context.CancellationToken);
}

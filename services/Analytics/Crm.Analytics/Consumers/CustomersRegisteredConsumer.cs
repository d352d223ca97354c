using Crm.Analytics.Persistence;
using Crm.Customer.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

public sealed class CustomersRegisteredConsumer(EventLog log, Projections projections) : EventLogConsumer<CustomersRegistered>(log)
{
    protected override Task ProjectAsync(CustomersRegistered message, CancellationToken cancellationToken) => projections.ApplyAsync(message, cancellationToken);
}

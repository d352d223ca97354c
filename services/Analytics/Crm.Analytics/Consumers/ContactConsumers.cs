using Crm.Analytics.Persistence;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

// Consents and messages: whether an offer may be made.

public sealed class ConsentChangedConsumer(EventLog log, Projections projections) : EventLogConsumer<ConsentChanged>(log)
{
    protected override Task ProjectAsync(ConsentChanged message, CancellationToken cancellationToken) => projections.ApplyAsync(message, cancellationToken);
}

public sealed class CustomersChangedConsumer(EventLog log, Projections projections) : EventLogConsumer<CustomersChanged>(log)
{
    protected override Task ProjectAsync(CustomersChanged message, CancellationToken cancellationToken) => projections.ApplyAsync(message, cancellationToken);
}

public sealed class MessagesSentConsumer(EventLog log, Projections projections) : EventLogConsumer<MessagesSent>(log)
{
    protected override Task ProjectAsync(MessagesSent message, CancellationToken cancellationToken) => projections.ApplyAsync(message, cancellationToken);
}

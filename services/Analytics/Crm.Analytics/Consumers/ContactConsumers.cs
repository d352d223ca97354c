using Crm.Analytics.Persistence;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

// Consents and messages: whether an offer may be made.

public sealed class ConsentChangedConsumer(EventLog log, ContactRules rules) : EventLogConsumer<ConsentChanged>(log)
{
    protected override Task ProjectAsync(ConsentChanged message, CancellationToken cancellationToken) =>
        rules.RecordAsync([(message.CustomerId, message.Consent)], cancellationToken);
}

public sealed class CustomersChangedConsumer(EventLog log, ContactRules rules) : EventLogConsumer<CustomersChanged>(log)
{
    protected override Task ProjectAsync(CustomersChanged message, CancellationToken cancellationToken) => rules.RecordAsync(message.Customers, cancellationToken);
}

public sealed class CustomersRegisteredConsumer(EventLog log, ContactRules rules) : EventLogConsumer<CustomersRegistered>(log)
{
    protected override Task ProjectAsync(CustomersRegistered message, CancellationToken cancellationToken) => rules.RecordAsync(message.Customers, cancellationToken);
}

public sealed class MessagesSentConsumer(EventLog log, ContactRules rules) : EventLogConsumer<MessagesSent>(log)
{
    protected override Task ProjectAsync(MessagesSent message, CancellationToken cancellationToken) => rules.RecordAsync(message, cancellationToken);
}

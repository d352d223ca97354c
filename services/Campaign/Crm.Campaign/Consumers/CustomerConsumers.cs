using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

public sealed class CustomersRegisteredConsumer(UnitOfWork unitOfWork) : IConsumer<CustomersRegistered>
{
    public Task Consume(ConsumeContext<CustomersRegistered> context) =>
        AudienceProfiles.ApplyAsync(context.Message.Customers, unitOfWork, context.CancellationToken);
}

public sealed class CustomersChangedConsumer(UnitOfWork unitOfWork) : IConsumer<CustomersChanged>
{
    public Task Consume(ConsumeContext<CustomersChanged> context) =>
        AudienceProfiles.ApplyAsync(context.Message.Customers, unitOfWork, context.CancellationToken);
}

public sealed class ConsentChangedConsumer(UnitOfWork unitOfWork) : IConsumer<ConsentChanged>
{
    public Task Consume(ConsumeContext<ConsentChanged> context) =>
        AudienceProfiles.ApplyAsync(context.Message.CustomerId, context.Message.Consent, unitOfWork, context.CancellationToken);
}

using Crm.Campaign.Journeys;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

public sealed class CustomersRegisteredConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<CustomersRegistered>
{
    public async Task Consume(ConsumeContext<CustomersRegistered> context)
    {
        var tags = await CustomerJourneys.TagsAsync(context.Message.Customers, unitOfWork, context.CancellationToken);
        await AudienceProfiles.ApplyAsync(context.Message.Customers, unitOfWork, context.CancellationToken);
        await CustomerJourneys.RegisteredAsync(context.Message.Customers, journeys, context.CancellationToken);
        await CustomerJourneys.ChangedAsync(context.Message.Customers, tags, context.Message.OccurredAt, journeys, context.CancellationToken);
    }
}

public sealed class CustomersChangedConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<CustomersChanged>
{
    public async Task Consume(ConsumeContext<CustomersChanged> context)
    {
        var tags = await CustomerJourneys.TagsAsync(context.Message.Customers, unitOfWork, context.CancellationToken);
        await AudienceProfiles.ApplyAsync(context.Message.Customers, unitOfWork, context.CancellationToken);
        await CustomerJourneys.ChangedAsync(context.Message.Customers, tags, context.Message.OccurredAt, journeys, context.CancellationToken);
    }
}

public sealed class ConsentChangedConsumer(UnitOfWork unitOfWork) : IConsumer<ConsentChanged>
{
    public async Task Consume(ConsumeContext<ConsentChanged> context)
    {
        await AudienceProfiles.ApplyAsync(context.Message.CustomerId, context.Message.Consent, unitOfWork, context.CancellationToken);
        await ConsentNotices.KeepAsync(context.Message, unitOfWork, context.CancellationToken);
    }
}

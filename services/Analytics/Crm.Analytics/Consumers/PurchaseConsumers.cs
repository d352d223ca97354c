using Crm.Analytics.Persistence;
using Crm.Sales.Contracts.Events.V1;
using MassTransit;

namespace Crm.Analytics.Consumers;

/// <summary>Purchases come by the thousand in a second: those that wait together are one transaction.</summary>
public sealed class PurchasesRecordedConsumer(EventLog log, PurchaseGroups groups) : EventLogConsumer<PurchasesRecorded>(log)
{
    public override Task Consume(ConsumeContext<PurchasesRecorded> context) => groups.CommitAsync(context);
}

/// <summary>As many at once as a group may have. The rest waits with the broker, since one event may hold hundreds of purchases.</summary>
public sealed class PurchasesRecordedConsumerDefinition : ConsumerDefinition<PurchasesRecordedConsumer>
{
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<PurchasesRecordedConsumer> consumerConfigurator, IRegistrationContext context)
    {
        endpointConfigurator.PrefetchCount = PurchaseGroups.MostEvents;
        endpointConfigurator.ConcurrentMessageLimit = PurchaseGroups.MostEvents;
    }
}

public sealed class PurchaseReturnedConsumer(EventLog log, Projections projections) : EventLogConsumer<PurchaseReturned>(log)
{
    protected override Task ProjectAsync(PurchaseReturned message, CancellationToken cancellationToken) =>
        projections.ApplyAsync(message, cancellationToken);
}

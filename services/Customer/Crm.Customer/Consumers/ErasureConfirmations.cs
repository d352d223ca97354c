using Crm.Analytics.Contracts.Events.V1;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Features.Privacy;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;
using MassTransit;

namespace Crm.Customer.Consumers;

// The services' confirmations of an erasure. One class for each, because each has a queue of its own.

public sealed class AnalyticsDataErasedConsumer(Erasure erasure) : IConsumer<AnalyticsDataErased>
{
    public Task Consume(ConsumeContext<AnalyticsDataErased> context) => erasure.ConfirmAsync(context.Message.RequestId, "analytics", context.Message.Rows, context.CancellationToken);
}

public sealed class CampaignDataErasedConsumer(Erasure erasure) : IConsumer<CampaignDataErased>
{
    public Task Consume(ConsumeContext<CampaignDataErased> context) => erasure.ConfirmAsync(context.Message.RequestId, "campaign", context.Message.Rows, context.CancellationToken);
}

public sealed class LoyaltyDataErasedConsumer(Erasure erasure) : IConsumer<LoyaltyDataErased>
{
    public Task Consume(ConsumeContext<LoyaltyDataErased> context) => erasure.ConfirmAsync(context.Message.RequestId, "loyalty", context.Message.Rows, context.CancellationToken);
}

public sealed class SalesDataErasedConsumer(Erasure erasure) : IConsumer<SalesDataErased>
{
    public Task Consume(ConsumeContext<SalesDataErased> context) => erasure.ConfirmAsync(context.Message.RequestId, "sales", context.Message.Rows, context.CancellationToken);
}

public sealed class ServiceDataErasedConsumer(Erasure erasure) : IConsumer<ServiceDataErased>
{
    public Task Consume(ConsumeContext<ServiceDataErased> context) => erasure.ConfirmAsync(context.Message.RequestId, "service", context.Message.Rows, context.CancellationToken);
}

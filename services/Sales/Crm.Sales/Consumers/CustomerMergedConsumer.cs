using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Sales.Consumers;

/// <summary>Purchases follow the customer they were recorded for. What is known of merges decides (migration 0150), in whatever order they are told.</summary>
public sealed class CustomerMergedConsumer(UnitOfWork unitOfWork) : IConsumer<CustomerMerged>
{
    public Task Consume(ConsumeContext<CustomerMerged> context) => unitOfWork.ExecuteAsync(
        "SELECT apply_merge(@MergeId, @SurvivorId, @AbsorbedId, false)",
        new { context.Message.MergeId, context.Message.SurvivorId, context.Message.AbsorbedId },
        context.CancellationToken);
}

/// <summary>What was recorded for the absorbed customer goes back.</summary>
public sealed class CustomerUnmergedConsumer(UnitOfWork unitOfWork) : IConsumer<CustomerUnmerged>
{
    public Task Consume(ConsumeContext<CustomerUnmerged> context) => unitOfWork.ExecuteAsync(
        "SELECT apply_merge(@MergeId, @SurvivorId, @AbsorbedId, true)",
        new { context.Message.MergeId, context.Message.SurvivorId, context.Message.AbsorbedId },
        context.CancellationToken);
}

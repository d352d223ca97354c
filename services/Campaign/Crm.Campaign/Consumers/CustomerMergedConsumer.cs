using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>The audience, the ledger of messages and their responses follow the customer; the absorbed one is not written to any more. What is known of merges decides (migration 0150), in whatever order they are told.</summary>
public sealed class CustomerMergedConsumer(UnitOfWork unitOfWork) : IConsumer<CustomerMerged>
{
    public async Task Consume(ConsumeContext<CustomerMerged> context)
    {
        var merge = new { context.Message.MergeId, context.Message.SurvivorId, context.Message.AbsorbedId };
        await unitOfWork.ExecuteAsync("SELECT apply_merge(@MergeId, @SurvivorId, @AbsorbedId, false)", merge, context.CancellationToken);
        await unitOfWork.ExecuteAsync("SELECT settle_merge(@SurvivorId, @AbsorbedId)", merge, context.CancellationToken);
    }
}

/// <summary>What was recorded for the absorbed customer goes back.</summary>
public sealed class CustomerUnmergedConsumer(UnitOfWork unitOfWork) : IConsumer<CustomerUnmerged>
{
    public async Task Consume(ConsumeContext<CustomerUnmerged> context)
    {
        var merge = new { context.Message.MergeId, context.Message.SurvivorId, context.Message.AbsorbedId };
        await unitOfWork.ExecuteAsync("SELECT apply_merge(@MergeId, @SurvivorId, @AbsorbedId, true)", merge, context.CancellationToken);
        await unitOfWork.ExecuteAsync("SELECT settle_merge(@SurvivorId, @AbsorbedId)", merge, context.CancellationToken);
    }
}

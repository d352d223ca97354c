using Crm.Analytics.Persistence;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Consumers;

public sealed class CustomerMergedConsumer(EventLog log, UnitOfWork unitOfWork) : EventLogConsumer<CustomerMerged>(log)
{
    protected override Task ProjectAsync(CustomerMerged message, CancellationToken cancellationToken) =>
        PurchasesFollow.ApplyAsync(message.MergeId, message.SurvivorId, message.AbsorbedId, undone: false, unitOfWork, cancellationToken);
}

public sealed class CustomerUnmergedConsumer(EventLog log, UnitOfWork unitOfWork) : EventLogConsumer<CustomerUnmerged>(log)
{
    protected override Task ProjectAsync(CustomerUnmerged message, CancellationToken cancellationToken) =>
        PurchasesFollow.ApplyAsync(message.MergeId, message.SurvivorId, message.AbsorbedId, undone: true, unitOfWork, cancellationToken);
}

/// <summary>Purchases follow the customer they were recorded for; days, first purchases and scores are those of the purchases that are theirs now.</summary>
internal static class PurchasesFollow
{
    public static async Task ApplyAsync(Guid mergeId, Guid survivorId, Guid absorbedId, bool undone, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var merge = new { mergeId, survivorId, absorbedId, undone };
        await unitOfWork.ExecuteAsync("SELECT apply_merge(@mergeId, @survivorId, @absorbedId, @undone)", merge, cancellationToken);
        await unitOfWork.ExecuteAsync("SELECT sum_purchases_up(ARRAY(SELECT DISTINCT id FROM unnest(ARRAY[@survivorId, @absorbedId, current_customer(@survivorId), current_customer(@absorbedId)]) AS c (id)))", merge, cancellationToken);
    }
}

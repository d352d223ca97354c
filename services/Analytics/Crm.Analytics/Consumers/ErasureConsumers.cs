using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Persistence;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

/// <summary>Takes what describes a person out of the kept events, and their scores; what was bought stays in the totals.</summary>
public sealed class ErasureRequestedConsumer(EventLog log, UnitOfWork unitOfWork, Ids ids, TimeProvider time) : EventLogConsumer<ErasureRequested>(log)
{
    protected override async Task ProjectAsync(ErasureRequested message, CancellationToken cancellationToken)
    {
        var customers = message.CustomerIds.ToArray();
        var rows = await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT erase_from_event_log(@customers)", new { customers }, cancellationToken);
        rows += await unitOfWork.ExecuteAsync(
            "DELETE FROM customer_scores WHERE customer_id = ANY(@customers); DELETE FROM rescoring_queue WHERE customer_id = ANY(@customers)", new { customers }, cancellationToken);
        unitOfWork.Enqueue(new AnalyticsDataErased(ids.Next(), time.GetUtcNow(), message.RequestId, rows));
    }
}

public sealed class SalesDataErasedConsumer(EventLog log) : EventLogConsumer<SalesDataErased>(log);

public sealed class ServiceDataErasedConsumer(EventLog log) : EventLogConsumer<ServiceDataErased>(log);

public sealed class LoyaltyDataErasedConsumer(EventLog log) : EventLogConsumer<LoyaltyDataErased>(log);

public sealed class CampaignDataErasedConsumer(EventLog log) : EventLogConsumer<CampaignDataErased>(log);

public sealed class AnalyticsDataErasedConsumer(EventLog log) : EventLogConsumer<AnalyticsDataErased>(log);

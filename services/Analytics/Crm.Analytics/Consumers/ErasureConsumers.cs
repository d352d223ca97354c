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

/// <summary>
/// Takes what describes a person out of the kept events, their words out of the customer's voice (how they sounded stays counted), and what
/// was found out about them; what was bought stays in the totals.
/// </summary>
public sealed class ErasureRequestedConsumer(EventLog log, UnitOfWork unitOfWork, Ids ids, TimeProvider time) : EventLogConsumer<ErasureRequested>(log)
{
    protected override async Task ProjectAsync(ErasureRequested message, CancellationToken cancellationToken)
    {
        var customers = message.CustomerIds.ToArray();
        var rows = await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT erase_from_event_log(@customers)", new { customers }, cancellationToken);
        rows += await unitOfWork.ExecuteAsync(
            """
            UPDATE feedback SET text = '' WHERE customer_id = ANY(@customers);
            UPDATE returned_lines SET reason = '' WHERE customer_id = ANY(@customers);
            UPDATE offer_outcomes SET reason = NULL WHERE customer_id = ANY(@customers);
            DELETE FROM alerts WHERE subject_type = 'customer' AND subject_id = ANY(@ids);
            DELETE FROM consents WHERE customer_id = ANY(@customers);
            DELETE FROM service_tiers WHERE customer_id = ANY(@customers);
            DELETE FROM machine_segment_members WHERE customer_id = ANY(@customers);
            DELETE FROM unranked_scores WHERE customer_id = ANY(@customers);
            DELETE FROM customer_scores WHERE customer_id = ANY(@customers);
            DELETE FROM rescoring_queue WHERE customer_id = ANY(@customers);
            DELETE FROM idempotency i WHERE EXISTS (SELECT FROM unnest(@ids) AS c (id) WHERE strpos(coalesce(i.body, '') || coalesce(i.location, '') || i.route, c.id) > 0)
            """,
            new { customers, ids = customers.Select(id => id.ToString()).ToArray() },
            cancellationToken);
        unitOfWork.Enqueue(new AnalyticsDataErased(ids.Next(), time.GetUtcNow(), message.RequestId, rows));
    }
}

public sealed class SalesDataErasedConsumer(EventLog log) : EventLogConsumer<SalesDataErased>(log);

public sealed class ServiceDataErasedConsumer(EventLog log) : EventLogConsumer<ServiceDataErased>(log);

public sealed class LoyaltyDataErasedConsumer(EventLog log) : EventLogConsumer<LoyaltyDataErased>(log);

public sealed class CampaignDataErasedConsumer(EventLog log) : EventLogConsumer<CampaignDataErased>(log);

public sealed class AnalyticsDataErasedConsumer(EventLog log) : EventLogConsumer<AnalyticsDataErased>(log);

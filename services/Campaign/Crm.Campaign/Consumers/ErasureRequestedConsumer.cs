using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>Takes out what describes a person, in one transaction with the confirmation. What was sent stays counted; to whom and what they said is gone. Told again it finds nothing to do.</summary>
public sealed class ErasureRequestedConsumer(UnitOfWork unitOfWork, Ids ids, TimeProvider time) : IConsumer<ErasureRequested>
{
    public async Task Consume(ConsumeContext<ErasureRequested> context)
    {
        var (message, now) = (context.Message, time.GetUtcNow());
        var rows = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO erased_customers SELECT unnest(@customers) ON CONFLICT DO NOTHING;
            DELETE FROM suppressed_addresses s USING audience a WHERE a.customer_id = ANY(@customers) AND s.address IN (lower(a.email), a.phone);
            UPDATE audience SET profile_version = NULL, display_name = NULL, given_name = NULL, email = NULL, phone = NULL, language = NULL, time_zone = NULL, street = NULL,
                postal_code = NULL, city = NULL, province = NULL, country = NULL, gender = NULL, birth_date = NULL, tags = '{}', preferences = '{}', custom_fields = '{}'
            WHERE customer_id = ANY(@customers);
            UPDATE deliveries SET email = NULL, reply = NULL WHERE customer_id = ANY(@customers);
            UPDATE responses SET user_agent = NULL WHERE customer_id = ANY(@customers);
            DELETE FROM delivery_evidence e USING deliveries d WHERE d.delivery_id = e.delivery_id AND d.customer_id = ANY(@customers);
            WITH theirs AS (SELECT campaign_id, chunk, array_agg(delivery_id) AS ids FROM deliveries WHERE customer_id = ANY(@customers) GROUP BY campaign_id, chunk)
            UPDATE chunk_evidence e SET
                facts = ARRAY(SELECT CASE WHEN m.id = ANY(t.ids) THEN NULL ELSE m.fact END FROM unnest(e.deliveries, e.facts) WITH ORDINALITY AS m (id, fact, place) ORDER BY m.place),
                consents = ARRAY(SELECT CASE WHEN m.id = ANY(t.ids) THEN NULL ELSE m.at END FROM unnest(e.deliveries, e.consents) WITH ORDINALITY AS m (id, at, place) ORDER BY m.place)
            FROM theirs t WHERE e.campaign_id = t.campaign_id AND e.chunk = t.chunk AND e.deliveries && t.ids;
            UPDATE call_attempts a SET note = NULL FROM call_tasks t WHERE t.id = a.task_id AND t.customer_id = ANY(@customers);
            UPDATE audience SET absorbed_version = NULL WHERE customer_id = ANY(@customers);
            DELETE FROM journey_facts WHERE customer_id = ANY(@customers);
            DELETE FROM journey_entries WHERE customer_id = ANY(@customers) AND state = 'waiting';
            DELETE FROM idempotency i WHERE EXISTS (SELECT FROM unnest(@ids::text[]) AS c (id) WHERE strpos(coalesce(i.body, '') || coalesce(i.location, '') || i.route, c.id) > 0);
            """,
            new { now, customers = message.CustomerIds.ToArray(), ids = message.CustomerIds.Select(id => id.ToString()).ToArray() },
            context.CancellationToken);
        unitOfWork.Enqueue(new CampaignDataErased(ids.Next(), now, message.RequestId, rows));
    }
}

using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.ServiceDesk.Consumers;

/// <summary>Takes out what describes a person, in one transaction with the confirmation. Cases stay with their dates and kinds, without a word of what was said. Told again it finds nothing to do.</summary>
public sealed class ErasureRequestedConsumer(UnitOfWork unitOfWork, Ids ids, TimeProvider time) : IConsumer<ErasureRequested>
{
    public async Task Consume(ConsumeContext<ErasureRequested> context)
    {
        var (message, now) = (context.Message, time.GetUtcNow());
        var rows = await unitOfWork.ExecuteAsync(
            """
            UPDATE case_comments k SET text = '' FROM cases c WHERE c.id = k.case_id AND c.customer_id = ANY(@customers);
            UPDATE cases SET subject = '', description = '', resolution = CASE WHEN resolution IS NULL THEN NULL ELSE '' END WHERE customer_id = ANY(@customers);
            UPDATE outbox o SET payload = (o.payload::jsonb - ARRAY['subject', 'comment', 'resolution'] || '{"subject": ""}')::text
            WHERE EXISTS (SELECT FROM unnest(@ids::text[]) AS c (id) WHERE strpos(o.payload, c.id) > 0) AND o.payload::jsonb ? 'subject';
            DELETE FROM idempotency i WHERE EXISTS (
                SELECT FROM (SELECT unnest(@ids::text[]) UNION ALL SELECT k.id::text FROM cases k WHERE k.customer_id = ANY(@customers)) AS c (id)
                WHERE strpos(coalesce(i.body, '') || coalesce(i.location, '') || i.route, c.id) > 0);
            """,
            new { now, customers = message.CustomerIds.ToArray(), ids = message.CustomerIds.Select(id => id.ToString()).ToArray() },
            context.CancellationToken);
        unitOfWork.Enqueue(new ServiceDataErased(ids.Next(), now, message.RequestId, rows));
    }
}

using Crm.Sales.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Sales.Consumers;

/// <summary>Takes out what describes a person, in one transaction with the confirmation. Purchases stay: they name nobody but an id. Told again it finds nothing to do.</summary>
public sealed class ErasureRequestedConsumer(UnitOfWork unitOfWork, Ids ids, TimeProvider time) : IConsumer<ErasureRequested>
{
    public async Task Consume(ConsumeContext<ErasureRequested> context)
    {
        var (message, now) = (context.Message, time.GetUtcNow());
        var rows = await unitOfWork.ExecuteAsync(
            """
            UPDATE customers SET source = NULL, source_id = NULL WHERE customer_id = ANY(@customers);
            UPDATE return_lines l SET reason = '' FROM returns r JOIN purchases p ON p.id = r.purchase_id WHERE l.return_id = r.id AND p.customer_id = ANY(@customers);
            DELETE FROM idempotency i WHERE EXISTS (SELECT FROM unnest(@ids::text[]) AS c (id) WHERE strpos(coalesce(i.body, '') || coalesce(i.location, '') || i.route, c.id) > 0);
            """,
            new { now, customers = message.CustomerIds.ToArray(), ids = message.CustomerIds.Select(id => id.ToString()).ToArray() },
            context.CancellationToken);
        unitOfWork.Enqueue(new SalesDataErased(ids.Next(), now, message.RequestId, rows));
    }
}

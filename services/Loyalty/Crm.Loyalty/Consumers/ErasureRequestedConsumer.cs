using Crm.Loyalty.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Loyalty.Consumers;

/// <summary>Takes out what describes a person, in one transaction with the confirmation. The ledger stays: it names nobody but a member number, and its cards are closed. Told again it finds nothing to do.</summary>
public sealed class ErasureRequestedConsumer(UnitOfWork unitOfWork, Ids ids, TimeProvider time) : IConsumer<ErasureRequested>
{
    public async Task Consume(ConsumeContext<ErasureRequested> context)
    {
        var (message, now) = (context.Message, time.GetUtcNow());
        var rows = await unitOfWork.ExecuteAsync(
            """
            UPDATE cards c SET status = 'blocked', blocked_at = coalesce(c.blocked_at, @now), block_reason = 'erased' FROM members m
            WHERE m.id = c.member_id AND m.customer_id = ANY(@customers) AND c.status = 'active';
            DELETE FROM pos_messages WHERE customer_id = ANY(@customers);
            DELETE FROM idempotency i WHERE EXISTS (SELECT FROM unnest(@ids::text[]) AS c (id) WHERE strpos(coalesce(i.body, '') || coalesce(i.location, '') || i.route, c.id) > 0);
            """,
            new { now, customers = message.CustomerIds.ToArray(), ids = message.CustomerIds.Select(id => id.ToString()).ToArray() },
            context.CancellationToken);
        unitOfWork.Enqueue(new LoyaltyDataErased(ids.Next(), now, message.RequestId, rows));
    }
}

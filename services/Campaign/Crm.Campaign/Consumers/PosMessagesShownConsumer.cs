using Crm.Campaign.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>That a till showed a message is a response to it.</summary>
public sealed class PosMessagesShownConsumer(UnitOfWork unitOfWork, Ids ids) : IConsumer<PosMessagesShown>
{
    public async Task Consume(ConsumeContext<PosMessagesShown> context)
    {
        var shown = context.Message;
        var deliveries = await unitOfWork.QueryAsync<Delivery>(
            """
            SELECT d.delivery_id, d.campaign_id, c.name AS campaign_name, d.customer_id FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id
            WHERE d.delivery_id = ANY(@deliveries) AND d.channel = 'pos'
            """,
            new { deliveries = shown.Messages.Select(message => message.DeliveryId).ToArray() },
            context.CancellationToken);
        foreach (var delivery in deliveries)
        {
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, occurred_at) VALUES (@id, @DeliveryId, @CampaignId, @CustomerId, 'shown', @OccurredAt)
                """,
                new { id = ids.Next(), delivery.DeliveryId, delivery.CampaignId, delivery.CustomerId, shown.OccurredAt },
                context.CancellationToken);
            unitOfWork.Enqueue(new CampaignResponded(
                ids.Next(), shown.OccurredAt, delivery.CampaignId, delivery.CampaignName, delivery.DeliveryId, delivery.CustomerId, "pos", ResponseKind.Shown, null, Detail: shown.Till));
        }
    }

    private sealed record Delivery(Guid DeliveryId, Guid CampaignId, string CampaignName, Guid CustomerId);
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Loyalty.Consumers;

/// <summary>Keeps what tills shall show. The same delivery told again changes nothing, also when it was shown meanwhile.</summary>
public sealed class PosMessagesPreparedConsumer(UnitOfWork unitOfWork) : IConsumer<PosMessagesPrepared>
{
    public Task Consume(ConsumeContext<PosMessagesPrepared> context)
    {
        var messages = context.Message.Messages;
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO pos_messages (delivery_id, campaign_id, customer_id, language, title, text, valid_until)
            SELECT m.delivery_id, @CampaignId, m.customer_id, m.language, m.title, m.text, @ValidUntil
            FROM unnest(@deliveries, @customers, @languages, @titles, @texts) AS m (delivery_id, customer_id, language, title, text)
            ORDER BY m.delivery_id ON CONFLICT (delivery_id) DO NOTHING
            """,
            new
            {
                context.Message.CampaignId, context.Message.ValidUntil,
                deliveries = messages.Select(message => message.DeliveryId).ToArray(),
                customers = messages.Select(message => message.CustomerId).ToArray(),
                languages = messages.Select(message => message.Language).ToArray(),
                titles = messages.Select(message => message.Title).ToArray(),
                texts = messages.Select(message => message.Text).ToArray(),
            },
            context.CancellationToken);
    }
}

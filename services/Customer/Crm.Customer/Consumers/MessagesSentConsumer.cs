using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using MassTransit;

namespace Crm.Customer.Consumers;

public sealed class MessagesSentConsumer(Timeline timeline) : IConsumer<MessagesSent>
{
    public Task Consume(ConsumeContext<MessagesSent> context) =>
        timeline.AppendAsync([.. context.Message.Messages.Select(message => Entry(context.Message, message))], context.CancellationToken);

    private static TimelineEntry Entry(MessagesSent campaign, SentMessage message) => TimelineEntry.Of(
        message.CustomerId, message.SentAt, "message.sent", message.DeliveryId.ToString(), "campaign", $"campaign:{campaign.CampaignId}",
        ("campaign", campaign.CampaignName), ("channel", campaign.Channel), ("language", message.Language));
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>People's reactions to messages of journeys, for those who wait for one; a link scanner's lead nobody on.</summary>
public sealed class JourneyResponsesConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<CampaignResponded>
{
    public async Task Consume(ConsumeContext<CampaignResponded> context)
    {
        var message = context.Message;
        if (message.Automated || KindOf(message.Kind) is not { } kind) return;
        foreach (var journey in await unitOfWork.QueryAsync<Guid>(
            "SELECT DISTINCT journey_id FROM journey_sends WHERE campaign_id = @CampaignId", new { message.CampaignId }, context.CancellationToken))
        {
            await journeys.RaiseAsync(
                kind, [new JourneyEvent(message.CustomerId, $"response:{message.EventId}", message.OccurredAt)], context.CancellationToken, journey);
        }
    }

    private static string? KindOf(ResponseKind kind) => kind switch
    {
        ResponseKind.Opened => JourneyEvents.MessageOpened,
        ResponseKind.Clicked => JourneyEvents.MessageClicked,
        _ => null,
    };
}

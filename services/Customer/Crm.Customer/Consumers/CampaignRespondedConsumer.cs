using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Features.Records;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>Responses go on the timeline; an address that bounces for good is marked; who unsubscribes withdraws the consent to marketing on that channel.</summary>
public sealed class CampaignRespondedConsumer(CustomerStore store, ConsentLedger consents, Timeline timeline, UnitOfWork unitOfWork, Ids ids) : IConsumer<CampaignResponded>
{
    public async Task Consume(ConsumeContext<CampaignResponded> context)
    {
        var message = context.Message;
        await timeline.AppendAsync([Entry(message)], context.CancellationToken);
        if (message is { Kind: ResponseKind.Bounced, Bounce: "hard" } or { Kind: ResponseKind.WrongNumber })
        {
            var kind = message.Kind == ResponseKind.WrongNumber ? "phone" : "email";
            await ContactPoints.MarkBouncedAsync(message.CustomerId, kind, message.Detail ?? "hard bounce", message.OccurredAt.ToUniversalTime(), unitOfWork, ids, context.CancellationToken);
        }

        if (message.Kind == ResponseKind.Unsubscribed && await store.ExistsAsync(message.CustomerId, context.CancellationToken))
        {
            await consents.RecordAsync(Withdrawal(message), context.CancellationToken);
        }
    }

    private static TimelineEntry Entry(CampaignResponded message) => TimelineEntry.Of(
        message.CustomerId, message.OccurredAt, KindOf(message.Kind), message.EventId.ToString(), "campaign", $"campaign:{message.CampaignId}",
        ("campaign", message.CampaignName), ("channel", message.Channel), ("link", message.LinkUrl), ("detail", message.Detail),
        ("automated", message.Automated ? "true" : null), ("bounce", message.Bounce));

    private static ConsentDecision Withdrawal(CampaignResponded message) => new()
    {
        Id = TimelineEntry.IdOf("consent.unsubscribed", message.EventId.ToString()),
        CustomerId = message.CustomerId,
        Channel = message.Channel.ToLowerInvariant(),
        Purpose = ConsentDecision.Marketing,
        Granted = false,
        NoticeVersion = $"campaign:{message.CampaignId}",
        CaptureSource = ConsentDecision.Unsubscribe,
        EffectiveAt = message.OccurredAt.ToUniversalTime(),
    };

    private static string KindOf(ResponseKind kind) => kind switch
    {
        ResponseKind.Opened => "message.opened",
        ResponseKind.Clicked => "message.clicked",
        ResponseKind.Unsubscribed => "message.unsubscribed",
        ResponseKind.Converted => "message.converted",
        ResponseKind.Bounced => "message.bounced",
        ResponseKind.Complained => "message.complained",
        ResponseKind.Replied => "message.replied",
        ResponseKind.Undelivered => "message.undelivered",
        ResponseKind.Shown => "message.shown",
        ResponseKind.ReachedInterested => "call.interested",
        ResponseKind.ReachedNotInterested => "call.not-interested",
        ResponseKind.NoAnswer => "call.no-answer",
        ResponseKind.Busy => "call.busy",
        ResponseKind.WrongNumber => "call.wrong-number",
        ResponseKind.CallBack => "call.call-back",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind of response has no entry on the timeline."),
    };
}

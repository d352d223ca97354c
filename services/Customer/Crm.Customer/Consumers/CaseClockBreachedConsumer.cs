using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDesk.Contracts.Events.V1;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>A promise that was not kept stands on the customer's timeline, at the time until when it was promised.</summary>
public sealed class CaseClockBreachedConsumer(Timeline timeline) : IConsumer<CaseClockBreached>
{
    public Task Consume(ConsumeContext<CaseClockBreached> context) => timeline.AppendAsync([Entry(context.Message)], context.CancellationToken);

    private static TimelineEntry Entry(CaseClockBreached message) => TimelineEntry.Of(
        message.CustomerId, message.DueAt, "case.breached", $"{message.CaseId}:{message.Clock}:{message.Cycle}", "service", $"case:{message.CaseId}",
        ("number", message.Number), ("clock", message.Clock), ("priority", message.Priority), ("assignee", message.Assignee));
}

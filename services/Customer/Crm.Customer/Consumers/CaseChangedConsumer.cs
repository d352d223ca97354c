using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDesk.Contracts.Events.V1;
using MassTransit;

namespace Crm.Customer.Consumers;

public sealed class CaseChangedConsumer(Timeline timeline) : IConsumer<CaseChanged>
{
    public Task Consume(ConsumeContext<CaseChanged> context) => timeline.AppendAsync([Entry(context.Message)], context.CancellationToken);

    private static TimelineEntry Entry(CaseChanged message) => TimelineEntry.Of(
        message.CustomerId, message.OccurredAt, KindOf(message.Change), $"{message.CaseId}:{message.Version}", "service", $"case:{message.CaseId}",
        ("number", message.Number), ("subject", message.Subject), ("type", message.Type), ("priority", message.Priority), ("status", message.Status),
        ("assignee", message.Assignee), ("comment", message.Comment));

    private static string KindOf(CaseChange change) => change switch
    {
        CaseChange.Opened => "case.opened",
        CaseChange.Assigned => "case.assigned",
        CaseChange.Commented => "case.commented",
        CaseChange.Resolved => "case.resolved",
        CaseChange.Reopened => "case.reopened",
        _ => "case.changed",
    };
}

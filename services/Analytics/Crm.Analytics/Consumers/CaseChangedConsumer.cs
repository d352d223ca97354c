using Crm.Analytics.Persistence;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

/// <summary>What a case is about is the customer's voice too; cases that a journey opened are not.</summary>
public sealed class CaseChangedConsumer(EventLog log, FeedbackStore feedback) : EventLogConsumer<CaseChanged>(log)
{
    protected override Task ProjectAsync(CaseChanged message, CancellationToken cancellationToken) => message.Channel == "journey" || string.IsNullOrWhiteSpace(message.Subject)
        ? Task.CompletedTask
        : feedback.RecordAsync([new SpokenText("case", message.CaseId.ToString(), message.CustomerId, message.Channel, null, message.OpenedAt, message.Subject)], cancellationToken);
}

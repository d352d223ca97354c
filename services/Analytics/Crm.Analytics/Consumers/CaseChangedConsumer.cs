using Crm.Analytics.Persistence;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

public sealed class CaseChangedConsumer(EventLog log, Projections projections) : EventLogConsumer<CaseChanged>(log)
{
    protected override Task ProjectAsync(CaseChanged message, CancellationToken cancellationToken) => projections.ApplyAsync(message, cancellationToken);
}

using Crm.Analytics.Persistence;
using Crm.Campaign.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

public sealed class CampaignAssignedConsumer(EventLog log, Projections projections) : EventLogConsumer<CampaignAssigned>(log)
{
    protected override Task ProjectAsync(CampaignAssigned message, CancellationToken cancellationToken) => projections.ApplyAsync(message, cancellationToken);
}

using Crm.Analytics.Persistence;
using Crm.Sales.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

public sealed class PurchasesRecordedConsumer(EventLog log, Projections projections) : EventLogConsumer<PurchasesRecorded>(log)
{
    protected override Task ProjectAsync(PurchasesRecorded message, CancellationToken cancellationToken) =>
        projections.ApplyAsync(message, cancellationToken);
}

public sealed class PurchaseReturnedConsumer(EventLog log, Projections projections) : EventLogConsumer<PurchaseReturned>(log)
{
    protected override Task ProjectAsync(PurchaseReturned message, CancellationToken cancellationToken) =>
        projections.ApplyAsync(message, cancellationToken);
}

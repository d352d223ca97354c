using Crm.Analytics.Persistence;
using Crm.Sales.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

public sealed class PurchasesRecordedConsumer(EventLog log, PurchaseDays days) : EventLogConsumer<PurchasesRecorded>(log)
{
    protected override Task ProjectAsync(PurchasesRecorded message, CancellationToken cancellationToken) =>
        days.RecordAsync(message.Purchases, cancellationToken);
}

public sealed class PurchaseReturnedConsumer(EventLog log, PurchaseDays days) : EventLogConsumer<PurchaseReturned>(log)
{
    protected override Task ProjectAsync(PurchaseReturned message, CancellationToken cancellationToken) =>
        days.ReturnAsync(message, cancellationToken);
}

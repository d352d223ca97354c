using Crm.Analytics.Persistence;
using Crm.Sales.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

public sealed class PurchasesRecordedConsumer(EventLog log, PurchaseDays days, Baskets baskets) : EventLogConsumer<PurchasesRecorded>(log)
{
    protected override async Task ProjectAsync(PurchasesRecorded message, CancellationToken cancellationToken)
    {
        await days.RecordAsync(message.Purchases, cancellationToken);
        await baskets.RecordAsync(message.Purchases, cancellationToken);
    }
}

public sealed class PurchaseReturnedConsumer(EventLog log, PurchaseDays days, Baskets baskets) : EventLogConsumer<PurchaseReturned>(log)
{
    protected override async Task ProjectAsync(PurchaseReturned message, CancellationToken cancellationToken)
    {
        await days.ReturnAsync(message, cancellationToken);
        await baskets.ReturnAsync(message, cancellationToken);
    }
}

using Crm.Loyalty.Features.Points;
using Crm.Loyalty.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Loyalty.Consumers;

/// <summary>Members earn on what they buy.</summary>
public sealed class PurchasesRecordedConsumer(UnitOfWork unitOfWork, Ledger ledger, Ids ids) : IConsumer<PurchasesRecorded>
{
    public Task Consume(ConsumeContext<PurchasesRecorded> context) =>
        EarnPoints.Handle(context.Message.Purchases, unitOfWork, ledger, ids, context.CancellationToken);
}

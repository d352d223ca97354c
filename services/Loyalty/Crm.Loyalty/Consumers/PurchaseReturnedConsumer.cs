using Crm.Loyalty.Features.Points;
using Crm.Loyalty.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Loyalty.Consumers;

/// <summary>Goods that come back take the points with them that they earned.</summary>
public sealed class PurchaseReturnedConsumer(UnitOfWork unitOfWork, Ledger ledger, Ids ids) : IConsumer<PurchaseReturned>
{
    public Task Consume(ConsumeContext<PurchaseReturned> context) =>
        ReversePoints.Handle(context.Message, unitOfWork, ledger, ids, context.CancellationToken);
}

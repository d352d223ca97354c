using Crm.Campaign.Contracts.Events.V1;
using Crm.Loyalty.Features.Points;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Loyalty.Consumers;

/// <summary>Journeys give points.</summary>
public sealed class PointsRequestedConsumer(UnitOfWork unitOfWork, Ledger ledger, Ids ids) : IConsumer<PointsRequested>
{
    public Task Consume(ConsumeContext<PointsRequested> context) => AwardPoints.Handle(context.Message, unitOfWork, ledger, ids, context.CancellationToken);
}

using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Features;
using Crm.ServiceDesk.Persistence;
using MassTransit;

namespace Crm.ServiceDesk.Consumers;

/// <summary>
/// Opens the cases that a journey asks for. The id of the request is the case's: asked for again, in whatever message, there is one case.
/// A customer who does not exist gets none.
/// </summary>
public sealed class CasesRequestedConsumer(KnownCustomers customers, CaseStore store, UnitOfWork unitOfWork, TimeProvider time) : IConsumer<CasesRequested>
{
    public async Task Consume(ConsumeContext<CasesRequested> context)
    {
        var message = context.Message;
        foreach (var request in message.Cases)
        {
            if (!await customers.ContainsAsync(request.CustomerId, context.CancellationToken)) continue;
            if (await store.FindAsync(request.RequestId, context.CancellationToken) is not null) continue;

            var now = time.GetUtcNow();
            await store.AddAsync(
                new Case(
                    request.RequestId, await OpenCase.NextNumberAsync(unitOfWork, now, context.CancellationToken), request.CustomerId,
                    Enum.Parse<CaseType>(message.Type, ignoreCase: true), Enum.Parse<CasePriority>(message.Priority, ignoreCase: true), CaseStatus.New, "journey",
                    message.Subject, message.Description, null, null, now, null, 1),
                context.CancellationToken);
        }
    }
}

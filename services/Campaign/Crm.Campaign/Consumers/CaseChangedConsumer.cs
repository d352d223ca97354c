using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Contracts.Events.V1;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>Keeps the newest state of every case and counts the open ones, with the customer's row locked so that no count is lost.</summary>
public sealed class CaseChangedConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<CaseChanged>
{
    public async Task Consume(ConsumeContext<CaseChanged> context)
    {
        var changed = new { context.Message.CaseId, context.Message.CustomerId, context.Message.Version, context.Message.IsOpen };
        await unitOfWork.ExecuteAsync(
            "INSERT INTO audience (customer_id) VALUES (@CustomerId) ON CONFLICT (customer_id) DO UPDATE SET open_cases = audience.open_cases",
            changed,
            context.CancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience_cases (case_id, customer_id, version, is_open) VALUES (@CaseId, @CustomerId, @Version, @IsOpen)
            ON CONFLICT (case_id) DO UPDATE SET version = excluded.version, is_open = excluded.is_open WHERE audience_cases.version < excluded.version
            """,
            changed,
            context.CancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            UPDATE audience SET open_cases = (SELECT count(*) FROM audience_cases c WHERE c.customer_id = @CustomerId AND c.is_open)
            WHERE customer_id = @CustomerId
            """,
            changed,
            context.CancellationToken);
        if (context.Message.Change is CaseChange.Opened or CaseChange.Resolved)
        {
            await journeys.RaiseAsync(
                context.Message.Change == CaseChange.Opened ? JourneyEvents.CaseOpened : JourneyEvents.CaseClosed,
                [new JourneyEvent(context.Message.CustomerId, $"case:{context.Message.CaseId}:{context.Message.Version}", context.Message.OccurredAt)],
                context.CancellationToken);
        }
    }
}

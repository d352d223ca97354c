using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

/// <summary>Keeps what customers were shown when they decided, for the receipts of their messages. Decisions are facts: none replaces another.</summary>
public sealed class ConsentNoticeConsumer(UnitOfWork unitOfWork) : IConsumer<ConsentChanged>
{
    public Task Consume(ConsumeContext<ConsentChanged> context)
    {
        var (consent, message) = (context.Message.Consent, context.Message);
        return consent.Purpose != "marketing"
            ? Task.CompletedTask
            : unitOfWork.ExecuteAsync(
                """
                INSERT INTO consent_notices (customer_id, channel, effective_at, granted, notice, source)
                VALUES (@CustomerId, @Channel, @EffectiveAt, @Granted, @NoticeVersion, @CaptureSource) ON CONFLICT DO NOTHING
                """,
                new { message.CustomerId, consent.Channel, consent.EffectiveAt, consent.Granted, message.NoticeVersion, message.CaptureSource },
                context.CancellationToken);
    }
}

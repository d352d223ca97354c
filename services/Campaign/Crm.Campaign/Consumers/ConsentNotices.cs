using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Consumers;

/// <summary>What customers were shown when they decided, for the receipts of their messages. Decisions are facts: none replaces another.</summary>
internal static class ConsentNotices
{
    public static async Task KeepAsync(ConsentChanged change, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (change.Consent.Purpose != "marketing") return;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO consent_notices (customer_id, channel, effective_at, granted, notice, source)
            VALUES (@CustomerId, @Channel, @EffectiveAt, @Granted, @NoticeVersion, @CaptureSource) ON CONFLICT DO NOTHING
            """,
            new { change.CustomerId, change.Consent.Channel, change.Consent.EffectiveAt, change.Consent.Granted, change.NoticeVersion, change.CaptureSource },
            cancellationToken);
    }
}

using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Persistence;

/// <summary>Writes consent decisions and keeps the view of those in force: the latest one wins, at the same instant the withdrawal.</summary>
public sealed class ConsentLedger(UnitOfWork unitOfWork, ActorAccessor actor, Timeline timeline, Ids ids, TimeProvider time)
{
    /// <summary>Records one decision; publishes it when it is the one in force from now on.</summary>
    public async Task RecordAsync(ConsentDecision decision, CancellationToken cancellationToken)
    {
        if (await RecordAsync([decision], cancellationToken) == 0) return;
        var state = new ConsentState(decision.Channel, decision.Purpose, decision.Granted, decision.EffectiveAt);
        unitOfWork.Enqueue(new ConsentChanged(ids.Next(), time.GetUtcNow(), decision.CustomerId, state, decision.NoticeVersion, decision.CaptureSource));
    }

    /// <summary>
    /// Records decisions without publishing them one by one: the caller publishes the customers' snapshots. A decision with an id that
    /// is there already is the same decision. Returns how many came into force.
    /// </summary>
    public async Task<int> RecordAsync(IReadOnlyList<ConsentDecision> decisions, CancellationToken cancellationToken)
    {
        if (decisions.Count == 0) return 0;
        var inForce = await unitOfWork.ExecuteAsync(
            """
            WITH given AS (
                SELECT * FROM unnest(@decisionIds, @customerIds, @channels, @purposes, @granted, @notices, @captures, @effectiveAts)
                    AS g (id, customer_id, channel, purpose, granted, notice_version, capture_source, effective_at)
            ), ledger AS (
                INSERT INTO consent_decisions
                    (id, customer_id, channel, purpose, granted, notice_version, capture_source, effective_at, recorded_at, recorded_by)
                SELECT id, customer_id, channel, purpose, granted, notice_version, capture_source, effective_at, @now, @by FROM given
                ON CONFLICT (id) DO NOTHING
            )
            INSERT INTO consents AS c (customer_id, channel, purpose, granted, effective_at)
            SELECT DISTINCT ON (customer_id, channel, purpose) customer_id, channel, purpose, granted, effective_at
            FROM given ORDER BY customer_id, channel, purpose, effective_at DESC, granted
            ON CONFLICT (customer_id, channel, purpose) DO UPDATE SET granted = excluded.granted, effective_at = excluded.effective_at
            WHERE (excluded.effective_at, NOT excluded.granted) > (c.effective_at, NOT c.granted)
            """,
            new
            {
                decisionIds = decisions.Select(decision => decision.Id).ToArray(),
                customerIds = decisions.Select(decision => decision.CustomerId).ToArray(),
                channels = decisions.Select(decision => decision.Channel).ToArray(),
                purposes = decisions.Select(decision => decision.Purpose).ToArray(),
                granted = decisions.Select(decision => decision.Granted).ToArray(),
                notices = decisions.Select(decision => decision.NoticeVersion).ToArray(),
                captures = decisions.Select(decision => decision.CaptureSource).ToArray(),
                effectiveAts = decisions.Select(decision => decision.EffectiveAt.ToUniversalTime()).ToArray(),
                now = time.GetUtcNow(),
                by = actor.Current?.Subject ?? Actor.System.Subject,
            },
            cancellationToken);
        await timeline.AppendAsync([.. decisions.Select(Entry)], cancellationToken);
        return inForce;
    }

    private static TimelineEntry Entry(ConsentDecision decision) => TimelineEntry.Of(
        decision.CustomerId, decision.EffectiveAt, decision.Granted ? "consent.granted" : "consent.withdrawn", decision.Id.ToString(), "customer",
        $"customer:{decision.CustomerId}",
        ("channel", decision.Channel), ("purpose", decision.Purpose), ("captureSource", decision.CaptureSource));
}

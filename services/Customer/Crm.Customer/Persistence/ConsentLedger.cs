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
        decisions = await ForCurrentAsync(decisions, cancellationToken);
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

    /// <summary>A decision of a customer who was merged into another is the other one's.</summary>
    private async Task<IReadOnlyList<ConsentDecision>> ForCurrentAsync(IReadOnlyList<ConsentDecision> decisions, CancellationToken cancellationToken)
    {
        var merged = (await unitOfWork.QueryAsync<(Guid Id, Guid Current)>(
            "SELECT absorbed_id, current_customer(absorbed_id) FROM customer_merges WHERE absorbed_id = ANY(@customerIds) AND NOT undone",
            new { customerIds = decisions.Select(decision => decision.CustomerId).Distinct().ToArray() },
            cancellationToken)).ToDictionary(row => row.Id, row => row.Current);
        return merged.Count == 0 ? decisions : [.. decisions.Select(decision => merged.TryGetValue(decision.CustomerId, out var current) ? decision with { CustomerId = current } : decision)];
    }

    /// <summary>After a merge: what is in force for the absorbed customer counts for the survivor as well, where it took effect later.</summary>
    internal Task AdoptAsync(Guid absorbedId, Guid survivorId, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO consents AS c (customer_id, channel, purpose, granted, effective_at)
        SELECT @survivorId, channel, purpose, granted, effective_at FROM consents WHERE customer_id = @absorbedId ORDER BY channel, purpose
        ON CONFLICT (customer_id, channel, purpose) DO UPDATE SET granted = excluded.granted, effective_at = excluded.effective_at
        WHERE (excluded.effective_at, NOT excluded.granted) > (c.effective_at, NOT c.granted)
        """,
        new { absorbedId, survivorId },
        cancellationToken);

    /// <summary>
    /// After a merge was undone: each of the two has what their own decisions say. Where that differs from what was in force while they were one, a
    /// decision of now says so, because projections only ever take the later one; and a withdrawal made meanwhile counts for both.
    /// </summary>
    internal async Task SeparateAsync(Guid survivorId, Guid restoredId, IReadOnlyList<ConsentState> whileMerged, CancellationToken cancellationToken)
    {
        foreach (var customerId in new[] { survivorId, restoredId })
        {
            var own = await unitOfWork.QueryAsync<(string Channel, string Purpose, bool Granted)>(
                """
                SELECT DISTINCT ON (channel, purpose) channel, purpose, granted FROM consent_decisions WHERE customer_id IN (SELECT customer_with_absorbed(@customerId))
                ORDER BY channel, purpose, effective_at DESC, granted
                """,
                new { customerId },
                cancellationToken);
            foreach (var state in whileMerged)
            {
                var granted = own.Any(decision => decision.Channel == state.Channel && decision.Purpose == state.Purpose && decision.Granted);
                if (customerId == survivorId ? granted == state.Granted : state.Granted || !granted) continue;
                await RecordAsync(
                    new ConsentDecision
                    {
                        Id = ids.Next(), CustomerId = customerId, Channel = state.Channel, Purpose = state.Purpose, Granted = customerId == survivorId && granted,
                        NoticeVersion = "merge undone", CaptureSource = ConsentDecision.Unmerge, EffectiveAt = time.GetUtcNow(),
                    },
                    cancellationToken);
            }
        }
    }

    private static TimelineEntry Entry(ConsentDecision decision) => TimelineEntry.Of(
        decision.CustomerId, decision.EffectiveAt, decision.Granted ? "consent.granted" : "consent.withdrawn", decision.Id.ToString(), "customer",
        $"customer:{decision.CustomerId}",
        ("channel", decision.Channel), ("purpose", decision.Purpose), ("captureSource", decision.CaptureSource));
}

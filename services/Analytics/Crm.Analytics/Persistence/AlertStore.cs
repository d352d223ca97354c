using System.Text.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Alerts;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>A row of <c>alerts</c>.</summary>
internal sealed record AlertRow(
    Guid Id, string Kind, string SubjectType, string SubjectId, string Currency, decimal MoneyAtStake, string ReasonCode, string ReasonId, string ReasonEn,
    string Evidence, string FormulaVersion, bool HeldOut, string State, DateTimeOffset RaisedAt, DateTimeOffset ExpiresAt, DateTimeOffset? DecidedAt,
    string? DecidedBy, string? DecisionReason, long Version)
{
    public const string Columns =
        """
        id, kind, subject_type, subject_id, currency, money_at_stake, reason_code, reason_id, reason_en, evidence::text AS evidence, formula_version, held_out,
        state, raised_at, expires_at, decided_at, decided_by, decision_reason, version
        """;
}

internal sealed class AlertStore(UnitOfWork unitOfWork, Ids ids, BusinessCalendar calendar, TimeProvider time)
{
    private const int EventSize = 500;

    /// <summary>
    /// Stores what is not open already and announces it. A subject whose alert of the kind was dismissed or acted on is left in peace until
    /// that one would have expired.
    /// </summary>
    /// <returns>How many are new.</returns>
    public async Task<int> RaiseAsync(Guid scan, string currency, IReadOnlyList<AlertDraft> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count == 0) return 0;
        var now = time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var alerts = drafts.DistinctBy(draft => draft.DedupKey, StringComparer.Ordinal).Select(draft => (Id: ids.Next(), Draft: draft)).ToArray();
        var raised = (await unitOfWork.QueryAsync<Guid>(
            """
            INSERT INTO alerts (id, kind, subject_type, subject_id, dedup_key, currency, money_at_stake, reason_code, reason_id, reason_en, evidence,
                formula_version, scan_id, held_out, state, raised_at, raised_day, expires_at)
            SELECT a.id, a.kind, a.subject_type, a.subject_id, a.dedup_key, @currency, a.money, a.code, a.reason_id, a.reason_en, a.evidence::jsonb,
                @version, @scan, a.held_out, 'open', @now, @today, a.expires_at
            FROM unnest(@ids, @kinds, @types, @subjects, @keys, @money, @codes, @reasonIds, @reasonEns, @evidence, @heldOut, @expiries)
                AS a (id, kind, subject_type, subject_id, dedup_key, money, code, reason_id, reason_en, evidence, held_out, expires_at)
            WHERE NOT EXISTS (SELECT FROM alerts earlier WHERE earlier.dedup_key = a.dedup_key AND earlier.state IN ('acted', 'dismissed') AND earlier.expires_at > @now)
            ORDER BY a.dedup_key
            ON CONFLICT (dedup_key) WHERE state = 'open' DO NOTHING
            RETURNING id
            """,
            new
            {
                currency, scan, now, version = AlertRules.FormulaVersion, today = calendar.DayOf(now),
                ids = alerts.Select(alert => alert.Id).ToArray(),
                kinds = alerts.Select(alert => alert.Draft.Kind).ToArray(),
                types = alerts.Select(alert => alert.Draft.SubjectType).ToArray(),
                subjects = alerts.Select(alert => alert.Draft.SubjectId).ToArray(),
                keys = alerts.Select(alert => alert.Draft.DedupKey).ToArray(),
                money = alerts.Select(alert => alert.Draft.MoneyAtStake).ToArray(),
                codes = alerts.Select(alert => alert.Draft.ReasonCode).ToArray(),
                reasonIds = alerts.Select(alert => alert.Draft.Reason.Id).ToArray(),
                reasonEns = alerts.Select(alert => alert.Draft.Reason.En).ToArray(),
                evidence = alerts.Select(alert => JsonSerializer.Serialize(alert.Draft.Evidence, EventTypes.Json)).ToArray(),
                heldOut = alerts.Select(alert => IsHeldOut(alert.Draft)).ToArray(),
                expiries = alerts.Select(alert => now.AddDays(AlertKind.DaysValid(alert.Draft.Kind))).ToArray(),
            },
            cancellationToken)).ToHashSet();
        foreach (var part in alerts.Where(alert => raised.Contains(alert.Id) && !IsHeldOut(alert.Draft)).Chunk(EventSize))
        {
            unitOfWork.Enqueue(new AlertsRaised(ids.Next(), now,
            [
                .. part.Select(alert => new RaisedAlert(
                    alert.Id, alert.Draft.Kind, alert.Draft.SubjectType, alert.Draft.SubjectId, currency, alert.Draft.MoneyAtStake, alert.Draft.ReasonCode,
                    alert.Draft.Reason.Id, alert.Draft.Reason.En, now, now.AddDays(AlertKind.DaysValid(alert.Draft.Kind)))),
            ]));
        }

        return raised.Count;
    }

    public Task<int> ExpireAsync(CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        "UPDATE alerts SET state = 'expired', version = version + 1 WHERE state = 'open' AND expires_at <= @now", new { now = time.GetUtcNow() }, cancellationToken);

    /// <summary>Units are few and are always told.</summary>
    private static bool IsHeldOut(AlertDraft draft) => draft.SubjectType == "customer" && AlertHoldout.IsHeldOut(draft.Kind, draft.SubjectId);
}

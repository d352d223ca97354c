using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Persistence;

/// <summary>
/// Reads the clocks of cases from their history, and settles them: records what has come due, each step once with its event, and writes
/// the index that the sweeper and the list look at. Cases without a policy have no clocks.
/// </summary>
public sealed class CaseClockStore(UnitOfWork unitOfWork, SlaRules rules, Ids ids, TimeProvider time)
{
    /// <summary>A step that is recorded later than this after it was due says so: the sweeper was away.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(1);

    public async Task<IReadOnlyDictionary<Guid, CaseClocks>> ReadAsync(IReadOnlyList<Guid> caseIds, CancellationToken cancellationToken) =>
        (await ReadAsync(caseIds, time.GetUtcNow(), cancellationToken)).ToDictionary(read => read.Case.Id, read => read.Clocks);

    /// <summary>The caller's transaction holds the cases' rows. Returns what was recorded, in the order in which it came due.</summary>
    public async Task<IReadOnlyList<RecordedStep>> SettleAsync(IReadOnlyList<Guid> caseIds, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var read = await ReadAsync(caseIds, now, cancellationToken);
        if (read.Count == 0) return [];

        var due = read.SelectMany(one => one.Clocks.DueSteps().Select(step => (one.Case, Step: step)))
            .OrderBy(one => one.Step.DueAt).ThenBy(one => one.Step.Step).ToList();
        var recorded = due.Count == 0 ? [] : await RecordAsync(due, now, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            UPDATE cases c SET next_step_at = i.next_step_at, next_due_at = i.next_due_at, is_breached = i.is_breached
            FROM unnest(@ids, @nextSteps::timestamptz[], @nextDues::timestamptz[], @breached) AS i (id, next_step_at, next_due_at, is_breached)
            WHERE c.id = i.id AND (c.next_step_at, c.next_due_at, c.is_breached) IS DISTINCT FROM (i.next_step_at, i.next_due_at, i.is_breached)
            """,
            new
            {
                ids = read.Select(one => one.Case.Id).ToArray(),
                nextSteps = read.Select(one => one.Clocks.NextStepAt()).ToArray(),
                nextDues = read.Select(one => one.Clocks.NextDueAt()).ToArray(),
                breached = read.Select(one => one.Clocks.FirstResponse.IsBreached || one.Clocks.Resolution.IsBreached).ToArray(),
            },
            cancellationToken);
        return recorded;
    }

    /// <summary>The unique key decides who was first; only what it lets in is told to others.</summary>
    private async Task<IReadOnlyList<RecordedStep>> RecordAsync(IReadOnlyList<(Row Case, DueStep Step)> due, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var inserted = (await unitOfWork.QueryAsync<(Guid CaseId, string Clock, string Step, int Cycle)>(
            """
            INSERT INTO case_clock_steps (case_id, clock, step, cycle, due_at, recorded_at, is_late)
            SELECT s.case_id, s.clock, s.step, s.cycle, s.due_at, @now, s.is_late
            FROM unnest(@cases, @clocks, @steps, @cycles, @dues::timestamptz[], @late) AS s (case_id, clock, step, cycle, due_at, is_late)
            ON CONFLICT DO NOTHING RETURNING case_id, clock, step, cycle
            """,
            new
            {
                now,
                cases = due.Select(one => one.Case.Id).ToArray(),
                clocks = due.Select(one => one.Step.Clock.ToString()).ToArray(),
                steps = due.Select(one => one.Step.Step.ToString()).ToArray(),
                cycles = due.Select(one => one.Step.Cycle).ToArray(),
                dues = due.Select(one => one.Step.DueAt).ToArray(),
                late = due.Select(one => IsLate(one.Step)).ToArray(),
            },
            cancellationToken)).ToHashSet();
        var recorded = new List<RecordedStep>();
        foreach (var (@case, step) in due)
        {
            if (!inserted.Contains((@case.Id, step.Clock.ToString(), step.Step.ToString(), step.Cycle))) continue;
            recorded.Add(new RecordedStep(@case.Id, step, IsLate(step)));
            unitOfWork.Enqueue(step.Step == ClockStep.Warned
                ? new CaseClockWarned(ids.Next(), now, @case.Id, @case.Number, @case.CustomerId, step.Clock.ToString(), step.Cycle, @case.Priority, @case.Assignee, step.DueAt, IsLate(step))
                : new CaseClockBreached(ids.Next(), now, @case.Id, @case.Number, @case.CustomerId, step.Clock.ToString(), step.Cycle, @case.Priority, @case.Assignee, step.DueAt, IsLate(step)));
        }

        return recorded;

        bool IsLate(DueStep step) => now - step.DueAt > LateAfter;
    }

    private async Task<IReadOnlyList<(Row Case, CaseClocks Clocks)>> ReadAsync(IReadOnlyList<Guid> caseIds, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT c.id, c.number, c.customer_id, c.priority, c.assignee, c.sla_policy_version, c.calendar_version, h.version, h.status, h.is_response, h.changed_at
            FROM cases c JOIN case_history h ON h.case_id = c.id
            WHERE c.id = ANY(@ids) AND c.sla_policy_version IS NOT NULL AND c.calendar_version IS NOT NULL
            ORDER BY c.id, h.version
            """,
            new { ids = caseIds.ToArray() },
            cancellationToken);
        var read = new List<(Row, CaseClocks)>();
        foreach (var history in rows.GroupBy(row => row.Id))
        {
            var @case = history.First();
            var policy = await rules.PolicyAsync(@case.SlaPolicyVersion, unitOfWork, cancellationToken);
            var calendar = await rules.CalendarAsync(@case.CalendarVersion, unitOfWork, cancellationToken);
            CaseEvent[] events = [.. history.Select(row => new CaseEvent(row.Version, row.ChangedAt, Enum.Parse<CaseStatus>(row.Status), row.IsResponse))];
            read.Add((@case, CaseClocks.Read(events, policy, Enum.Parse<CasePriority>(@case.Priority), calendar, now)));
        }

        return read;
    }

    private sealed record Row(
        Guid Id, string Number, Guid CustomerId, string Priority, string? Assignee, long SlaPolicyVersion, long CalendarVersion,
        long Version, string Status, bool IsResponse, DateTimeOffset ChangedAt);
}

/// <summary>A step that this transaction was the first to record.</summary>
public sealed record RecordedStep(Guid CaseId, DueStep Step, bool IsLate);

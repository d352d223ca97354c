namespace Crm.ServiceDesk.Domain;

/// <summary>The clocks that a case has.</summary>
public enum CaseClock
{
    /// <summary>Until the customer has an answer from a person: met for good by the first, or by the resolution.</summary>
    FirstResponse,

    /// <summary>Until the case is resolved; paused while it waits for the customer. A reopened case goes on with what had elapsed.</summary>
    Resolution,
}

/// <summary>What happens to a clock once, each at its instant.</summary>
public enum ClockStep
{
    Warned,
    Breached,
}

/// <summary>Open time within which a case of a priority is to be answered and resolved.</summary>
public sealed record SlaTarget(CasePriority Priority, TimeSpan FirstResponse, TimeSpan Resolution)
{
    public TimeSpan Of(CaseClock clock) => clock == CaseClock.FirstResponse ? FirstResponse : Resolution;
}

/// <summary>One version of what was promised. Cases keep the version they were opened under.</summary>
/// <param name="WarnPercent">Share of a target after which people are warned.</param>
public sealed record SlaPolicy(long Version, int WarnPercent, IReadOnlyList<SlaTarget> Targets)
{
    public SlaTarget For(CasePriority priority) => Targets.Single(target => target.Priority == priority);

    public TimeSpan WarningOf(TimeSpan target) => target * (WarnPercent / 100.0);
}

/// <summary>One change of a case, as its history tells.</summary>
/// <param name="IsResponse">A person of the staff wrote to the customer; notes and machines do not answer anybody.</param>
public sealed record CaseEvent(long Version, DateTimeOffset At, CaseStatus Status, bool IsResponse);

/// <summary>A step that a clock has come to.</summary>
/// <param name="Cycle">Which span of the clock. Both clocks of today have one, the first: what had elapsed is kept when a case is reopened.</param>
public sealed record DueStep(CaseClock Clock, ClockStep Step, int Cycle, DateTimeOffset DueAt);

/// <summary>The clocks of one case, read from its history under the policy and the calendar that it was opened with.</summary>
public sealed record CaseClocks(SlaClock FirstResponse, SlaClock Resolution)
{
    public const int FirstCycle = 1;

    public static CaseClocks Read(IReadOnlyCollection<CaseEvent> history, SlaPolicy policy, CasePriority priority, BusinessCalendar calendar, DateTimeOffset now)
    {
        var ordered = history.OrderBy(change => change.Version).ToArray();
        var target = policy.For(priority);
        return new CaseClocks(Of(CaseClock.FirstResponse, UntilAnswered(ordered)), Of(CaseClock.Resolution, ordered.Select(OfStatus)));

        SlaClock Of(CaseClock clock, IEnumerable<ClockChange> changes) =>
            SlaClock.Read(changes, calendar, target.Of(clock), policy.WarningOf(target.Of(clock)), now);
    }

    public SlaClock Of(CaseClock clock) => clock == CaseClock.FirstResponse ? FirstResponse : Resolution;

    /// <summary>What has come due up to now, the earliest first.</summary>
    public IReadOnlyList<DueStep> DueSteps() =>
        [.. Steps().Where(step => step.DueAt < Of(step.Clock).AsOf).OrderBy(step => step.DueAt).ThenBy(step => step.Step).ThenBy(step => step.Clock)];

    /// <summary>When the next step comes due unless something happens; null when nothing runs towards one.</summary>
    public DateTimeOffset? NextStepAt() => Steps().Where(step => Of(step.Clock) is { State: ClockState.Running } clock && step.DueAt >= clock.AsOf).Min(step => (DateTimeOffset?)step.DueAt);

    /// <summary>Of the clocks that run, when the first is due, be it past; null when none runs.</summary>
    public DateTimeOffset? NextDueAt() => Enum.GetValues<CaseClock>().Select(Of).Where(clock => clock.State == ClockState.Running).Min(clock => clock.DueAt);

    private IEnumerable<DueStep> Steps()
    {
        foreach (var clock in Enum.GetValues<CaseClock>())
        {
            if (Of(clock).WarnAt is { } warnAt) yield return new DueStep(clock, ClockStep.Warned, FirstCycle, warnAt);
            if (Of(clock).DueAt is { } dueAt) yield return new DueStep(clock, ClockStep.Breached, FirstCycle, dueAt);
        }
    }

    /// <summary>Met by the first answer or by the resolution, and met once.</summary>
    private static IEnumerable<ClockChange> UntilAnswered(IEnumerable<CaseEvent> ordered)
    {
        foreach (var change in ordered)
        {
            if (change.IsResponse || change.Status == CaseStatus.Resolved)
            {
                yield return new ClockChange(change.Version, change.At, ClockState.Stopped);
                yield break;
            }

            yield return OfStatus(change);
        }
    }

    private static ClockChange OfStatus(CaseEvent change) => new(change.Version, change.At, change.Status switch
    {
        CaseStatus.Pending => ClockState.Paused,
        CaseStatus.Resolved => ClockState.Stopped,
        _ => ClockState.Running,
    });
}

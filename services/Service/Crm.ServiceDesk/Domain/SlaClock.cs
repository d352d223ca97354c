namespace Crm.ServiceDesk.Domain;

public enum ClockState
{
    /// <summary>Open time counts.</summary>
    Running,

    /// <summary>Somebody else has the next step; nothing counts until it runs again.</summary>
    Paused,

    /// <summary>What the clock waited for has happened.</summary>
    Stopped,
}

/// <summary>From an instant on, a clock is in a state.</summary>
/// <param name="Sequence">Decides the order, also of what happened at the same instant or while a machine's time was put back.</param>
public sealed record ClockChange(long Sequence, DateTimeOffset At, ClockState State);

/// <summary>
/// What a clock of a service level agreement shows: a function of what happened, the calendar, the target and the time, and of nothing
/// that was stored.
/// </summary>
/// <param name="AsOf">Until when it tells: now, or when it was stopped.</param>
/// <param name="Elapsed">Open time while it ran.</param>
/// <param name="Paused">Open time while it was paused.</param>
/// <param name="WarnAt">When the warning's share of the target was, or at this rate will be, used up; null while it is paused, and when that is never.</param>
/// <param name="DueAt">When the target was, or at this rate will be, used up; of a stopped clock, when it would have been. Null as above.</param>
public sealed record SlaClock(
    ClockState State, DateTimeOffset AsOf, TimeSpan Target, TimeSpan Elapsed, TimeSpan Paused, DateTimeOffset? WarnAt, DateTimeOffset? DueAt)
{
    public bool IsWarned => WarnAt < AsOf;

    /// <summary>Not stopped by the instant it was due; that instant is still in time.</summary>
    public bool IsBreached => DueAt < AsOf;

    /// <summary>It runs, and the calendar has no hours in which the target could be used up.</summary>
    public bool IsNeverDue => State == ClockState.Running && DueAt is null;

    /// <param name="changes">In any order; the first starts the clock.</param>
    /// <param name="warning">Open time after which people are warned.</param>
    /// <param name="now">Taken as no earlier than the last change.</param>
    public static SlaClock Read(IEnumerable<ClockChange> changes, BusinessCalendar calendar, TimeSpan target, TimeSpan warning, DateTimeOffset now)
    {
        var ordered = changes.OrderBy(change => change.Sequence).ToArray();
        var (elapsed, paused) = (TimeSpan.Zero, TimeSpan.Zero);
        DateTimeOffset? warnAt = null, dueAt = null;
        var (begin, asOf) = (ordered[0].At, now);
        for (var i = 0; i < ordered.Length; i++)
        {
            // Time does not run backwards, whatever the machines' clocks did.
            if (ordered[i].At > begin) begin = ordered[i].At;
            var isLast = i == ordered.Length - 1;
            var end = isLast ? now : ordered[i + 1].At;
            if (end < begin) end = begin;
            var open = ordered[i].State == ClockState.Stopped ? TimeSpan.Zero : calendar.OpenBetween(begin, end);
            if (ordered[i].State == ClockState.Running)
            {
                warnAt ??= Reached(warning, begin, isLast ? null : end);
                dueAt ??= Reached(target, begin, isLast ? null : end);
                elapsed += open;
            }
            else
            {
                paused += open;
            }

            asOf = ordered[i].State == ClockState.Stopped ? begin : end;
            if (isLast && ordered[i].State == ClockState.Stopped)
            {
                warnAt ??= Reached(warning, begin, null);
                dueAt ??= Reached(target, begin, null);
            }
        }

        return new SlaClock(ordered[^1].State, asOf, target, elapsed, paused, warnAt, dueAt);

        // Before the clock was paused or stopped, if it was.
        DateTimeOffset? Reached(TimeSpan share, DateTimeOffset from, DateTimeOffset? before) =>
            calendar.After(from, share - elapsed) is { } at && (before is null || at < before) ? at : null;
    }
}

using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Features.Sla;

/// <summary>A clock as the API shows it, as of the answer.</summary>
/// <param name="TargetSeconds">Open time that was promised.</param>
/// <param name="ElapsedSeconds">Open time while it ran.</param>
/// <param name="PausedSeconds">Open time while it was paused.</param>
/// <param name="DueAt">When it is, was or would have been due; null while it is paused, and when it is never due.</param>
/// <param name="IsNeverDue">The calendar has no hours in which the target could be used up.</param>
/// <param name="StoppedAt">When what it waits for happened.</param>
internal sealed record ClockResponse(
    CaseClock Clock, ClockState Status, long TargetSeconds, long ElapsedSeconds, long PausedSeconds, DateTimeOffset? DueAt, bool IsWarned, bool IsBreached,
    bool IsNeverDue, DateTimeOffset? StoppedAt)
{
    /// <summary>None of a case from before there was a policy.</summary>
    public static IReadOnlyList<ClockResponse> Of(CaseClocks? clocks) => clocks is null ? [] : [.. Enum.GetValues<CaseClock>().Select(clock => Of(clock, clocks.Of(clock)))];

    private static ClockResponse Of(CaseClock name, SlaClock clock) => new(
        name, clock.State, (long)clock.Target.TotalSeconds, (long)clock.Elapsed.TotalSeconds, (long)clock.Paused.TotalSeconds, clock.DueAt, clock.IsWarned, clock.IsBreached,
        clock.IsNeverDue, clock.State == ClockState.Stopped ? clock.AsOf : null);
}

using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Tests.Domain;

public sealed class CaseClocksTests
{
    private static readonly DateTimeOffset Opened = new(2026, 6, 25, 3, 0, 0, TimeSpan.Zero);
    private static readonly BusinessCalendar Always = BusinessCalendar.AlwaysOpen(TimeZoneInfo.Utc);

    private static readonly SlaPolicy Policy = new(1, 75, [new(CasePriority.High, TimeSpan.FromHours(1), TimeSpan.FromHours(8)), new(CasePriority.Low, TimeSpan.FromDays(1), TimeSpan.FromDays(5))]);

    [Fact]
    public void The_first_answer_of_a_person_meets_the_first_response_and_notes_and_machines_do_not()
    {
        Assert.Equal(ClockState.Running, Read(24, New(), Change(2, 0.5, CaseStatus.Assigned)).FirstResponse.State);
        var met = Read(24, New(), Change(2, 0.5, CaseStatus.Assigned, isResponse: true), Change(3, 5, CaseStatus.Assigned, isResponse: true)).FirstResponse;
        Assert.Equal((ClockState.Stopped, TimeSpan.FromHours(0.5), false), (met.State, met.Elapsed, met.IsBreached));
        Assert.True(Read(24, New(), Change(2, 1.5, CaseStatus.Assigned, isResponse: true)).FirstResponse.IsBreached);
    }

    [Fact]
    public void A_resolution_stops_both_clocks_and_a_reopened_case_goes_on_with_what_had_elapsed()
    {
        var resolved = Read(48, New(), Change(2, 0.5, CaseStatus.Resolved));
        Assert.Equal((ClockState.Stopped, ClockState.Stopped), (resolved.FirstResponse.State, resolved.Resolution.State));
        Assert.Equal((null, null), (resolved.NextStepAt(), resolved.NextDueAt()));
        Assert.Empty(resolved.DueSteps());

        var reopened = Read(12, New(), Change(2, 0.5, CaseStatus.Resolved), Change(3, 10, CaseStatus.New));
        Assert.Equal((ClockState.Stopped, TimeSpan.FromHours(0.5)), (reopened.FirstResponse.State, reopened.FirstResponse.Elapsed));
        Assert.Equal((ClockState.Running, TimeSpan.FromHours(2.5), Opened.AddHours(17.5)), (reopened.Resolution.State, reopened.Resolution.Elapsed, reopened.Resolution.DueAt));
        Assert.Equal(Opened.AddHours(15.5), reopened.NextStepAt()); // three quarters of eight hours
        Assert.Equal(Opened.AddHours(17.5), reopened.NextDueAt());
    }

    [Fact]
    public void Waiting_for_the_customer_pauses_the_resolution()
    {
        var pending = Read(30, New(), Change(2, 1, CaseStatus.Pending, isResponse: true));
        Assert.Equal((ClockState.Paused, TimeSpan.FromHours(1), TimeSpan.FromHours(29)), (pending.Resolution.State, pending.Resolution.Elapsed, pending.Resolution.Paused));
        Assert.Null(pending.NextStepAt());
        Assert.Equal(Opened.AddHours(36), Read(30, New(), Change(2, 1, CaseStatus.Pending, isResponse: true), Change(3, 29, CaseStatus.Assigned)).Resolution.DueAt);
    }

    [Fact]
    public void Steps_come_due_in_order_and_those_that_were_passed_stay_due_after_the_end()
    {
        (CaseClock, ClockStep, double)[] all =
        [
            (CaseClock.FirstResponse, ClockStep.Warned, 0.75), (CaseClock.FirstResponse, ClockStep.Breached, 1), (CaseClock.Resolution, ClockStep.Warned, 6), (CaseClock.Resolution, ClockStep.Breached, 8),
        ];
        for (var hours = 0.5; hours < 10; hours += 0.5)
        {
            var clocks = Read(hours, New());
            Assert.Equal(all.Where(step => step.Item3 < hours), Due(clocks));
            Assert.Equal(all.Where(step => step.Item3 >= hours).Select(step => (DateTimeOffset?)Opened.AddHours(step.Item3)).FirstOrDefault(), clocks.NextStepAt());
            Assert.Equal(all.Where(step => step.Item3 < hours), Due(Read(100, New(), Change(2, hours, CaseStatus.Resolved))));
        }

        static IEnumerable<(CaseClock, ClockStep, double)> Due(CaseClocks clocks) => clocks.DueSteps().Select(step => (step.Clock, step.Step, (step.DueAt - Opened).TotalHours));
    }

    [Fact]
    public void The_priority_decides_the_target() =>
        Assert.Equal(Opened.AddDays(5), CaseClocks.Read([New()], Policy, CasePriority.Low, Always, Opened).Resolution.DueAt);

    private static CaseClocks Read(double hours, params CaseEvent[] history) => CaseClocks.Read(history, Policy, CasePriority.High, Always, Opened.AddHours(hours));

    private static CaseEvent New() => new(1, Opened, CaseStatus.New, false);

    private static CaseEvent Change(long version, double hours, CaseStatus status, bool isResponse = false) => new(version, Opened.AddHours(hours), status, isResponse);
}

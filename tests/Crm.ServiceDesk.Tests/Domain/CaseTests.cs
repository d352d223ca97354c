using Crm.ServiceDesk.Domain;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.ServiceDesk.Tests.Domain;

public sealed class CaseTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 25, 3, 0, 0, TimeSpan.Zero);
    private static readonly Case New = new(Guid.Empty, "CASE-2026-000001", Guid.Empty, CaseType.Question, CasePriority.Normal, CaseStatus.New, "phone", "s", "", null, null, Now, null, 1);

    [Fact]
    public void A_resolved_case_takes_no_assignment_and_no_second_resolution_until_it_is_reopened()
    {
        var resolved = New.Resolve("done", Now).Value;
        Assert.Equal("service.case_resolved", resolved.Assign("sari").Error?.Code);
        Assert.Equal("service.case_resolved", resolved.Resolve("again", Now).Error?.Code);
        var reopened = resolved.Reopen().Value;
        Assert.Null(reopened.ResolvedAt);
        Assert.Equal(CaseStatus.New, reopened.Status);
        Assert.Equal("service.case_not_resolved", reopened.Reopen().Error?.Code);
    }

    [Fact]
    public void Waiting_for_the_customer_makes_it_pending_and_the_next_comment_takes_it_up()
    {
        var assigned = New.Assign("sari").Value;
        var pending = assigned.Comment(awaitsCustomer: true);
        Assert.Equal(CaseStatus.Pending, pending.Status);
        Assert.Equal(CaseStatus.Assigned, pending.Comment(awaitsCustomer: false).Status);
        Assert.Equal(CaseStatus.New, New.Comment(true).Comment(false).Status);
        Assert.Equal((CaseStatus.Pending, pending.Version + 1), (pending.Note().Status, pending.Note().Version));
    }

    [Fact]
    public void Any_walk_through_the_states_keeps_its_invariants() => Prop.ForAll<int[]>(actions =>
    {
        var current = New;
        foreach (var action in actions)
        {
            var before = current;
            current = (((action % 5) + 5) % 5) switch
            {
                0 => current.Assign("sari").TryGet(out var next, out _) ? next : current,
                1 => current.Comment(true),
                2 => current.Comment(false),
                3 => current.Resolve("done", Now).TryGet(out var next, out _) ? next : current,
                _ => current.Reopen().TryGet(out var next, out _) ? next : current,
            };
            if (current.IsOpen == (current.ResolvedAt is not null)) return false;
            if (current.Status == CaseStatus.Assigned && current.Assignee is null) return false;
            if (!ReferenceEquals(before, current) && current.Version != before.Version + 1) return false;
        }

        return true;
    }).QuickCheckThrowOnFailure();
}

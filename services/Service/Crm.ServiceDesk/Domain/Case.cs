using Crm.ServiceDefaults.Errors;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.ServiceDesk.Domain;

public enum CaseType
{
    Question,
    Incident,
    Problem,
    Complaint,
    Return,
    FeatureRequest,
}

public enum CasePriority
{
    Low,
    Normal,
    High,
    Urgent,
}

/// <summary>Where the work on a case stands; whether it is open or closed follows from it (<see cref="Case.IsOpen"/>).</summary>
public enum CaseStatus
{
    New,
    Assigned,
    Pending,
    Resolved,
}

/// <summary>
/// A customer's matter from the first contact to its resolution. Methods are pure: they return the next state with its event, or the
/// reason why not; time and ids are arguments.
/// </summary>
public sealed record Case(
    Guid Id,
    string Number,
    Guid CustomerId,
    CaseType Type,
    CasePriority Priority,
    CaseStatus Status,
    string Channel,
    string Subject,
    string Description,
    string? Assignee,
    string? Resolution,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt,
    long Version)
{
    public bool IsOpen => Status != CaseStatus.Resolved;

    /// <summary>An assigned case can be handed over; a resolved one must be reopened first.</summary>
    public Result<Case> Assign(string assignee) => IsOpen
        ? this with { Assignee = assignee, Status = CaseStatus.Assigned, Version = Version + 1 }
        : CaseErrors.Resolved;

    /// <summary>
    /// Comments are welcome at any time. Waiting for the customer's answer makes an open case pending; any other on a pending case takes
    /// it up again.
    /// </summary>
    public Case Comment(bool awaitsCustomer) => this with
    {
        Version = Version + 1,
        Status = !IsOpen ? Status : awaitsCustomer ? CaseStatus.Pending : Status == CaseStatus.Pending ? TakenUp : Status,
    };

    /// <summary>A note among staff changes nothing for the customer: who has the next step stays as it was.</summary>
    public Case Note() => this with { Version = Version + 1 };

    public Result<Case> Resolve(string resolution, DateTimeOffset now) => IsOpen
        ? this with { Status = CaseStatus.Resolved, Resolution = resolution, ResolvedAt = now, Version = Version + 1 }
        : CaseErrors.Resolved;

    public Result<Case> Reopen() => IsOpen
        ? CaseErrors.NotResolved
        : this with { Status = TakenUp, Resolution = null, ResolvedAt = null, Version = Version + 1 };

    /// <summary>What the others learn of a change. Internal notes stay inside.</summary>
    public CaseChanged ToEvent(Guid eventId, DateTimeOffset now, CaseChange change, string? comment = null) => new(
        eventId, now, Id, Version, change, Number, CustomerId, Type.ToString(), Priority.ToString(), Status.ToString(), IsOpen, Channel,
        Subject, Assignee, comment, OpenedAt, ResolvedAt);

    private CaseStatus TakenUp => Assignee is null ? CaseStatus.New : CaseStatus.Assigned;
}

namespace Crm.ServiceDesk.Contracts.Events.V1;

/// <summary>
/// A case was opened, assigned, commented on, resolved or reopened. Carries the state after the change, so that a consumer that sees
/// versions out of order keeps the newest.
/// </summary>
/// <param name="Version">Of the case; grows with every change.</param>
/// <param name="Change">What happened.</param>
/// <param name="Comment">Text of a public comment or of the resolution; internal notes do not travel.</param>
public sealed record CaseChanged(
    Guid EventId,
    DateTimeOffset OccurredAt,
    Guid CaseId,
    long Version,
    CaseChange Change,
    string Number,
    Guid CustomerId,
    string Type,
    string Priority,
    string Status,
    bool IsOpen,
    string Channel,
    string Subject,
    string? Assignee,
    string? Comment,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt);

public enum CaseChange
{
    Opened,
    Assigned,
    Commented,
    Resolved,
    Reopened,
}
